import type { ScalingChoice, ScalingDecision } from '../capacity/scaling-policy.ts'
import type { PoolReading } from './pool-reader.ts'

/** What `/v1/scaling` says of one model; numbers are workers. */
export interface ModelScaling {
  /** The route: `backend:model`. */
  model: string
  desired: number
  starting: number
  warm: number
  busy: number
  /** Pictures that wait. */
  queued: number
  floor: number
  backlog: number
  forecast: number
  chosen: ScalingChoice
  why: string
}

/** The last decision, as every process answers it. */
export interface ScalingAnswer {
  /** At the top level: KEDA's metrics-api scaler reads it by `valueLocation: desiredWorkers`. */
  desiredWorkers: number
  decidedAt: string
  chosen: ScalingChoice
  why: string
  /** What decides besides floor and backlog: `forecast`, or a baseline with its setting. */
  way: string
  /** What each way would have cost of late, in a computed pool of its own. */
  records: { way: string; gpuHours: number; p99WaitMs: number }[]
  starting: number
  warm: number
  busy: number
  queued: number
  floor: number
  backlog: number
  forecast: number
  /** What would be wanted now if no forecast were used; `null` where that was not written. */
  withoutForecast: number | null
  /** US dollars, of each worker; `null` where no price is known. */
  usdPerWorkerHour: number | null
  /** Busy workers expected at the end of a worker's start, and how that is known. */
  expected: {
    for: string
    low: number
    mean: number
    high: number
    method: string
    trusted: boolean
    error: number
  }
  models: ModelScaling[]
}

/** A decision and what it was made of, in words and numbers. */
export function scalingAnswer(
  decision: ScalingDecision,
  { pool, models }: PoolReading,
  options: { nowMs: number; spinUpMs: number; usdPerWorkerHour: number | undefined },
): ScalingAnswer {
  const { desired, chosen, floor, backlog, forecast, expected } = decision
  const why = reasonOf(decision)
  const routes = [...new Set([...decision.models.map(({ model }) => model), ...Object.keys(models)])]
  const shares = new Map(decision.models.map((each) => [each.model, each.desired]))
  const part = (route: string): number => (desired === 0 ? 0 : (shares.get(route) ?? 0) / desired)
  return {
    desiredWorkers: desired,
    decidedAt: new Date(options.nowMs).toISOString(),
    chosen,
    why,
    way: decision.way,
    records: decision.records.map(({ way, gpuHours, p99WaitMs }) => ({
      way,
      gpuHours: round(gpuHours),
      p99WaitMs: Math.round(p99WaitMs),
    })),
    starting: pool.starting,
    warm: pool.busy + pool.idleForMs.length,
    busy: pool.busy,
    queued: Object.values(models).reduce((sum, each) => sum + each.queued, 0),
    floor,
    backlog,
    forecast,
    withoutForecast: decision.withoutForecast,
    usdPerWorkerHour: options.usdPerWorkerHour ?? null,
    expected: {
      for: new Date(options.nowMs + options.spinUpMs).toISOString(),
      low: round(expected.low),
      mean: round(expected.mean),
      high: round(expected.high),
      method: expected.method,
      trusted: decision.trusted,
      error: round(decision.error),
    },
    models: routes.map((route) => ({
      model: route,
      desired: shares.get(route) ?? 0,
      starting: models[route]?.starting ?? 0,
      warm: models[route]?.warm ?? 0,
      busy: models[route]?.running ?? 0,
      queued: models[route]?.queued ?? 0,
      floor: round(floor * part(route)),
      backlog: round(backlog * part(route)),
      forecast: round(forecast * part(route)),
      chosen,
      why: `${Math.round(part(route) * 100)} % of the work`,
    })),
  }
}

/** Why so many, for whoever pays for them. */
export function reasonOf(decision: ScalingDecision): string {
  const { chosen, desired, backlog, expected, trusted, error, way } = decision
  const errorText = `its error is ${Math.round(error * 100)} % of the load`
  const forecast = trusted
    ? `the forecast (${expected.method}) is used, ${errorText}`
    : `no forecast is used, ${errorText}`
  const reasons: Readonly<Record<ScalingChoice, string>> = {
    floor: 'the floor',
    backlog: `${backlog} serve those who wait within the target wait`,
    forecast: `${round(expected.mean)} workers' work is expected once a worker ordered now serves`,
    'keep-alive': `all that were at work within the time of ${way} are kept`,
    reactive: `${way}: so that workers are busy for that part of their time`,
    cap: `${desired} is the most that may be wanted`,
  }
  const record = decision.records.find((each) => each.way === way)
  const costs =
    record === undefined || record.gpuHours === 0
      ? ''
      : `; ${way} would have cost ${round(record.gpuHours)} GPU-hours of late, one wait in a hundred over ${Math.round(record.p99WaitMs / 1000)} s`
  return `${reasons[chosen]}; ${forecast}${costs}`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

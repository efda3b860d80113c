import { allotWorkers } from './allot-workers.ts'
import type { ModelShare } from './allot-workers.ts'
import { backlogWorkers, keptAlive } from './backlog-workers.ts'
import { createDemand } from './demand.ts'
import { createForecasts } from './forecasts.ts'
import type { ForecastMethod } from './forecasts.ts'
import type { PoolState, ScalingEvent } from './scaling-event.ts'
import { createSteps } from './scaling-steps.ts'
import { createStaffing } from './staffing.ts'
import { createUptime } from './uptime.ts'

export interface ScalingOptions {
  /** From the order of a worker until it serves. */
  spinUpMs: number
  /** A wait that one request in a hundred may exceed. */
  targetWaitMs: number
  /** Workers that are always wanted. */
  floor: number
  /** Workers that are never exceeded: the number, or what the money pays for. */
  maxWorkers: number
  /** How long a worker is kept after its last picture where nothing can be forecast. */
  keepAliveMs: number
}

export const scalingDefaults: ScalingOptions = {
  spinUpMs: 150_000,
  targetWaitMs: 60_000,
  floor: 1,
  maxWorkers: 1000,
  keepAliveMs: 1_200_000,
}

/** Which of the numbers became `desired`. */
export type ScalingChoice = 'floor' | 'backlog' | 'forecast' | 'keep-alive' | 'cap'

/** All numbers are workers, fractions where they are means. */
export interface ScalingDecision {
  desired: number
  chosen: ScalingChoice
  floor: number
  /** What it takes to serve those who wait within the target wait, or to serve them at all. */
  backlog: number
  /** The workers that the forecast asks for; 0 while it is not trusted. */
  forecast: number
  /** What would be wanted now if no forecast were used: as `desired`, with the keep-alive in its place. */
  withoutForecast: number
  /** Workers that the work coming in keeps busy now. */
  load: number
  /** Work expected after a worker's start, in busy workers; nine of ten times between `low` and `high`. */
  expected: { mean: number; low: number; high: number; method: ForecastMethod }
  /** Whether the forecast decides, and the error that says so: its root mean square by the mean load. */
  trusted: boolean
  error: number
  models: readonly ModelShare[]
}

/**
 * How many workers are wanted. Pure: no clock, no chance, no I/O; equal events give equal decisions.
 * The larger of the floor, the backlog over the target wait, and a forecast of the demand at the end of a worker's start.
 * Where the forecast's own recent error is too large, workers are kept as long as a keep-alive says instead.
 */
export interface ScalingPolicy {
  observe(event: ScalingEvent): void
  decide(nowMs: number): ScalingDecision
}

/** Never more than a pool has that is busy half of its time: a wrong forecast costs no more than that baseline. */
const reactiveTarget = 0.5

export function createScalingPolicy(changes: Partial<ScalingOptions> = {}): ScalingPolicy {
  const options = { ...scalingDefaults, ...changes }
  const spinUpS = options.spinUpMs / 1000
  const floor = Math.min(options.floor, options.maxWorkers)
  const uptime = createUptime()
  const demand = createDemand()
  const forecasts = createForecasts(spinUpS)
  const staffing = createStaffing(options.targetWaitMs / 1000)
  const steps = createSteps()
  const wait = { spinUpS, targetWaitS: options.targetWaitMs / 1000 }
  let pool: PoolState = { queued: 0, busy: 0, starting: 0, idleForMs: [] }
  let models: readonly ModelShare[] = []
  let allottedS = -Infinity
  let allotted = -1

  function observe(event: ScalingEvent): void {
    if (event.type === 'pool') pool = event
    else if (event.type === 'arrived') demand.arrived(event.model)
    else if (event.type === 'served') demand.served(event.model, event.busyMs / 1000)
    else staffing.waited(event.waitMs / 1000)
  }

  function decide(nowMs: number): ScalingDecision {
    const passedS = uptime.advance(nowMs)
    const work = demand.advance(passedS)
    forecasts.advance(work, passedS, uptime.elapsedS(), nowMs / 1000)
    const expected = forecasts.expected(nowMs / 1000)
    staffing.advance(passedS, expected.trusted)
    const present = pool.busy + pool.idleForMs.length + pool.starting
    const backlog = backlogWorkers(pool, expected.mean, demand.meanServiceS(), wait)
    const reactive = Math.ceil((pool.busy + pool.queued) / reactiveTarget)
    const wanted = Math.ceil(staffing.workers(expected.mean, expected.spread))
    const forecast = expected.trusted
      ? Math.min(wanted, Math.max(reactive, Math.ceil(expected.level)) + 1)
      : 0
    const unaided = keptAlive(pool, options.keepAliveMs)
    const kept = expected.trusted ? 0 : unaided
    const target = Math.max(floor, backlog, forecast, kept)
    const stepped = expected.trusted ? steps.next(target, present, uptime.elapsedS()) : target
    const desired = Math.min(options.maxWorkers, stepped)
    if (uptime.elapsedS() - allottedS >= 60 || desired !== allotted) {
      models = allotWorkers(desired, demand.shares())
      allottedS = uptime.elapsedS()
      allotted = desired
    }
    return {
      desired,
      chosen:
        stepped > options.maxWorkers
          ? 'cap'
          : chosenOf({ floor, backlog, forecast: expected.trusted ? stepped : 0, kept }),
      floor,
      backlog,
      forecast,
      withoutForecast: Math.min(options.maxWorkers, Math.max(floor, backlog, unaided)),
      load: expected.level,
      expected: {
        mean: expected.mean,
        low: Math.max(0, expected.mean - 1.64 * expected.spread),
        high: expected.mean + 1.64 * expected.spread,
        method: expected.method,
      },
      trusted: expected.trusted,
      error: expected.error,
      models,
    }
  }
  return { observe, decide }
}

/** Which of the numbers is the largest; the simpler one where they are equal. */
function chosenOf(numbers: {
  floor: number
  backlog: number
  forecast: number
  kept: number
}): ScalingChoice {
  const { floor, backlog, forecast, kept } = numbers
  const most = Math.max(floor, backlog, forecast, kept)
  if (most === floor) return 'floor'
  if (most === backlog) return 'backlog'
  return most === kept ? 'keep-alive' : 'forecast'
}

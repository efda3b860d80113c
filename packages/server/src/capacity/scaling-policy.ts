import { allotWorkers } from './allot-workers.ts'
import type { ModelShare } from './allot-workers.ts'
import { backlogWorkers } from './backlog-workers.ts'
import { createDemand } from './demand.ts'
import { createForecasts } from './forecasts.ts'
import type { ForecastMethod } from './forecasts.ts'
import { createDecider } from './scaling-decider.ts'
import type { PoolState, ScalingEvent } from './scaling-event.ts'
import type { WayView } from './scaling-rule.ts'
import { createShadows } from './scaling-shadows.ts'
import type { WayOutcome } from './scaling-shadows.ts'
import type { ScalingWay } from './scaling-ways.ts'
import { createWays } from './scaling-ways.ts'
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
export type ScalingChoice = 'floor' | 'backlog' | 'forecast' | 'keep-alive' | 'reactive' | 'cap'

/** All numbers are workers, fractions where they are means. */
export interface ScalingDecision {
  desired: number
  chosen: ScalingChoice
  floor: number
  /** What it takes to serve those who wait within the target wait, or to serve them at all. */
  backlog: number
  /** The workers that the forecast asks for; 0 while it does not decide. */
  forecast: number
  /** The way that decides besides floor and backlog: `forecast`, or a baseline with its setting. */
  way: string
  /** What each way would have cost of late, in a computed pool of its own that the same requests came to. */
  records: readonly WayOutcome[]
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
 * Where the load is small, the forecast's own recent error is too large, or a baseline's record is the better one, that
 * baseline decides instead: a keep-alive, or reactive scaling.
 */
export interface ScalingPolicy {
  observe(event: ScalingEvent): void
  decide(nowMs: number): ScalingDecision
}

export function createScalingPolicy(changes: Partial<ScalingOptions> = {}): ScalingPolicy {
  const options = { ...scalingDefaults, ...changes }
  const spinUpS = options.spinUpMs / 1000
  const floor = Math.min(options.floor, options.maxWorkers)
  const wait = { spinUpS, targetWaitS: options.targetWaitMs / 1000 }
  const uptime = createUptime()
  const demand = createDemand()
  const forecasts = createForecasts(spinUpS)
  const ways = createWays({ ...options, ...wait, floor })
  const shadows = createShadows(ways, options.maxWorkers)
  const decider = createDecider(ways)
  let way: ScalingWay = ways.first
  let pool: PoolState = { queued: 0, busy: 0, starting: 0, idleForMs: [] }
  let models: readonly ModelShare[] = []
  let allottedS = -Infinity
  let allotted = -1

  function observe(event: ScalingEvent): void {
    if (event.type === 'pool') pool = event
    else if (event.type === 'arrived') shadows.arrived(event.atMs, demand.arrived(event.model), event.model)
    else if (event.type === 'served') demand.served(event.model, event.busyMs / 1000)
    else if (way === ways.forecast) ways.forecast.live.waited(event.waitMs / 1000)
  }
  /** What each part asks for, and the number that comes of it before the cap. */
  function wantedOf(view: WayView): Record<'backlog' | 'forecast' | 'kept' | 'wanted', number> {
    for (const each of ways.baselines) each.kept = each.live.workers(view)
    if (way === ways.forecast) {
      return { ...ways.forecast.live.parts(view), kept: 0, wanted: ways.forecast.live.workers(view) }
    }
    const backlog = backlogWorkers(pool, view.expected.mean, view.serviceS, wait)
    const kept = ways.baselines.find((each) => each === way)?.kept ?? 0
    return { backlog, forecast: 0, kept, wanted: Math.max(floor, backlog, kept) }
  }
  function decide(nowMs: number): ScalingDecision {
    const passedS = uptime.advance(nowMs)
    const elapsedS = uptime.elapsedS()
    forecasts.advance(demand.advance(passedS), passedS, elapsedS, nowMs / 1000)
    const expected = forecasts.expected(nowMs / 1000)
    const view: WayView = { pool, elapsedS, passedS, expected, serviceS: demand.meanServiceS() }
    shadows.advance(nowMs, view)
    way = decider.advance(passedS, expected)
    const { backlog, forecast, kept, wanted } = wantedOf(view)
    const desired = Math.min(options.maxWorkers, wanted)
    if (elapsedS - allottedS >= 60 || desired !== allotted) {
      models = allotWorkers(desired, demand.shares())
      allottedS = elapsedS
      allotted = desired
    }
    const decides = way === ways.forecast
    return {
      desired,
      chosen:
        wanted > options.maxWorkers
          ? 'cap'
          : chosenOf({ floor, backlog, way: decides ? wanted : kept, kind: way.kind }),
      floor,
      backlog,
      forecast,
      way: way.name,
      records: shadows.outcomes(),
      withoutForecast: Math.min(options.maxWorkers, Math.max(floor, backlog, ways.first.kept)),
      load: expected.level,
      expected: {
        mean: expected.mean,
        low: Math.max(0, expected.mean - 1.64 * expected.spread),
        high: expected.mean + 1.64 * expected.spread,
        method: expected.method,
      },
      trusted: decides,
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
  way: number
  kind: 'keep-alive' | 'reactive' | 'forecast'
}): ScalingChoice {
  const { floor, backlog, way, kind } = numbers
  const most = Math.max(floor, backlog, way)
  if (most === floor) return 'floor'
  return most === backlog ? 'backlog' : kind
}

import type { WayView } from './scaling-rule.ts'
import type { ScalingWays } from './scaling-ways.ts'

/** Of about the last day and a half; without the time that models take to load. */
export interface WayOutcome {
  way: string
  gpuHours: number
  p99WaitMs: number
}

/** The computed pools of all ways, which the same requests come to. */
export interface Shadows {
  /** @param serviceS how long a worker will be taken, as far as the last pictures say */
  arrived(atMs: number, serviceS: number, model: string): void
  advance(nowMs: number, view: WayView): void
  outcomes(): readonly WayOutcome[]
}

/** Pools are brought up to date no more often than this: requests in between keep their times. */
const stepS = 10
/** Records change slowly: what they say is read again after so long. */
const readS = 600
/** A request cannot be told to have come later than this after the last decision: clocks are set. */
const longestSinceS = 60

export function createShadows({ all }: ScalingWays, maxWorkers: number): Shadows {
  let lastMs: number | undefined
  let sinceS = 0
  let sinceReadS = readS
  let read: readonly WayOutcome[] = []

  function step(view: WayView): void {
    const passedS = sinceS
    sinceS = 0
    for (const { shadow, computed } of all) {
      shadow.step(passedS, (pool) => Math.min(maxWorkers, computed.workers({ ...view, pool, passedS })))
    }
  }
  return {
    arrived: (atMs, serviceS, model) => {
      const afterS = lastMs === undefined ? 0 : Math.max(0, (atMs - lastMs) / 1000)
      for (const { shadow } of all) shadow.arrived(sinceS + Math.min(longestSinceS, afterS), serviceS, model)
    },
    advance: (nowMs, view) => {
      lastMs = nowMs
      sinceS += view.passedS
      sinceReadS += view.passedS
      if (sinceS >= stepS) step(view)
    },
    outcomes: () => {
      if (sinceReadS >= readS) {
        sinceReadS = 0
        read = all.map(({ name, shadow: { record } }) => ({
          way: name,
          gpuHours: record.hours(),
          p99WaitMs: record.p99S() * 1000,
        }))
      }
      return read
    },
  }
}

import type { ExpectedLoad } from './forecasts.ts'
import type { PoolState } from './scaling-event.ts'

/** What a way to decide knows. */
export interface WayView {
  pool: PoolState
  elapsedS: number
  /** Since it was last asked. */
  passedS: number
  expected: ExpectedLoad
  serviceS: number
}

/** One way to decide how many workers are wanted. */
export interface ScalingRule {
  workers(view: WayView): number
  /** A request was begun so long after it came in. */
  waited?(waitS: number): void
}

export interface WayOptions {
  spinUpS: number
  targetWaitS: number
  floor: number
  maxWorkers: number
  keepAliveMs: number
}

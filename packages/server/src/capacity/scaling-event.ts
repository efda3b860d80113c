/** What a policy is told. Times are Unix milliseconds; whatever happened at one time is told before that time is decided. */
export type ScalingEvent =
  /** A request that must be generated has come in. */
  | { type: 'arrived'; atMs: number; model: string }
  /** It was begun by a worker. `waitMs`: since it came in, loading the model included. */
  | { type: 'started'; atMs: number; model: string; waitMs: number }
  /** `busyMs`: how long the worker was taken, loading the model included. */
  | { type: 'served'; atMs: number; model: string; busyMs: number }
  /** The pool as it is now; the last one told is what is decided on. */
  | ({ type: 'pool'; atMs: number } & PoolState)

export interface PoolState {
  queued: number
  busy: number
  starting: number
  /** How long each warm worker without work has been so, the longest first. Durations, since clocks are set. */
  idleForMs: readonly number[]
}

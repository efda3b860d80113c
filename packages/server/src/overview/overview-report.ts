/** `GET /v1/overview`: how the platform is. Traffic and failures are of the last five minutes. */
export interface OverviewReport {
  /** The server's time. */
  at: string
  requests: RequestsReport
  /** Of all processes, by cache class; classes without a request are left out. */
  latency: ClassLatency[]
  queue: QueueReport
  workers: WorkerReport[]
  /** Newest first, at most twenty. */
  failures: FailureReport[]
}

export interface RequestsReport {
  /** Answers with pictures, a minute, by their address or by the API; all others are `byClass.other`. */
  perMinute: number
  byClass: Record<string, number>
  /** Hits, stale and pre-generated among the pictures, 0..1; `null` where none was asked for. */
  hitShare: number | null
}

export interface ClassLatency {
  class: string
  count: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

/** Generations and carousels together. */
export interface QueueReport {
  /** Those somebody waits for. */
  queued: number
  running: number
  /** Waiting and running, ahead of time. */
  speculative: number
  /** How long the oldest that somebody waits for has been waiting; `null` where none waits. */
  oldestQueuedMs: number | null
  failedLastHour: number
}

export interface WorkerReport {
  /** The host and the number of the process. */
  id: string
  /** `warming`: loads a model · `failed`: none of its model servers works · `draining`: takes nothing more. */
  state: 'starting' | 'warming' | 'idle' | 'busy' | 'draining' | 'failed'
  /** `backend:model` of those that it has loaded and drawn with. */
  models: string[]
  /** What it is loading. */
  warming?: string
  /** Generations and carousels that it has in hand. */
  busy: number
  since: string
}

export interface FailureReport {
  /** The request or carousel that is told of it; `null` where none is left. */
  requestId: string | null
  at: string
  code: string
  message: string
}

/** Answers of the API as this page reads them; what it does not show is left out. */

export type CacheClass = 'hit' | 'stale' | 'collapsed' | 'miss' | 'pre-generated' | 'other'

export interface Percentiles {
  count: number
  p50Ms: number | null
  p95Ms: number | null
  p99Ms: number | null
}

/** `GET /v1/overview`: the last five minutes. */
export interface Overview {
  at: string
  requests: { perMinute: number; byClass: Record<string, number>; hitShare: number | null }
  latency: ({ class: string } & Percentiles)[]
  queue: {
    queued: number
    running: number
    speculative: number
    oldestQueuedMs: number | null
    failedLastHour: number
  }
  workers: { id: string; state: string; models: string[]; busy: number; since: string }[]
  failures: { requestId: string | null; at: string; code: string; message: string }[]
}

/** `GET /v1/latency`. */
export interface Latency {
  from: string
  to: string
  bucketMs: number
  by: string
  stage: string
  groups: LatencyGroup[]
}

export interface LatencyGroup extends Percentiles {
  name: string
  meanMs: number | null
  p999Ms: number | null
  maxMs: number | null
  series: ({ at: string } & Percentiles)[]
}

export interface Marker {
  id: string
  at: string
  text: string
}

/** `GET /v1/markers/{id}/comparison`. */
export interface Comparison {
  marker: Marker
  class: string | null
  stage: string
  before: Percentiles & { from: string; to: string }
  after: Percentiles & { from: string; to: string }
  differences: Difference[]
  /** As if the classes had the shares that they had before; `null` where one class is compared. */
  atEqualShares: Difference[] | null
  /** That the shares changed. */
  warning: string | null
}

export interface Difference {
  percentile: number
  beforeMs: number | null
  afterMs: number | null
  differenceMs: number | null
  lowMs: number | null
  highMs: number | null
  confidence: number
  verdict: string
}

/** `GET /v1/ledger`. */
export interface Ledger {
  from: string
  to: string
  units: LedgerUnit[]
  totals: Omit<LedgerUnit, 'kind' | 'axis'>
}

export interface LedgerUnit {
  kind: string
  axis: string
  ran: number
  joined: number
  cached: number
  rerun: number
  savedMs: number
  savedBytes: number
  savedUsd: number
}

/** `GET /v1/generations/{id}/explain`. */
export interface Explanation {
  id: string
  status: string
  createdAt: string
  totalMs: number | null
  spans: Span[]
}

export interface Span {
  name: string
  kind: string
  how: string
  startMs: number
  durationMs: number
  process?: string | null
  detail?: unknown
  bytes?: number | null
  savedMs?: number | null
}

export interface Generation {
  id: string
  status: string
  prompt: string
  model: string
  scope: string
  createdAt: string
  images: {
    id: string | null
    url: string | null
    width: number
    height: number
    seed: number
    status: string
    warnings: string[]
  }[]
  error?: Fault
}

export interface Fault {
  code: string
  message: string
}

export interface Carousel {
  id: string
  status: string
  base: { url?: string; prompt?: string; image: string | null }
  size: string
  scope: string
  createdAt: string
  slides: Slide[]
  work: Record<string, number>
  workDetail: Record<string, { ran: number; joined: number; cached: number }>
  error?: Fault
}

export interface Slide {
  index: number
  kind: string
  title: string
  body: string | null
  label: string | null
  status: string
  url: string | null
  width: number
  height: number
  fit: { fits: boolean; truncated: boolean; fontSizePx: number; missingGlyphs: string[] } | null
  error?: Fault
}

/** A page of a list that goes on by a cursor. */
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

/** `GET /v1/predictions`. */
export interface Predictions {
  summary: {
    byStatus: Record<string, number>
    /** Used or late, of all that are decided; `null` where none is. */
    precision: number | null
    costUsd: number
    /** Of the wait: that of what was left out on purpose less that of what was made; `null` where too few are known. */
    saved: { p50Ms: number | null; p99Ms: number | null }
  }
  predictions: {
    id: string
    key: string
    scope: string
    family?: string
    reason: string
    status: string
    plannedAt: string
    savedMs?: number
    costUsd?: number
  }[]
}

/** `GET /v1/scaling`: numbers are workers. */
export interface Scaling extends PoolCounts {
  desiredWorkers: number
  /** `null` before the first decision. */
  decidedAt: string | null
  chosen: string
  why: string
  /** What would be wanted now if no forecast were used. */
  withoutForecast: number | null
  usdPerWorkerHour: number | null
  expected: {
    for: string
    low: number
    mean: number
    high: number
    method: string
    trusted: boolean
    error: number
  } | null
  models: ({ model: string; desired: number; chosen: string; why: string } & PoolCounts)[]
  history: ScalingMinute[]
}

interface PoolCounts {
  starting: number
  warm: number
  busy: number
  /** Pictures that wait. */
  queued: number
}

/** A minute of it. `load`: busy workers that the work coming in asked for; `forecast…`: what had been expected of it. */
export interface ScalingMinute {
  at: string
  desired: number
  starting: number
  warm: number
  busy: number
  load: number
  forecastLow: number | null
  forecast: number | null
  forecastHigh: number | null
}

/** `GET /dashboard/about.json`: what the page must know before it asks for anything. */
export interface About {
  version: string
  access: 'off' | 'on'
}

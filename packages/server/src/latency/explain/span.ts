/** One unit of the work behind a request, as a bar of its waterfall. */
export interface Span {
  name: string
  /** The ledger's kind of unit, or `queue`. */
  kind: string
  /** `waited`: nothing was done meanwhile. */
  how: 'ran' | 'joined' | 'cached' | 'waited'
  /** From the moment that the request was accepted. */
  startMs: number
  durationMs: number
  /** `host:pid` of the process that did it; `null` where none did, or it is not known. */
  process: string | null
  detail?: string
  bytes?: number
  /** What it took whoever did it, and this request not. */
  savedMs?: number
}

export interface Explanation {
  id: string
  status: string
  createdAt: string
  /** Until the last of it settled, or until now. */
  totalMs: number
  spans: Span[]
}

/** Something that happened, from the table of events. */
export interface EventFact {
  type: string
  data: Record<string, unknown>
  at: Date
}

/** Names of processes by their numbers. */
export type ProcessNames = ReadonlyMap<number, string>

/** A span between two moments, of which only what lies after the request's beginning is the request's. */
export function spanBetween(
  createdMs: number,
  fromMs: number,
  toMs: number,
): Pick<Span, 'startMs' | 'durationMs'> {
  const start = Math.max(createdMs, fromMs)
  return { startMs: hundredths(start - createdMs), durationMs: hundredths(Math.max(0, toMs - start)) }
}

export function hundredths(valueMs: number): number {
  return Math.round(valueMs * 100) / 100
}

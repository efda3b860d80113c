/** How a caller was answered: its own call did the work, it shared a run under way, or it got a kept value. */
export type How = 'ran' | 'joined' | 'cached'

/** Along which axis work is shared: slides of a carousel, concurrent requests, time (cache), ahead of time. */
export type Axis = 'slides' | 'concurrent' | 'time' | 'ahead'

/** What a run took: its time, the bytes that it moved or made, and money. */
export interface RunCost {
  durationMs: number
  bytes?: number | undefined
  costUsd?: number | undefined
}

/**
 * One line of the ledger. The cost is always that of the *run*, whoever asked: spent where `how` is `ran`, saved
 * otherwise.
 */
export interface LedgerEntry extends RunCost {
  kind: string
  axis: Axis
  how: How
  /** The run threw or was abandoned. Only counted for `ran`. */
  failed?: boolean | undefined
}

/** What flights and memos need of a ledger: any process-wide implementation fits. `record` must not throw. */
export interface LedgerWriter {
  record(entry: LedgerEntry): void
}

/** Sums over ledger entries. */
export interface LedgerCounts {
  /** Runs that settled, failed ones included. */
  ran: number
  /** Callers answered by another caller's run, with its value or with its error. */
  joined: number
  /** Callers answered from a memo. */
  cached: number
  /** Of `ran`: those that threw or were abandoned. */
  failed: number
  /** Milliseconds spent in runs, and milliseconds that the joined and cached callers did not spend. */
  ranMs: number
  savedMs: number
  /** Bytes moved or made by runs, and bytes avoided. */
  ranBytes: number
  savedBytes: number
  /** Money spent by runs, and money avoided. */
  ranUsd: number
  savedUsd: number
}

/** The sums of one kind along one axis. */
export interface LedgerRow extends LedgerCounts {
  kind: string
  axis: Axis
}

/** A copy of the ledger, which later records do not change. */
export interface LedgerSnapshot {
  /** When counting began and when this was taken, in milliseconds since 1970. */
  startedAtMs: number
  takenAtMs: number
  /** Sorted by kind, then axis; only pairs that occurred. */
  rows: LedgerRow[]
  total: LedgerCounts
}

/** Counts what was asked for, what ran and what was avoided, per kind and axis. */
export interface Ledger extends LedgerWriter {
  snapshot(): LedgerSnapshot
}

/**
 * A ledger in memory. Its size is bounded by the number of kinds, so a kind must never hold user input.
 * @param options.now wall clock in milliseconds since 1970
 */
export function createLedger(options: { now?: () => number } = {}): Ledger {
  const now = options.now ?? Date.now
  const startedAtMs = now()
  const rows = new Map<string, LedgerRow>()
  return {
    record: (entry) => {
      const name = `${entry.axis}:${entry.kind}`
      let row = rows.get(name)
      if (row === undefined) rows.set(name, (row = { kind: entry.kind, axis: entry.axis, ...zero() }))
      addEntry(row, entry)
    },
    snapshot: () => {
      const copies = [...rows.values()].map((row) => ({ ...row })).toSorted(byKindThenAxis)
      const total = zero()
      for (const row of copies) addCounts(total, row)
      return { startedAtMs, takenAtMs: now(), rows: copies, total }
    },
  }
}

function zero(): LedgerCounts {
  return {
    ran: 0,
    joined: 0,
    cached: 0,
    failed: 0,
    ranMs: 0,
    savedMs: 0,
    ranBytes: 0,
    savedBytes: 0,
    ranUsd: 0,
    savedUsd: 0,
  }
}

function addEntry(row: LedgerCounts, entry: LedgerEntry): void {
  const { how, durationMs, bytes = 0, costUsd = 0 } = entry
  row[how] += 1
  if (how === 'ran') {
    row.ranMs += durationMs
    row.ranBytes += bytes
    row.ranUsd += costUsd
    if (entry.failed === true) row.failed += 1
  } else {
    row.savedMs += durationMs
    row.savedBytes += bytes
    row.savedUsd += costUsd
  }
}

function addCounts(total: LedgerCounts, row: LedgerCounts): void {
  for (const name of Object.keys(total) as (keyof LedgerCounts)[]) total[name] += row[name]
}

function byKindThenAxis(a: LedgerRow, b: LedgerRow): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1
  return a.axis < b.axis ? -1 : 1
}

/** What was found in a run. Times are milliseconds; places are `file:line`, relative to the working directory. */
export interface Report {
  /** Shared inputs that were fetched, read or decoded more than once side by side; the dearest first. */
  duplicates: Duplicate[]
  /** What two branches wrote, or one wrote while another read it. */
  outputs: SharedOutput[]
  /** What branches queued for. */
  resources: SharedResource[]
  /** Work that waited for other work of which it uses nothing. */
  waterfalls: Waterfall[]
  /** The fan-outs that did any of the work that was seen, in order of time. */
  fanOuts: FanOutSummary[]
  totals: Totals
  /** What the picture of a run shows: at most 400 pieces of work, those of the findings first. */
  timeline: TimelineEntry[]
}

/** One input that was brought more than once. */
export interface Duplicate {
  kind: 'fetch' | 'read' | 'decode'
  /** URL without its secrets, path of the file, or a name of the image. */
  resource: string
  /** How often; one of them was needed. */
  count: number
  /** Bytes brought for nothing: those of all but one. */
  bytes: number
  /**
   * Time of the run that repeating cost, at most: how long any copy was under way, less what one alone would have
   * taken. Downloads that ran together are taken to have shared their line.
   */
  wastedMs: number
  /** The line of the fan-out, or of the first call where no fan-out is known. */
  at: string
  /** `Promise.all` and its kin, `new Worker` or `spawn`; empty where none is known. */
  fanOut: string
  /** The lines that asked, without repetition. */
  calls: string[]
  /** Function to hoist: `loadBase()`. */
  hoist: string
  /** Time that the copy took which ended last: its branch could not end before. */
  criticalMs: number
  /** The same, at least: one alone takes no longer than the quickest of those that ran together. */
  savesMs: number
  /** Time of all copies but the longest, added up: what machines and servers did for nothing. */
  repeatedMs: number
  /** Other URLs that gave the same bytes. */
  aliases: string[]
}

/** One output of several branches. */
export interface SharedOutput {
  kind: 'write-write' | 'read-write'
  resource: string
  /** How many pieces of work met. */
  count: number
  at: string
  calls: string[]
}

/** Something that branches waited for. */
export interface SharedResource {
  kind: 'connections' | 'rate-limit' | 'server' | 'thread-pool' | 'event-loop'
  resource: string
  /** How many pieces of work were concerned. */
  count: number
  /** The most that ran at a time. */
  concurrency: number
  /** More at a time than this did not help; 0 where it is not known. */
  helpsUpTo: number
  waitedMs: number
  at: string
}

/** A chain of fetches of which each waited for the one before. */
export interface Waterfall {
  /** The first and the last, or a loop's. */
  resources: string[]
  count: number
  /** What starting them together would have saved. */
  savesMs: number
  at: string
}

/** One call of `Promise.all` or its kin. */
export interface FanOutSummary {
  joins: string
  at: string
  branches: number
  durationMs: number
  operations: number
}

/** Counts of the run. */
export interface Totals {
  durationMs: number
  processes: number
  fetches: number
  reads: number
  writes: number
  decodes: number
  /** Work that was counted and not looked at. */
  unwatched: number
}

/** One bar of the picture. */
export interface TimelineEntry {
  kind: string
  resource: string
  startMs: number
  endMs: number
  at: string
  process: string
  /** Part of a finding: which list, and its place there. */
  finding?: { list: 'duplicates' | 'outputs' | 'waterfalls'; index: number }
}

/** The lists that a limit can be set for. */
export const findingLists = ['duplicates', 'outputs', 'resources', 'waterfalls'] as const

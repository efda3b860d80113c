import type { CarouselWork, WorkDurations } from '@darkroom/carousel'
import type { StoredWork } from '../database/schema.ts'

/** How often a unit ran for this carousel, was shared with another run, or was there already. */
export interface UnitCounts {
  ran: number
  joined: number
  cached: number
}

type StoredUnits = StoredWork[string]

/** Kinds of units besides the fetch, in the order of the work. */
export const workKinds = ['decodes', 'analyses', 'frames', 'overlays', 'encodes'] as const

/** Units that belong to the base: a carousel needs each of them once, however many runs it takes. */
const ofTheBase: ReadonlySet<string> = new Set(['decodes', 'analyses', 'frames'])

export const noUnits: UnitCounts = { ran: 0, joined: 0, cached: 0 }

/**
 * Adds what a further run of a carousel needed. What it found of the base's units is what an earlier run has
 * already counted, so only what had to be made again is added.
 */
export function addWork(before: StoredWork, run: StoredWork): StoredWork {
  return Object.fromEntries(
    workKinds.map((kind) => {
      const had: StoredUnits = before[kind] ?? noUnits
      const more: StoredUnits = run[kind] ?? noUnits
      const known = ofTheBase.has(kind) && total(had) > 0
      const counts = known ? { ...unitsOf(had), ran: had.ran + more.ran } : sum(had, more)
      return [kind, { ...counts, ...ranMsOf(had, more) }]
    }),
  )
}

/** What a run counted, each kind with how long its runs took. */
export function timedWork(counts: CarouselWork, durations: WorkDurations): StoredWork {
  return Object.fromEntries(
    workKinds.map((kind) => [kind, { ...counts[kind], ...ranMsOf({ ranMs: durations[kind] }) }]),
  )
}

function ranMsOf(...runs: readonly { ranMs?: number | undefined }[]): { ranMs?: number } {
  const known = runs.flatMap(({ ranMs }) => (ranMs === undefined ? [] : [ranMs]))
  if (known.length === 0) return {}
  return { ranMs: Math.round(known.reduce((sumMs, ranMs) => sumMs + ranMs) * 100) / 100 }
}

/** Without the time, which only the waterfall tells. */
function unitsOf({ ran, joined, cached }: UnitCounts): UnitCounts {
  return { ran, joined, cached }
}

/**
 * Slides that were there already, or that another carousel's run makes. What they were made of is shared with them,
 * where this run makes no slide of its own.
 */
export function slidesOfOthers(counts: { joined: number; cached: number }, isAll: boolean): StoredWork {
  const slides = { ran: 0, ...counts }
  if (!isAll) return { overlays: slides, encodes: slides }
  const base = counts.joined > 0 ? { ...noUnits, joined: 1 } : { ...noUnits, cached: 1 }
  return { decodes: base, analyses: base, frames: base, overlays: slides, encodes: slides }
}

/** The public form: how many distinct units of each kind, and how they came about. */
export function publicWork(
  work: StoredWork,
  fetches: UnitCounts,
): { work: Record<string, number>; workDetail: Record<string, UnitCounts> } {
  const detail = Object.fromEntries([
    ['fetches', fetches],
    ...workKinds.map((kind): [string, UnitCounts] => [kind, unitsOf(work[kind] ?? noUnits)]),
  ])
  return {
    work: Object.fromEntries(Object.entries(detail).map(([kind, counts]) => [kind, total(counts)])),
    workDetail: detail,
  }
}

export function sum(a: UnitCounts, b: UnitCounts): UnitCounts {
  return { ran: a.ran + b.ran, joined: a.joined + b.joined, cached: a.cached + b.cached }
}

/** What a change made necessary: what was there already counts for nothing. */
export function editWork(work: StoredWork, fetches: UnitCounts = noUnits): ReturnType<typeof publicWork> {
  const all = publicWork(work, fetches)
  return {
    ...all,
    work: Object.fromEntries(
      Object.entries(all.workDetail).map(([kind, { ran, joined }]) => [kind, ran + joined]),
    ),
  }
}

function total({ ran, joined, cached }: UnitCounts): number {
  return ran + joined + cached
}

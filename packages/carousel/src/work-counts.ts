import type { How } from '@darkroom/once'

/** The sorts of work that a carousel consists of. */
export type WorkKind = 'fetches' | 'decodes' | 'analyses' | 'frames' | 'overlays' | 'encodes'

/** How often a carousel needed one sort of work, by how it was answered. */
export interface WorkCount {
  /** Done for this carousel. */
  ran: number
  /** Done for another carousel that ran at the same time. */
  joined: number
  /** Done before, and kept. */
  cached: number
}

/** Distinct units of work that one carousel needed. Slides that share a unit count it once. */
export type CarouselWork = Readonly<Record<WorkKind, Readonly<WorkCount>>>

/** How long the runs of each sort of work took for one carousel, together, in milliseconds. What was shared took none. */
export type WorkDurations = Readonly<Partial<Record<WorkKind, number>>>

/** Counts the work of one carousel. */
export interface WorkCounts {
  /** @param durationMs of a run; what was joined or kept took another carousel's time */
  add(kind: WorkKind, how: How, durationMs?: number): void
  durations(): WorkDurations
  /** A copy, which later work does not change. */
  snapshot(): CarouselWork
}

export function createWorkCounts(): WorkCounts {
  const zero = (): WorkCount => ({ ran: 0, joined: 0, cached: 0 })
  const counts: Record<WorkKind, WorkCount> = {
    fetches: zero(),
    decodes: zero(),
    analyses: zero(),
    frames: zero(),
    overlays: zero(),
    encodes: zero(),
  }
  const ranMs: Partial<Record<WorkKind, number>> = {}
  return {
    add: (kind, how, durationMs) => {
      counts[kind][how] += 1
      if (how === 'ran' && durationMs !== undefined) ranMs[kind] = (ranMs[kind] ?? 0) + durationMs
    },
    durations: () => ({ ...ranMs }),
    snapshot: () => structuredClone(counts),
  }
}

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

/** Counts the work of one carousel. */
export interface WorkCounts {
  add(kind: WorkKind, how: How): void
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
  return {
    add: (kind, how) => {
      counts[kind][how] += 1
    },
    snapshot: () => structuredClone(counts),
  }
}

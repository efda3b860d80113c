import type { LedgerEntry } from '@darkroom/once'
import { Histogram } from './histogram.ts'
import type { Labels } from './labels.ts'
import { stageNames } from './labels.ts'

/** A request that can be found again, one for each doubling of the duration. */
export interface Exemplar {
  id: string
  durationMs: number
  atMs: number
}

/** The histograms of one combination of labels, by the number of the stage. */
export interface Series {
  labels: Labels
  histograms: (Histogram | undefined)[]
  /** By the power of two that the total is at most, 2^-4 ms first. */
  exemplars: (Exemplar | undefined)[]
  /** Something was recorded since it was last stored. */
  isDirty: boolean
}

/** What work of one kind along one axis came to. */
export interface LedgerTally {
  kind: string
  axis: LedgerEntry['axis']
  ran: number
  joined: number
  cached: number
  rerun: number
  failed: number
  ranMs: number
  savedMs: number
  ranBytes: number
  savedBytes: number
  ranUsd: number
  savedUsd: number
  isDirty: boolean
}

/** What one process measured from one moment on: a minute at most, less where a marker cuts it. */
export interface Slice {
  startsAtMs: number
  series: Map<string, Series>
  tallies: Map<string, LedgerTally>
}

export function createSlice(startsAtMs: number): Slice {
  return { startsAtMs, series: new Map(), tallies: new Map() }
}

export function createSeries(labels: Labels): Series {
  const histograms = stageNames.map(() => undefined)
  return { labels, histograms, exemplars: [], isDirty: false }
}

export function createTally(kind: string, axis: LedgerEntry['axis']): LedgerTally {
  return {
    kind,
    axis,
    ran: 0,
    joined: 0,
    cached: 0,
    rerun: 0,
    failed: 0,
    ranMs: 0,
    savedMs: 0,
    ranBytes: 0,
    savedBytes: 0,
    ranUsd: 0,
    savedUsd: 0,
    isDirty: false,
  }
}

/** Adds one series to another of the same labels. The later exemplar stays. */
export function mergeSeries(into: Series, from: Series): void {
  for (const [stage, histogram] of from.histograms.entries()) {
    if (histogram !== undefined) (into.histograms[stage] ??= new Histogram()).merge(histogram)
  }
  for (const [at, exemplar] of from.exemplars.entries()) {
    if (exemplar !== undefined) into.exemplars[at] = exemplar
  }
}

/** Figures that add up. */
export const tallyFigures = [
  'ran',
  'joined',
  'cached',
  'rerun',
  'failed',
  'ranMs',
  'savedMs',
  'ranBytes',
  'savedBytes',
  'ranUsd',
  'savedUsd',
] as const satisfies readonly (keyof LedgerTally)[]

export function mergeTally(into: LedgerTally, from: Omit<LedgerTally, 'isDirty'>): void {
  for (const name of tallyFigures) into[name] += from[name]
}

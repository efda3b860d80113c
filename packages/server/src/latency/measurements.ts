import type { LedgerEntry } from '@darkroom/once'
import { Histogram } from './histogram.ts'
import type { Labels, Stage } from './labels.ts'
import { stageNames } from './labels.ts'
import type { Recorder } from './recorder.ts'
import type { LedgerTally, Series, Slice } from './slice.ts'
import { createSeries, createSlice, createTally, mergeSeries, mergeTally } from './slice.ts'
import type { StageTimings } from './stage-timings.ts'
import { createStageTimings } from './stage-timings.ts'
import { other, TopNames } from './top-names.ts'
import type { Tracer } from './tracer.ts'

/** All that a process has measured, in memory: slices of a minute until they are stored, and sums since the start. */
export interface Measurements extends Recorder {
  /** Set once traces are switched on. */
  tracer: Tracer | undefined
  /**
   * Ends the present slice, so that what comes is kept apart from what was: a marker. A moment at which a slice was
   * cut already is not cut again.
   */
  cut(atMs: number): void
  /**
   * The slices that are not stored yet, the present one last. Each is to be stored whole, over what was stored of it
   * before.
   */
  pending(): readonly Slice[]
  /** Slices that have ended and are stored. */
  forget(stored: readonly Slice[]): void
  /** Sums since the process began, the present slice included: for an exposition. */
  totals(): { series: Series[]; tallies: LedgerTally[] }
  /** Slices given up because they could not be stored for too long. */
  readonly dropped: number
}

export interface MeasurementsOptions {
  /** Milliseconds since 1970. */
  now?: (() => number) | undefined
  /** A monotonic clock in milliseconds. */
  clock?: (() => number) | undefined
  /** Scopes and models that are kept by name. Default 50 and 20. */
  maxScopes?: number
  maxModels?: number
  /** Combinations of labels a slice has at most. Default 500; beyond, scope and model are `other`. */
  maxSeries?: number
  /** Ended slices that wait to be stored. Default 15. */
  maxPending?: number
}

const minuteMs = 60_000
const totalIndex = stageNames.indexOf('total' satisfies Stage)

/** The smallest power of two, in milliseconds, that exemplars are kept for. */
export const lowestExponent = -4
/** The largest: 65.5 s. */
export const highestExponent = 16

export function createMeasurements(options: MeasurementsOptions = {}): Measurements {
  return new InMemory(options)
}

class InMemory implements Measurements {
  readonly now: () => number
  readonly ledger: Recorder['ledger']
  dropped = 0
  tracer: Tracer | undefined
  readonly #wallNow: () => number
  readonly #scopes: TopNames
  readonly #models: TopNames
  readonly #maxSeries: number
  readonly #maxPending: number
  #ended: Slice[] = []
  #slice: Slice
  #endsAtMs: number
  readonly #sums = createSlice(0)
  #last: Series | undefined
  #lastTally: LedgerTally | undefined

  constructor(options: MeasurementsOptions) {
    this.now = options.clock ?? (() => performance.now())
    this.#wallNow = options.now ?? Date.now
    this.#scopes = new TopNames(options.maxScopes ?? 50)
    this.#models = new TopNames(options.maxModels ?? 20)
    this.#maxSeries = options.maxSeries ?? 500
    this.#maxPending = options.maxPending ?? 15
    const startMs = this.#wallNow()
    this.#slice = createSlice(startMs)
    this.#endsAtMs = nextMinute(startMs)
    this.ledger = { record: (entry) => this.#note(entry), rerun: (kind) => this.#rerun(kind) }
  }

  stages(): StageTimings {
    return createStageTimings(this.now)
  }

  record(labels: Labels, stages: StageTimings, totalMs: number | undefined, exemplar?: string): void {
    const atMs = this.#turn()
    const series = this.#seriesOf(labels)
    const { names, valuesMs } = stages
    for (let at = 0; at < names.length; at += 1) {
      const stage = stageNames.indexOf(names[at] as Stage)
      if (stage !== -1) histogramOf(series, stage).record(valuesMs[at] ?? 0)
    }
    if (totalMs !== undefined) {
      histogramOf(series, totalIndex).record(totalMs)
      if (exemplar !== undefined) {
        series.exemplars[exemplarIndex(totalMs)] = { id: exemplar, durationMs: totalMs, atMs }
      }
    }
    series.isDirty = true
  }

  cut(atMs: number): void {
    this.#turn()
    if (atMs > this.#slice.startsAtMs) this.#endSlice(atMs)
  }

  pending(): readonly Slice[] {
    this.#turn()
    return [...this.#ended, this.#slice]
  }

  forget(stored: readonly Slice[]): void {
    this.#ended = this.#ended.filter((slice) => !stored.includes(slice))
  }

  totals(): { series: Series[]; tallies: LedgerTally[] } {
    const copy = createSlice(0)
    addSlice(copy, this.#sums)
    addSlice(copy, this.#slice)
    return { series: [...copy.series.values()], tallies: [...copy.tallies.values()] }
  }

  /** Begins a new slice where the minute has ended. @returns the wall clock */
  #turn(): number {
    const atMs = this.#wallNow()
    if (atMs >= this.#endsAtMs) this.#endSlice(Math.floor(atMs / minuteMs) * minuteMs)
    return atMs
  }

  #endSlice(nextStartMs: number): void {
    addSlice(this.#sums, this.#slice)
    if (this.#slice.series.size > 0 || this.#slice.tallies.size > 0) this.#ended.push(this.#slice)
    // Each may hold thousands of histograms: a database that is away must not fill this process's memory.
    while (this.#ended.length > this.#maxPending) {
      this.#ended.shift()
      this.dropped += 1
    }
    // Requests that were like the one before were not counted one by one.
    for (const { labels, histograms } of this.#slice.series.values()) {
      const count = histograms[totalIndex]?.count ?? 0
      if (labels.scope !== '' && labels.scope !== other) this.#scopes.count(labels.scope, count)
      if (labels.model !== '' && labels.model !== other) this.#models.count(labels.model, count)
    }
    this.#last = undefined
    this.#lastTally = undefined
    this.#slice = createSlice(nextStartMs)
    this.#endsAtMs = nextMinute(nextStartMs)
    this.#scopes.rerank()
    this.#models.rerank()
  }

  #seriesOf(labels: Labels): Series {
    // Most requests are like the one before.
    if (this.#last !== undefined && isEqual(this.#last.labels, labels)) return this.#last
    this.#last = this.#findSeries(labels)
    return this.#last
  }

  #findSeries({ route, cacheClass, scope, model }: Labels): Series {
    const scopeName = scope === '' ? '' : this.#scopes.nameOf(scope)
    const modelName = model === '' ? '' : this.#models.nameOf(model)
    const found = this.#slice.series.get(keyOf(route, cacheClass, scopeName, modelName))
    if (found !== undefined) return found
    const isFull = this.#slice.series.size >= this.#maxSeries
    const labels = isFull
      ? { route, cacheClass, scope: scope && other, model: model && other }
      : { route, cacheClass, scope: scopeName, model: modelName }
    return seriesIn(this.#slice, labels)
  }

  /** Into the slice at hand: which minute a unit is counted in matters less than a look at the clock at each hit. */
  #note(entry: LedgerEntry): void {
    const { kind, axis, how, durationMs, bytes = 0, costUsd = 0 } = entry
    let tally = this.#lastTally
    if (tally === undefined || tally.kind !== kind || tally.axis !== axis) {
      tally = this.#lastTally = tallyIn(this.#slice, kind, axis)
    }
    tally[how] += 1
    if (how === 'ran') {
      tally.ranMs += durationMs
      tally.ranBytes += bytes
      tally.ranUsd += costUsd
      if (entry.failed === true) tally.failed += 1
    } else {
      tally.savedMs += durationMs
      tally.savedBytes += bytes
      tally.savedUsd += costUsd
    }
    tally.isDirty = true
  }

  #rerun(kind: string): void {
    this.#turn()
    const tally = tallyIn(this.#slice, kind, 'concurrent')
    tally.rerun += 1
    tally.isDirty = true
  }
}

function isEqual(a: Labels, b: Labels): boolean {
  return a.scope === b.scope && a.model === b.model && a.route === b.route && a.cacheClass === b.cacheClass
}

function nextMinute(atMs: number): number {
  return (Math.floor(atMs / minuteMs) + 1) * minuteMs
}

function keyOf(route: string, cacheClass: string, scope: string, model: string): string {
  // None of them has a space: routes are patterns, scopes and models checked.
  return `${route} ${cacheClass} ${scope} ${model}`
}

function seriesIn(slice: Slice, labels: Labels): Series {
  const key = keyOf(labels.route, labels.cacheClass, labels.scope, labels.model)
  let series = slice.series.get(key)
  if (series === undefined) slice.series.set(key, (series = createSeries(labels)))
  return series
}

function tallyIn(slice: Slice, kind: string, axis: LedgerTally['axis']): LedgerTally {
  const key = `${axis} ${kind}`
  let tally = slice.tallies.get(key)
  if (tally === undefined) slice.tallies.set(key, (tally = createTally(kind, axis)))
  return tally
}

function histogramOf(series: Series, stage: number): Histogram {
  return (series.histograms[stage] ??= new Histogram())
}

function exemplarIndex(durationMs: number): number {
  const exponent = Math.ceil(Math.log2(durationMs))
  return Math.min(highestExponent + 1, Math.max(lowestExponent, exponent)) - lowestExponent
}

function addSlice(into: Slice, from: Slice): void {
  for (const series of from.series.values()) mergeSeries(seriesIn(into, sumLabels(series.labels)), series)
  for (const tally of from.tallies.values()) mergeTally(tallyIn(into, tally.kind, tally.axis), tally)
}

/** Sums live as long as the process: by route and class alone, which are few. */
function sumLabels({ route, cacheClass }: Labels): Labels {
  return { route, cacheClass, scope: '', model: '' }
}

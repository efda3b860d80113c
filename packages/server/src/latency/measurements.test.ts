import { describe, expect, test } from 'vitest'
import { classes, stages } from '../request/latency-query.ts'
import { cacheClasses, stageNames } from './labels.ts'
import type { Labels } from './labels.ts'
import type { Measurements, MeasurementsOptions } from './measurements.ts'
import { createMeasurements } from './measurements.ts'
import { noRecorder } from './recorder.ts'
import type { Slice } from './slice.ts'
import { TopNames } from './top-names.ts'

const minuteMs = 60_000
const labels: Labels = { route: '/live/{scope}', cacheClass: 'hit', scope: 'shop', model: 'default' }

/** Measurements with clocks that a test moves. */
class Clocked {
  atMs = 10 * minuteMs
  monotonicMs = 0
  readonly own: Measurements

  constructor(options: MeasurementsOptions = {}) {
    this.own = createMeasurements({ now: () => this.atMs, clock: () => this.monotonicMs, ...options })
  }

  record(which: Partial<Labels> = {}, totalMs: number = 1): void {
    this.own.record({ ...labels, ...which }, this.own.stages(), totalMs)
  }
}

function countOf(slice: Slice | undefined): number {
  return [...(slice?.series.values() ?? [])].reduce(
    (sum, { histograms }) => sum + (histograms[stageNames.indexOf('total')]?.count ?? 0),
    0,
  )
}

describe('measurements', () => {
  test('an injected delay is in its stage, to the histogram’s error, and in no other', async () => {
    const clocked = new Clocked()
    for (let index = 0; index < 100; index += 1) {
      const measured = clocked.own.stages()
      measured.measure('access', () => (clocked.monotonicMs += index < 90 ? 3 : 70))
      await measured.measure('store', async () => {
        await Promise.resolve()
        clocked.monotonicMs += 200
      })
      clocked.own.record(labels, measured, 203)
    }
    const [series] = clocked.own.totals().series
    const at = (stage: (typeof stageNames)[number], share: number): number | undefined =>
      series?.histograms[stageNames.indexOf(stage)]?.percentile(share)
    expect(Math.abs((at('access', 0.5) ?? 0) / 3 - 1)).toBeLessThan(0.01)
    expect(Math.abs((at('access', 0.95) ?? 0) / 70 - 1)).toBeLessThan(0.01)
    expect(Math.abs((at('store', 0.5) ?? 0) / 200 - 1)).toBeLessThan(0.01)
    expect([at('edge', 0.5), at('generate', 0.5)]).toEqual([undefined, undefined])
  })

  test('a slice is a minute; a marker cuts it; a marker that was heard twice cuts once', () => {
    const clocked = new Clocked()
    clocked.record()
    clocked.atMs += 20_000
    clocked.own.cut(clocked.atMs)
    clocked.own.cut(clocked.atMs)
    clocked.record()
    clocked.record()
    clocked.atMs += 41_000
    clocked.record()
    const slices = clocked.own.pending()
    expect(slices.map((slice) => [slice.startsAtMs / 1000, countOf(slice)])).toEqual([
      [600, 1],
      [620, 2],
      [660, 1],
    ])
    clocked.own.forget(slices.slice(0, -1))
    expect(clocked.own.pending().map(countOf)).toEqual([1])
    expect(clocked.own.totals().series.map(({ histograms }) => histograms.at(-1)?.count)).toEqual([4])
  })

  test('minutes that cannot be stored are given up in the end, oldest first, and counted', () => {
    const clocked = new Clocked({ maxPending: 3 })
    for (let minute = 0; minute < 10; minute += 1) {
      clocked.record()
      clocked.atMs += minuteMs
    }
    expect(clocked.own.pending().map(({ startsAtMs }) => startsAtMs / minuteMs)).toEqual([17, 18, 19, 20])
    expect(clocked.own.dropped).toBe(7)
  })

  test('however many scopes, models and combinations there are, memory is bounded and nothing uncounted', () => {
    const clocked = new Clocked({ maxScopes: 5, maxModels: 2, maxSeries: 8 })
    for (let index = 0; index < 1000; index += 1) {
      clocked.record({ scope: `s${index % 100}`, model: `m${index % 7}` })
    }
    const [slice] = clocked.own.pending()
    expect(slice?.series.size).toBeLessThanOrEqual(9)
    expect(countOf(slice)).toBe(1000)
    const scopes = new Set([...(slice?.series.values() ?? [])].map((series) => series.labels.scope))
    expect(scopes.size).toBeLessThanOrEqual(6)
    expect(scopes).toContain('other')
  })

  test('the ledger counts runs, and what joined and cached askers were spared', () => {
    const { own } = new Clocked()
    own.ledger.record({ kind: 'fetch', axis: 'concurrent', how: 'ran', durationMs: 40, bytes: 9, costUsd: 1 })
    own.ledger.record({ kind: 'fetch', axis: 'concurrent', how: 'joined', durationMs: 40, bytes: 9 })
    own.ledger.record({ kind: 'fetch', axis: 'time', how: 'cached', durationMs: 40, bytes: 9, costUsd: 1 })
    own.ledger.rerun('fetch')
    expect(own.totals().tallies).toMatchObject([
      { axis: 'concurrent', ran: 1, joined: 1, rerun: 1, ranMs: 40, savedMs: 40, ranUsd: 1, savedUsd: 0 },
      { axis: 'time', cached: 1, savedMs: 40, savedBytes: 9, savedUsd: 1 },
    ])
  })

  test('no recorder runs what it is to measure, and nothing else', async () => {
    const nothing = noRecorder.stages()
    expect(nothing.measure('key', () => 7)).toBe(7)
    await expect(nothing.measure('key', async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(nothing.header()).toBe('')
  })

  test('queries know the classes and stages that there are', () => {
    expect([...classes, ...stages]).toEqual([...cacheClasses, ...stageNames])
  })
})

describe('TopNames', () => {
  test('those asked for most keep their names; names used once make room', () => {
    const names = new TopNames(2)
    for (let index = 0; index < 30; index += 1) names.nameOf(`once-${index}`)
    for (let index = 0; index < 5; index += 1) for (const name of ['often', 'also']) names.nameOf(name)
    expect(names.nameOf('often')).toBe('other')
    names.rerank()
    expect(['often', 'also', 'once-0', 'new'].map((name) => names.nameOf(name))).toEqual([
      'often',
      'also',
      'other',
      'other',
    ])
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { keepAlive, reactive } from '../bench/warm-pool/baselines.ts'
import { clairvoyantHours } from '../bench/warm-pool/clairvoyant.ts'
import { darkroom } from '../bench/warm-pool/darkroom.ts'
import { frontier, hoursAt, waitAt } from '../bench/warm-pool/frontier.ts'
import { superposed } from '../bench/warm-pool/loads.ts'
import type { SimulatedPolicy } from '../bench/warm-pool/simulator.ts'
import { defaults, simulate } from '../bench/warm-pool/simulator.ts'
import { arrivalsOf, meanLoad } from '../bench/warm-pool/trace.ts'
import type { Arrivals } from '../bench/warm-pool/trace.ts'
import { readTraceRows } from '../bench/warm-pool/trace-file.ts'
import { createRandom } from './torture/random.ts'

const dayS = 86_400

/** Requests of 20 s: at seconds, each of a model whose load takes 10 s. */
function arrivals(atS: readonly number[], models: readonly string[] = ['a']): Arrivals {
  return arrivalsOf(atS.map((at, index) => [at, 20, models[index % models.length] ?? 'a', 10] as const))
}

const always = (workers: number): SimulatedPolicy => ({ decide: () => workers })

describe('the simulator of the warm pool', () => {
  test('a request waits for the start of its worker and for its model, the next one for nothing', () => {
    const { waitsS, gpuHours, starts, loads } = simulate(arrivals([1000, 2000]), keepAlive(1200))
    expect([...waitsS]).toEqual([0, 160])
    expect({ starts, loads }).toEqual({ starts: 1, loads: 1 })
    // From its order at 1000 s until 20 minutes after its last picture.
    expect(gpuHours).toBeCloseTo((2000 + 20 + 1200 - 1000) / 3600, 6)
  })

  test('without a keep-alive each has a worker of its own, with a floor one stays', () => {
    expect(simulate(arrivals([1000, 2000, 3000]), keepAlive(0))).toMatchObject({ starts: 3, loads: 3 })
    const floor = simulate(arrivals([1000, 2000, 3000]), keepAlive(0, 1))
    expect(floor).toMatchObject({ starts: 1, loads: 1 })
    expect(floor.gpuHours).toBeCloseTo(24, 6)
  })

  test('a line is served in turn: two workers, five requests at once', () => {
    const { waitsS } = simulate(arrivals([5000, 5000, 5000, 5000, 5000]), always(2))
    // Both are warm and load the model; then one after the other, without loading.
    expect([...waitsS]).toEqual([10, 10, 30, 30, 50])
  })

  test('models that are asked for most stay in memory', () => {
    const popular = Array.from({ length: 60 }, (_, index) => 1000 + index * 100)
    const load = arrivalsOf([
      ...popular.map((at, index) => [at, 20, ['a', 'b'][index % 2] ?? '', 10] as const),
      ...[2050, 3050, 4050, 5050].map((at, index) => [at, 20, `rare ${index}`, 10] as const),
    ])
    // Three places: the two popular models are loaded once each, the rare ones take turns in the third.
    expect(simulate(load, always(1)).loads).toBe(2 + 4)
  })

  test('speculation delays demand by a step at the most', () => {
    const at = Array.from({ length: 40 }, (_, index) => 1000 + index * 137.3)
    const plain = simulate(arrivals(at), always(1))
    const busy = simulate(arrivals(at), always(1), { ...defaults, speculativeStepS: 0.75 })
    const differences = [...busy.waitsS].map((waitS, index) => waitS - (plain.waitsS[index] ?? 0))
    expect(Math.max(...differences)).toBeGreaterThan(0)
    expect(Math.max(...differences)).toBeLessThanOrEqual(0.75)
  })

  test('who knows everything pays for the work, and for a start or the gap, whichever is less', () => {
    expect(clairvoyantHours(arrivals([1000, 1060, 9000]), 150)).toBeCloseTo(
      (150 + 20 + 40 + 20 + 150 + 20) / 3600,
      6,
    )
  })
})

describe('loads and comparison', () => {
  test('superposing reaches the mean, keeps the times of day, and is the same each time', () => {
    const trace = arrivals(
      Array.from({ length: 500 }, (_, index) => 12 * 3600 + (index % 5) * dayS + index * 7),
    )
    const load = superposed(trace, meanLoad(trace) * 7.5)
    expect(meanLoad(load) / meanLoad(trace)).toBeCloseTo(7.5, 0)
    expect(superposed(trace, meanLoad(trace) * 7.5).atS).toEqual(load.atS)
    const hours = [...load.atS].map((at) => (at % dayS) / 3600)
    expect(Math.min(...hours)).toBeGreaterThan(10)
    expect(Math.max(...hours)).toBeLessThan(15)
  })

  test('between two points of a frontier lies their line; what is bettered in both is none', () => {
    const points = [
      { gpuHours: 10, p99S: 50 },
      { gpuHours: 20, p99S: 10 },
      { gpuHours: 25, p99S: 30 },
    ]
    expect(frontier(points).map(({ p99S }) => p99S)).toEqual([10, 50])
    expect(hoursAt(points, 30)).toBe(15)
    expect(hoursAt(points, 90)).toBe(10)
    expect(hoursAt(points, 5)).toBeUndefined()
    expect(waitAt(points, 15)).toBe(30)
    expect(waitAt(points, 9)).toBeUndefined()
  })

  test('ours is the keep-alive where nothing can be foreseen, and cheaper at no longer waits where much can', () => {
    const random = createRandom(3)
    const sparse = arrivals(
      Array.from({ length: 300 }, () => random.next() * 6 * dayS).toSorted((a, b) => a - b),
    )
    const kept = simulate(sparse, keepAlive(1200, 1))
    const ours = simulate(sparse, darkroom(sparse))
    expect(ours.gpuHours / kept.gpuHours).toBeCloseTo(1, 2)
    const daily: number[] = []
    for (let at = 0; at < 5 * dayS;) {
      at += -Math.log(1 - random.next()) / (0.5 * (1.05 + Math.sin((at / dayS) * 2 * Math.PI)))
      daily.push(at)
    }
    const busy = arrivals(daily, ['a', 'b'])
    const options = { ...defaults, fromS: 2 * dayS }
    const p99 = (waits: Float32Array): number => waits[Math.ceil(waits.length * 0.99) - 1] ?? 0
    const forecast = simulate(busy, darkroom(busy), options)
    for (const baseline of [keepAlive(1200, 1), reactive(0.5), reactive(0.7)]) {
      const other = simulate(busy, baseline, options)
      expect(forecast.gpuHours).toBeLessThan(other.gpuHours * 0.9)
    }
    expect(p99(forecast.waitsS)).toBeLessThan(60)
  })
})

describe('traces of other services', () => {
  function read(text: string, gzipped = false): ReturnType<typeof readTraceRows> {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-trace-'))
    const path = join(folder, 'trace.csv')
    writeFileSync(path, gzipped ? gzipSync(text) : text)
    try {
      return readTraceRows(path)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const atS = Date.UTC(2024, 10, 15, 10) / 1000
  const row = [atS, 20, 'a', Number.NaN]

  test.each([
    ['Unix seconds', `t_unix,service_seconds,model\n${atS},20,a`],
    ['milliseconds', `timestamp,duration_ms,model\n${atS * 1000},20000,a`],
    ['a date of a zone', 'time,service_seconds,model\n2024-11-15T12:00:00+02:00,20,a'],
    ['a date without one, tabs and a unit', 'Time\tDuration (ms)\tModel Name\n2024-11-15 10:00:00\t20000\ta'],
    ['no header', `${atS},20,a`],
  ])('are read with %s, gzipped or not', (_, text) => {
    expect(read(text).rows).toEqual([row])
    expect(read(text, true).rows).toEqual([row])
  })

  test('what cannot be replayed is left out, and counted by its reason', () => {
    const bad = ['x,20,a', `${atS},,a`, `${atS},NaN,a`, `${atS},-1,a`, '0,20,a']
    const { rows, skipped } = read(['time,service,model', `${atS},20,a`, `${atS},20,a`, ...bad].join('\n'))
    expect(rows).toEqual([row, row])
    expect(skipped).toEqual({
      'without a time': 1,
      'without a service time': 2,
      'with a service time that is not above nothing': 1,
      'more than 400 days from the others': 1,
    })
    expect(read('').rows).toEqual([])
    expect(() => read('prompt,steps\na,30')).toThrow('it needs a column with')
  })
})

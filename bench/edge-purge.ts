import type { Edge, PurgeRequest } from '@darkroom/edge'
import { createEdge, createMemoryEdgeStore } from '@darkroom/edge'
import { PerformanceObserver } from 'node:perf_hooks'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const objects = 100_000
const domain = 'bench'
const rounds = 3
const restMs = 500
const repetitions = 1000
/** At least; about what reclaiming takes. */
const watchedMs = 400

type Purge = Omit<PurgeRequest, 'domain'>

/** What purges cost: until they are seen, and while memory is reclaimed behind. */
export async function edgePurgeBench(): Promise<BenchResult> {
  const pauses = new GcPauses()
  const rows: BenchResult['rows'][number][] = []
  const purged: Run[] = []
  const idle: Run[] = []
  for (let index = 0; index < rounds; index += 1) {
    // In turn, and in either order: what filling has left to the garbage collector is paid by whoever comes next.
    const tagged = { tags: ['all'] }
    for (const purge of index % 2 === 0 ? [tagged, undefined] : [undefined, tagged]) {
      const run = await runOnce(purge, pauses)
      if (purge === undefined) idle.push(run)
      else purged.push(run)
    }
  }
  rows.push(rowOf(`tag of ${objects} objects`, purged), rowOf('(none: as long a rest)', idle))
  for (const [what, purge] of [
    [`tag of 1 object beside ${objects}`, { tags: ['one-500'] }],
    ['everything', { everything: true }],
    [`tag of ${objects} objects, soft`, { tags: ['all'], soft: true }],
  ] as const) {
    rows.push(rowOf(what, [await runOnce(purge, pauses)]))
  }
  pauses.close()
  return {
    name: 'edge purges',
    method: `${objects} objects with two tags each in memory; "purge ms" is the call until it returns, the first of its kind in its process in the first row's (most); "miss ms" is the first lookup after it; "again µs" is the median (most) of ${repetitions} further soft purges, which hit all again; slices are timed one by one, and are lengthened by whatever else the machine does; a stall is a gap between turns of the event loop until all is reclaimed, the longest of each run, as median (most) of ${rounds} runs for the first two rows, which take turns; "gc" is the longest pause of the garbage collector within that time, reclaiming or not`,
    rows,
  }
}

interface Run {
  hit: number
  purgeMs: number
  /** Of the first lookup after the purge. */
  missMs: number
  againUs: readonly number[]
  slicesMs: readonly number[]
  stallMs: number
  gcMs: number
  left: number
}

function rowOf(what: string, runs: readonly Run[]): BenchResult['rows'][number] {
  const figure = (of: (run: Run) => number, digits = 2): string => {
    const values = runs.map(of)
    const median = round(percentile(values, 0.5), digits)
    return runs.length === 1 ? String(median) : `${median} (${round(Math.max(...values), digits)})`
  }
  return {
    purge: what,
    hit: runs[0]?.hit ?? 0,
    'purge ms': figure(({ purgeMs }) => purgeMs, 3),
    'miss ms': figure(({ missMs }) => missMs, 3),
    'again µs': medianAndMost(runs[0]?.againUs ?? []),
    slices: figure(({ slicesMs }) => slicesMs.length, 0),
    'median slice ms': figure(({ slicesMs }) => percentile(slicesMs, 0.5) || 0),
    'longest slice ms': figure(({ slicesMs }) => Math.max(0, ...slicesMs)),
    'p99 slice ms': figure(({ slicesMs }) => percentile(slicesMs, 0.99) || 0),
    'longest stall ms': figure(({ stallMs }) => stallMs),
    'gc ms': figure(({ gcMs }) => gcMs),
    'left afterwards': runs[0]?.left ?? 0,
  }
}

function medianAndMost(values: readonly number[]): string {
  if (values.length === 0) return ''
  return `${round(percentile(values, 0.5), 1)} (${round(Math.max(...values), 1)})`
}

/** Fills a store, rests, purges or does nothing, and watches the event loop meanwhile. */
async function runOnce(purge: Purge | undefined, pauses: GcPauses): Promise<Run> {
  const slices = new Slices()
  const edge = await filledEdge(slices)
  const probe = new Request('http://bench.test/499')
  if (edge.peek(probe, { domain }) === undefined) throw new Error('nothing was stored')
  // A server has purged before, and has a moment's rest now and then.
  await edge.purge({ tags: ['nothing'], domain })
  await new Promise((resolve) => setTimeout(resolve, restMs))
  const startedAt = performance.now()
  const seen = purge === undefined ? nothing : await timedPurge(edge, { ...purge, domain }, probe)
  const stallMs = await longestGapMs(() => slices.idle && performance.now() - startedAt >= watchedMs)
  const gcMs = await pauses.longestMs(startedAt, performance.now())
  const left = edge.stats().objects
  const againUs = purge?.soft === true ? await purgeAgain(edge, { ...purge, domain }) : []
  edge.close()
  return {
    ...seen,
    againUs,
    slicesMs: slices.timesMs,
    stallMs,
    gcMs,
    left,
  }
}

const nothing: Pick<Run, 'hit' | 'purgeMs' | 'missMs'> = { hit: 0, purgeMs: 0, missMs: 0 }

/** The purge and the first lookup after it, each by itself. */
async function timedPurge(edge: Edge, purge: PurgeRequest, probe: Request): Promise<typeof nothing> {
  const startedAt = performance.now()
  const purging = edge.purge(purge)
  const purgedAt = performance.now()
  const after = edge.peek(probe, { domain })
  const missedAt = performance.now()
  if (after !== undefined) throw new Error('the purge is not seen')
  const { purged } = await purging
  return { hit: purged, purgeMs: purgedAt - startedAt, missMs: missedAt - purgedAt }
}

async function purgeAgain(edge: Edge, purge: PurgeRequest): Promise<number[]> {
  const timesUs: number[] = []
  for (let index = 0; index < repetitions; index += 1) {
    const startedAt = performance.now()
    const purging = edge.purge(purge)
    timesUs.push((performance.now() - startedAt) * 1000)
    await purging
  }
  return timesUs
}

async function filledEdge(slices: Slices): Promise<Edge> {
  let number = 0
  const edge = createEdge({
    store: createMemoryEdgeStore({ maxBytes: 2 ** 30, schedule: slices.schedule }),
    origin: (_request, { addTags }) => {
      addTags(['all', `one-${(number += 1)}`])
      return new Response('x', { headers: { 'cache-control': 'max-age=3600, stale-while-revalidate=60' } })
    },
  })
  for (let index = 0; index < objects; index += 1)
    await edge.fetch(new Request(`http://bench.test/${index}`), { domain })
  return edge
}

/** Runs the slices of reclaiming as the store itself would, and times them. */
class Slices {
  readonly timesMs: number[] = []
  #waiting = 0

  get idle(): boolean {
    return this.#waiting === 0
  }

  readonly schedule = (task: () => void): void => {
    this.#waiting += 1
    setImmediate(() => {
      this.#waiting -= 1
      const startedAt = performance.now()
      task()
      this.timesMs.push(performance.now() - startedAt)
    })
  }
}

/** Turns of the event loop until it is done, without promises: they would be garbage of the bench's own. */
function longestGapMs(isDone: () => boolean): Promise<number> {
  return new Promise((resolve) => {
    let longestMs = 0
    let turnAt = performance.now()
    const turn = (): void => {
      const now = performance.now()
      longestMs = Math.max(longestMs, now - turnAt)
      turnAt = now
      if (isDone()) resolve(longestMs)
      else setImmediate(turn)
    }
    setImmediate(turn)
  })
}

/** Pauses of the garbage collector. */
class GcPauses {
  readonly #pauses: { startTime: number; duration: number }[] = []
  readonly #observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()))

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  async longestMs(fromMs: number, toMs: number): Promise<number> {
    // Told of in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 20))
    const within = this.#pauses.filter(({ startTime }) => startTime >= fromMs && startTime <= toMs)
    return Math.max(0, ...within.map(({ duration }) => duration))
  }

  close(): void {
    this.#observer.disconnect()
  }
}

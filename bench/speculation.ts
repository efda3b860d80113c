import { createRandom } from '../test/torture/random.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'
import type { Lane } from './speculation/lane.ts'
import { openLane } from './speculation/lane.ts'

/** `--minutes=5` for all, `--pairs=3` at the same time, `--step-ms=150`, `--rest-s=3`. */
interface SpeculationOptions {
  value(name: string): string | undefined
}

const steps = 20
/** Of each worker's time. */
const load = 0.5

/**
 * Demand on the real platform with one worker at a simulated GPU, with and without a line of speculative pictures that
 * never ends. A pair is two platforms, each with its own database, that are asked for the same pictures at the same
 * moments: whatever else happens on the machine happens to both, and each request is compared to itself.
 */
export async function speculationBench(options: SpeculationOptions): Promise<BenchResult> {
  const minutes = Number(options.value('minutes') ?? 5)
  const pairs = Number(options.value('pairs') ?? 3)
  const stepMs = Number(options.value('step-ms') ?? 150)
  // A tenth of the default, as pictures of 3 s are a tenth of those that the default is for.
  const restS = Number(options.value('rest-s') ?? 3)
  const lanes: { alone: Lane; ahead: Lane }[] = []
  const alone: number[] = []
  const ahead: number[] = []
  let drawn = 0
  let yields = 0
  try {
    for (let pair = 0; pair < pairs; pair += 1) {
      lanes.push({
        alone: await openLane({ stepMs, steps, restS, speculates: false }),
        ahead: await openLane({ stepMs, steps, restS, speculates: true }),
      })
    }
    await Promise.all(
      lanes.map(async (pair, index) => {
        const arrivals = poisson(index + 1, (steps * stepMs) / load, minutes * 60_000)
        const waits = await Promise.all([pair.alone.demand(arrivals), pair.ahead.demand(arrivals)])
        alone.push(...waits[0])
        ahead.push(...waits[1])
        const made = await pair.ahead.speculated()
        drawn += made.drawn
        yields += made.yields
      }),
    )
  } finally {
    await Promise.all(lanes.flatMap((pair) => [pair.alone.close(), pair.ahead.close()]))
  }
  const added = ahead.map((waitMs, index) => waitMs - (alone[index] ?? waitMs))
  return {
    name: 'speculation',
    method: `${pairs} pairs at once for ${minutes} min; one worker each, pictures of ${steps} steps of ${stepMs} ms, busy with demand for ${load * 100} % of its time; asked → told; speculation begins after ${restS} s without demand: ${drawn} pictures were drawn ahead and ${yields} given up for demand`,
    rows: [
      row('alone', alone),
      row('with speculation', ahead),
      row('added to each', added),
      {
        demand: 'with speculation, of alone',
        requests: ahead.length,
        'mean ms': share(mean(ahead), mean(alone)),
        'p50 ms': share(percentile(ahead, 0.5), percentile(alone, 0.5)),
        'p95 ms': share(percentile(ahead, 0.95), percentile(alone, 0.95)),
        'p99 ms': share(percentile(ahead, 0.99), percentile(alone, 0.99)),
      },
    ],
  }
}

function row(what: string, of: readonly number[]): Record<string, string | number> {
  return {
    demand: what,
    requests: of.length,
    'mean ms': round(mean(of), 0),
    'p50 ms': round(percentile(of, 0.5), 0),
    'p95 ms': round(percentile(of, 0.95), 0),
    'p99 ms': round(percentile(of, 0.99), 0),
  }
}

function mean(of: readonly number[]): number {
  return of.reduce((sum, each) => sum + each, 0) / of.length
}

function share(part: number, whole: number): string {
  const percent = round((part / whole - 1) * 100, 2)
  return `${percent < 0 ? '' : '+'}${percent} %`
}

/** Moments in milliseconds, with exponential gaps of that mean. */
function poisson(seed: number, meanGapMs: number, untilMs: number): number[] {
  const random = createRandom(seed)
  const moments: number[] = []
  for (let atMs = 0; atMs < untilMs;) {
    atMs += -Math.log(1 - random.next()) * meanGapMs
    moments.push(atMs)
  }
  return moments
}

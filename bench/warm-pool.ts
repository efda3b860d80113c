import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { BenchResult } from './result.ts'
import { round } from './result.ts'
import { clairvoyantHours } from './warm-pool/clairvoyant.ts'
import { darkroom } from './warm-pool/darkroom.ts'
import { families } from './warm-pool/families.ts'
import { hoursAt, waitAt } from './warm-pool/frontier.ts'
import type { FrontierPanel } from './warm-pool/frontier-drawing.ts'
import { drawFrontiers } from './warm-pool/frontier-drawing.ts'
import { shake, superposed } from './warm-pool/loads.ts'
import type { SimulatedPolicy, SimulationOptions } from './warm-pool/simulator.ts'
import { defaults, simulate } from './warm-pool/simulator.ts'
import type { Arrivals } from './warm-pool/trace.ts'
import { meanLoad, readTrace, readTraceFile, traceDir } from './warm-pool/trace.ts'

/** Flags of this bench: `--trace=file`, `--means=0,1,4,16` (0: as it is), `--seed=1`, `--spin-up=150`, `--svg=file`. */
export interface WarmPoolOptions {
  value(name: string): string | undefined
}

/** What a policy did with a load. Hours are those after the days of learning. */
export interface PolicyRow {
  policy: string
  family: string
  gpuHours: number
  ofEightAlwaysOn: number
  ofClairvoyant: number
  waiting1s: number
  waiting30s: number
  p50S: number
  p95S: number
  p99S: number
  starts: number
  modelLoads: number
}

interface LoadResult {
  load: string
  meanWorkers: number
  requests: number
  days: number
  learnedDays: number
  clairvoyantHours: number
  policies: PolicyRow[]
  comparison: Comparison
  speculation: Speculation
}

/** Ours against the best baseline, all settings of each family considered. */
interface Comparison {
  p99S: number
  gpuHours: number
  /** At our P99, on the frontier of keep-alive and reactive; and with the seasonal forecasts among them. */
  bestBaseline: string
  baselineHoursAtEqualP99: number
  savedAtEqualP99: number
  savedAtEqualP99AgainstForecastsToo: number
  /** For our GPU-hours. */
  baselineP99AtEqualHours: number | undefined
  /** Against the starting point, keep-alive 20 min with a floor of one: changes, negative is better. */
  hoursAgainstKeepAlive20: number
  p99AgainstKeepAlive20: number
}

interface Speculation {
  /** Of runs without and with it, on the same arrivals. */
  pairs: number
  /** Warm workers without demand, which speculation may use. */
  idleHours: number
  p99S: number
  p99WithSpeculationS: number
  change: number
}

const ours = 'Darkroom'
/** Steps of a speculative picture: of 30 s in 40 steps, as in the trace. */
const stepS = 0.75
/** A worker begins them when nothing was asked of it for so long: requests come in bursts. */
const restS = 30
const targetWaitsS = [60, 20, 30, 45, 90, 120]

/** How many workers are warm, and what it costs: traces replayed against policies. */
export async function warmPoolBench(options: WarmPoolOptions): Promise<BenchResult> {
  const file = options.value('trace')
  const trace = file === undefined ? readTrace(traceDir()) : readTraceFile(resolve(file))
  const means = (options.value('means') ?? '0,1,4,16').split(',').map(Number)
  const spinUpS = Number(options.value('spin-up') ?? defaults.spinUpS)
  const seed = Number(options.value('seed') ?? 1)
  const panels: FrontierPanel[] = []
  const results = means.map((mean) => {
    const arrivals = mean === 0 ? trace : superposed(trace, mean, seed)
    const title = mean === 0 ? `as it is, mean ${round(meanLoad(trace))}` : `superposed to a mean of ${mean}`
    const { result, panel } = playAll(title, arrivals, { ...defaults, spinUpS, fromS: learningS(arrivals) })
    panels.push(panel)
    return result
  })
  const svgPath = resolve(options.value('svg') ?? '.darkroom/warm-pool.svg')
  mkdirSync(dirname(svgPath), { recursive: true })
  writeFileSync(svgPath, drawFrontiers(panels))
  return {
    name: 'warm-pool',
    method: `${spinUpS} s from order to warm, models of 4 to 12 s to load, ${defaults.slots} in memory; the first ${results[0]?.learnedDays} days are played and not counted; frontier drawn into ${svgPath}`,
    rows: results.map(summaryRow),
    more: results.map(({ load, policies }) => ({ title: load, rows: policies.map(policyRow) })),
    json: { name: 'warm-pool', spinUpS, seed, svg: svgPath, loads: results },
  }
}

/** Two days, or a quarter of a short trace: no policy is judged by a day that it could not have known. */
function learningS(arrivals: Arrivals): number {
  return Math.min(2, Math.floor(arrivals.lengthS / 86_400 / 4)) * 86_400
}

function playAll(
  load: string,
  arrivals: Arrivals,
  options: SimulationOptions,
): { result: LoadResult; panel: FrontierPanel } {
  const clairvoyant = clairvoyantHours(arrivals, options.spinUpS, options.fromS)
  const alwaysOn = (8 * (arrivals.lengthS - options.fromS)) / 3600
  const play = (policy: string, family: string, simulated: SimulatedPolicy): PolicyRow => {
    const { gpuHours, waitsS, starts, loads } = simulate(arrivals, simulated, options)
    const at = (share: number): number => waitsS[Math.max(0, Math.ceil(share * waitsS.length) - 1)] ?? 0
    const over = (isOver: (waitS: number) => boolean): number =>
      (waitsS.length - firstOver(waitsS, isOver)) / Math.max(1, waitsS.length)
    return {
      policy,
      family,
      gpuHours,
      ofEightAlwaysOn: gpuHours / alwaysOn,
      ofClairvoyant: gpuHours / clairvoyant,
      waiting1s: over((waitS) => waitS >= 1),
      waiting30s: over((waitS) => waitS > 30),
      p50S: at(0.5),
      p95S: at(0.95),
      p99S: at(0.99),
      starts,
      modelLoads: loads / Math.max(1, waitsS.length),
    }
  }
  const swept = families.map((family) => ({
    ...family,
    shown: new Set(family.settings.filter(({ shown }) => shown).map(({ name }) => name)),
    points: family.settings.map(({ name, make }) => play(name, family.name, make())),
  }))
  const settings = targetWaitsS.map((targetWaitS) =>
    play(
      targetWaitS === targetWaitsS[0] ? ours : `${ours}, target wait ${targetWaitS} s`,
      ours,
      darkroom(arrivals, { spinUpMs: options.spinUpS * 1000, targetWaitMs: targetWaitS * 1000 }),
    ),
  )
  const [mine] = settings
  if (mine === undefined) throw new Error('no policy was played')
  const policies = [
    ...swept.flatMap(({ points, shown }) => points.filter(({ policy }) => shown.has(policy))),
    ...settings,
  ]
  const result: LoadResult = {
    load,
    meanWorkers: meanLoad(arrivals),
    requests: arrivals.atS.length,
    days: arrivals.lengthS / 86_400,
    learnedDays: options.fromS / 86_400,
    clairvoyantHours: clairvoyant,
    policies,
    comparison: compare(mine, swept, policies),
    speculation: speculate(arrivals, options),
  }
  return { result, panel: { title: load, families: swept, ours: settings, clairvoyantHours: clairvoyant } }
}

function compare(
  mine: PolicyRow,
  swept: readonly { name: string; kind: string; points: readonly PolicyRow[] }[],
  policies: readonly PolicyRow[],
): Comparison {
  const atEqual = swept.map(({ name, kind, points }) => ({
    name,
    kind,
    hours: hoursAt(points, mine.p99S) ?? Infinity,
  }))
  const cheapest = (all: typeof atEqual): (typeof atEqual)[number] =>
    all.reduce((best, each) => (each.hours < best.hours ? each : best))
  const best = cheapest(atEqual.filter(({ kind }) => kind === 'baseline'))
  const baselines = swept.filter(({ kind }) => kind === 'baseline')
  const waits = baselines.map(({ points }) => waitAt(points, mine.gpuHours) ?? Infinity)
  const start = policies.find(({ policy }) => policy === 'keep-alive 20 min, floor 1')
  return {
    p99S: mine.p99S,
    gpuHours: mine.gpuHours,
    bestBaseline: best.name,
    baselineHoursAtEqualP99: best.hours,
    savedAtEqualP99: 1 - mine.gpuHours / best.hours,
    savedAtEqualP99AgainstForecastsToo: 1 - mine.gpuHours / cheapest(atEqual).hours,
    baselineP99AtEqualHours: Number.isFinite(Math.min(...waits)) ? Math.min(...waits) : undefined,
    hoursAgainstKeepAlive20: mine.gpuHours / (start?.gpuHours ?? Number.NaN) - 1,
    p99AgainstKeepAlive20: mine.p99S / (start?.p99S ?? Number.NaN) - 1,
  }
}

/** Arrivals are shaken by up to a second; as often as the load's own P99 needs to be known to about a percent. */
const mostPairs = 16
const requestsInAll = 1_500_000

/**
 * The same again, idle workers at speculative work that ends at a step's end when demand comes. One second more or less
 * anywhere changes which worker stops when, and with it the P99 of a small load by several percent: so pairs are
 * played, each on arrivals of its own, and their P99s are averaged.
 */
function speculate(arrivals: Arrivals, options: SimulationOptions): Speculation {
  const pairs = Math.min(mostPairs, Math.ceil(requestsInAll / arrivals.atS.length))
  let [without, idleHours] = [0, 0]
  let withSpeculation = 0
  for (let pair = 0; pair < pairs; pair += 1) {
    const shaken = shake(arrivals, pair + 1)
    const play = (more: Partial<SimulationOptions>): { p99S: number; idleHours: number } => {
      const policy = darkroom(shaken, { spinUpMs: options.spinUpS * 1000 })
      const played = simulate(shaken, policy, { ...options, ...more })
      return {
        p99S: played.waitsS[Math.ceil(0.99 * played.waitsS.length) - 1] ?? 0,
        idleHours: played.idleHours,
      }
    }
    without += play({}).p99S / pairs
    const speculating = play({ speculativeStepS: stepS, speculativeRestS: restS })
    withSpeculation += speculating.p99S / pairs
    idleHours += speculating.idleHours / pairs
  }
  return {
    pairs,
    idleHours,
    p99S: without,
    p99WithSpeculationS: withSpeculation,
    change: without === 0 ? 0 : withSpeculation / without - 1,
  }
}

/** Sorted values: how many are not over. */
function firstOver(sorted: Float32Array, isOver: (value: number) => boolean): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >> 1
    if (isOver(sorted[middle] ?? 0)) to = middle
    else from = middle + 1
  }
  return from
}

function summaryRow({ load, comparison, speculation }: LoadResult): Record<string, string | number> {
  return {
    load,
    'GPU-hours': round(comparison.gpuHours, 1),
    'P99 s': round(comparison.p99S, 1),
    'best baseline at this P99': `${comparison.bestBaseline}: ${round(comparison.baselineHoursAtEqualP99, 1)} h`,
    'saved %': percent(comparison.savedAtEqualP99),
    'saved %, forecasts too': percent(comparison.savedAtEqualP99AgainstForecastsToo),
    'hours to keep-alive 20 min %': percent(comparison.hoursAgainstKeepAlive20),
    'P99 to it %': percent(comparison.p99AgainstKeepAlive20),
    'P99 with speculation %': percent(speculation.change),
    'idle hours': round(speculation.idleHours, 1),
  }
}

function policyRow(row: PolicyRow): Record<string, string | number> {
  return {
    policy: row.policy,
    'GPU-hours': round(row.gpuHours, 1),
    '% of 8 on': percent(row.ofEightAlwaysOn),
    '× clairvoyant': round(row.ofClairvoyant),
    '% ≥ 1 s': percent(row.waiting1s),
    '% > 30 s': percent(row.waiting30s),
    'P50 s': round(row.p50S, 1),
    'P95 s': round(row.p95S, 1),
    'P99 s': round(row.p99S, 1),
    starts: row.starts,
    '% loads': percent(row.modelLoads),
  }
}

function percent(share: number): number {
  return round(share * 100, 1)
}

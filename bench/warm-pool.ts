import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { BenchResult } from './result.ts'
import { BenchInputError, round } from './result.ts'
import { clairvoyantHours } from './warm-pool/clairvoyant.ts'
import { darkroom } from './warm-pool/darkroom.ts'
import { families } from './warm-pool/families.ts'
import { compare } from './warm-pool/comparison.ts'
import type { Comparison, PolicyRow } from './warm-pool/comparison.ts'
import type { FrontierPanel } from './warm-pool/frontier-drawing.ts'
import { drawFrontiers } from './warm-pool/frontier-drawing.ts'
import { superposed } from './warm-pool/loads.ts'
import type { SimulatedPolicy, SimulationOptions } from './warm-pool/simulator.ts'
import { defaults, simulate } from './warm-pool/simulator.ts'
import { speculate } from './warm-pool/speculation.ts'
import type { Speculation } from './warm-pool/speculation.ts'
import type { Arrivals } from './warm-pool/trace.ts'
import { daysOf, meanLoad, readTraces, traceDir, traceOf } from './warm-pool/trace.ts'
import type { Trace } from './warm-pool/trace.ts'

/**
 * Flags of this bench: `--trace=file-or-folder`, `--means=0,1,4,16` (0: as it is; `--loads` is the same), `--seed=1`,
 * `--spin-up=150`, `--days=6-11` (those days of the trace alone, or `odd`, `even`), `--target-wait=60`, `--svg=file`.
 */
export interface WarmPoolOptions {
  value(name: string): string | undefined
}

interface LoadResult {
  /** File names. */
  trace: string
  load: string
  meanWorkers: number
  requests: number
  days: number
  learnedDays: number
  clairvoyantHours: number
  policies: PolicyRow[]
  /** Ours, as among `policies`. */
  darkroom: PolicyRow
  comparison: Comparison
  /** Of ours without a floor (`DARKROOM_SCALING_MIN=0`). */
  comparisonFloor0: Comparison
  speculation: Speculation
}

const ours = 'Darkroom'
const targetWaitsS = [60, 20, 30, 90]

/** How many workers are warm, and what it costs: traces replayed against policies. */
export async function warmPoolBench(options: WarmPoolOptions): Promise<BenchResult> {
  const traces = tracesOf(options.value('trace'))
  const days = options.value('days')
  const means = (options.value('means') ?? options.value('loads') ?? '0,1,4,16').split(',').map(Number)
  const spinUpS = Number(options.value('spin-up') ?? defaults.spinUpS)
  const targetWaitS = Number(options.value('target-wait') ?? targetWaitsS[0])
  const seed = Number(options.value('seed') ?? 1)
  const panels: FrontierPanel[] = []
  const notes: string[] = []
  const results: LoadResult[] = []
  for (const { name, files, arrivals: whole } of traces) {
    notes.push(...files.flatMap(skippedNotes))
    const trace = whole === undefined || days === undefined ? whole : daysOf(whole, dayFilter(days))
    if (trace === undefined) {
      notes.push(`${name}: holds no request that was served`)
      continue
    }
    for (const mean of means) {
      const own = mean === 0 ? `as it is, mean ${round(meanLoad(trace))}` : `superposed to a mean of ${mean}`
      const title = traces.length === 1 ? own : `${name}: ${own}`
      const requests = mean === 0 ? 0 : (trace.atS.length * mean) / meanLoad(trace)
      if (requests > mostRequests) {
        notes.push(`${title}: left out, it would be ${Math.round(requests)} requests`)
        continue
      }
      const arrivals = mean === 0 ? trace : superposed(trace, mean, seed)
      const played = playAll(
        title,
        arrivals,
        { ...defaults, spinUpS, fromS: learningS(arrivals) },
        targetWaitS,
      )
      results.push({ trace: name, ...played.result })
      panels.push(played.panel)
    }
  }
  const svgPath = resolve(options.value('svg') ?? '.darkroom/warm-pool.svg')
  mkdirSync(dirname(svgPath), { recursive: true })
  writeFileSync(svgPath, drawFrontiers(panels))
  return {
    name: 'warm-pool',
    method: [
      `${spinUpS} s from order to warm, models of 4 to 12 s to load, ${defaults.slots} in memory; the first ${round(results[0]?.learnedDays ?? 0, 2)} days are played and not counted; frontier drawn into ${svgPath}`,
      ...notes,
    ].join('\n'),
    rows: results.map(summaryRow),
    more: results.map(({ load, policies }) => ({ title: load, rows: policies.map(policyRow) })),
    json: {
      name: 'warm-pool',
      spinUpS,
      targetWaitS,
      seed,
      days: days ?? 'all',
      svg: svgPath,
      traces: traces.map(({ name, files }) => ({ name, files })),
      notes,
      loads: results,
    },
  }
}

/** More of them would take hours: a trace of a few short requests laid over itself ever again. */
const mostRequests = 5_000_000

function tracesOf(path: string | undefined): Trace[] {
  if (path === undefined) return readTraces(traceDir())
  return statSync(resolve(path), { throwIfNoEntry: false })?.isDirectory()
    ? readTraces(resolve(path))
    : [traceOf([resolve(path)])]
}

function skippedNotes({ file, requests, skipped }: Trace['files'][number]): string[] {
  const left = Object.entries(skipped).map(([why, count]) => `${count} ${why}`)
  return left.length === 0 ? [] : [`${file}: ${requests} requests; left out: ${left.join(', ')}`]
}

/** `odd`, `even`, or days and ranges of days from 1: `6-11`, `1,3,5-7`. @throws BenchInputError for anything else */
function dayFilter(days: string): (day: number) => boolean {
  if (days === 'odd' || days === 'even') return (day) => day % 2 === (days === 'odd' ? 1 : 0)
  const ranges = days.split(',').map((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number)
    if (!(from >= 1 && to >= from))
      throw new BenchInputError(`--days=${days}: days are 6-11, 1,3,5-7, odd or even`)
    return { from, to }
  })
  return (day) => ranges.some(({ from, to }) => day >= from && day <= to)
}

/** Two days, or the first quarter of a short trace: no policy is judged by a day that it could not have known. */
function learningS({ atS }: Arrivals): number {
  const first = atS[0] ?? 0
  return Math.min(2 * 86_400, first + ((atS.at(-1) ?? first) - first) / 4)
}

function playAll(
  load: string,
  arrivals: Arrivals,
  options: SimulationOptions,
  targetWaitS: number,
): { result: Omit<LoadResult, 'trace'>; panel: FrontierPanel } {
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
  const settings = [...new Set([targetWaitS, ...targetWaitsS])].map((eachS, index) =>
    play(
      index === 0 ? ours : `${ours}, target wait ${eachS} s`,
      ours,
      darkroom(arrivals, { spinUpMs: options.spinUpS * 1000, targetWaitMs: eachS * 1000 }),
    ),
  )
  const floorless = play(
    `${ours}, floor 0`,
    ours,
    darkroom(arrivals, { spinUpMs: options.spinUpS * 1000, targetWaitMs: targetWaitS * 1000, floor: 0 }),
  )
  const [mine] = settings
  if (mine === undefined) throw new Error('no policy was played')
  const policies = [
    ...swept.flatMap(({ points, shown }) => points.filter(({ policy }) => shown.has(policy))),
    ...settings,
    floorless,
  ]
  const result: Omit<LoadResult, 'trace'> = {
    load,
    meanWorkers: meanLoad(arrivals),
    requests: arrivals.atS.length,
    days: arrivals.lengthS / 86_400,
    learnedDays: options.fromS / 86_400,
    clairvoyantHours: clairvoyant,
    policies,
    darkroom: mine,
    comparison: compare(mine, swept, policies),
    comparisonFloor0: compare(floorless, swept, policies),
    speculation: speculate(arrivals, options),
  }
  return { result, panel: { title: load, families: swept, ours: settings, clairvoyantHours: clairvoyant } }
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

function summaryRow({
  load,
  comparison,
  comparisonFloor0,
  speculation,
}: LoadResult): Record<string, string | number> {
  return {
    load,
    'GPU-hours': round(comparison.gpuHours, 1),
    'P99 s': round(comparison.p99S, 1),
    'best baseline at this P99': `${comparison.bestBaseline}: ${round(comparison.baselineHoursAtEqualP99 ?? Number.NaN, 1)} h`,
    'saved %': percent(comparison.savedAtEqualP99 ?? Number.NaN),
    'saved %, forecasts too': percent(comparison.savedAtEqualP99AgainstForecastsToo ?? Number.NaN),
    'best named with a floor': namedCell(comparison.bestNamedWithFloor),
    'best named, ours floor 0': namedCell(comparisonFloor0.bestNamed),
    'hours to keep-alive 20 min %': percent(comparison.hoursAgainstKeepAlive20),
    'P99 to it %': percent(comparison.p99AgainstKeepAlive20),
    'P99 with speculation %': percent(speculation.change),
    'idle hours': round(speculation.idleHours, 1),
  }
}

/** What ours costs more or less than the cheapest named baseline that waits no longer. */
function namedCell(named: Comparison['bestNamed']): string {
  return named === undefined ? 'none waits so little' : `${named.policy}: ${percent(named.hoursAgainstIt)} %`
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

import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readTrace } from '../packages/server/src/prediction/replay/read-trace.ts'
import { controlTraces } from '../packages/server/src/prediction/replay/controls.ts'
import {
  measureNewItems,
  measureRewarm,
  measureSiblings,
  spentShare,
  testWindow,
} from '../packages/server/src/prediction/replay/definitions.ts'
import type { Measured, MeasuredWindow } from '../packages/server/src/prediction/replay/definitions.ts'
import { createTraceBuilder } from '../packages/server/src/prediction/replay/trace.ts'
import type { Trace } from '../packages/server/src/prediction/replay/trace.ts'
import type { BenchResult } from './result.ts'
import { round } from './result.ts'

const seed = Number(process.env['DARKROOM_BENCH_SEED'] ?? 1)
const replayedEvents = 500_000

/**
 * The predictor on a trace of shop orders: every `retail-requests-*.csv.gz` of `DARKROOM_TRACE_DIR`, one after
 * another. The last third of its months is measured; nothing was tuned on it.
 */
export async function predictionBench(): Promise<BenchResult> {
  const folder = resolve(process.env['DARKROOM_TRACE_DIR'] ?? join('..', 'shared', 'data'))
  const trace = await retailTrace(folder)
  // First: the peak is the process's, and the simulations below leave theirs.
  const replay = replaySpeed(trace)
  const window = testWindow(trace)
  const rewarm = measureRewarm(window, 'policy')
  const baseline = measureRewarm(window, 'popularity')
  const sure = [0.5, 0.7, 0.8].map((least) => ({
    least,
    ...measureRewarm(window, 'policy', { leastRewarmProbability: least }),
  }))
  const newItems = measureNewItems(window)
  const siblings = measureSiblings(window)
  const controls = Object.fromEntries(
    Object.entries(controlTraces).map(([name, make]) => [name, spentShare(make(trace, seed), seed)]),
  )
  const beats = rewarm.precision >= 1.03 * baseline.precision
  return {
    name: 'prediction',
    method: methodText(window, beats),
    rows: [
      row('re-warm, decayed popularity (14 days)', baseline),
      row('re-warm, the policy', rewarm),
      ...sure.map(({ least, ...each }) => row(`re-warm, only where P ≥ ${least}`, each)),
      row('new items', newItems),
      row('siblings', siblings),
    ],
    more: [
      {
        title: 'Controls: nothing can be foreseen in them; share of the budget spent',
        rows: Object.entries(controls).map(([control, each]) => ({
          control,
          ...each,
          spentShare: round(each.spentShare, 4),
        })),
      },
      { title: `Replay of ${replay.events} events, one core`, rows: [replay] },
    ],
    json: {
      rewarm: {
        ...figures(rewarm),
        beatsBaselineBy3Percent: beats,
        baseline: figures(baseline),
        abstaining: sure.map(({ least, ...each }) => ({ leastProbability: least, ...figures(each) })),
      },
      newItems: {
        ...figures(newItems),
        coverage: round(newItems.coverage, 4),
        lateShare: round(newItems.lateShare, 4),
      },
      siblings: { ...figures(siblings), lateShare: round(siblings.lateShare, 4) },
      controls,
      replay,
    },
  }
}

async function retailTrace(folder: string): Promise<Trace> {
  const files = (await readdir(folder))
    .filter((name) => /^retail-requests.*\.csv(?:\.gz)?$/u.test(name))
    .toSorted()
  if (files.length === 0) throw new Error(`${folder} has no retail-requests-*.csv.gz: set DARKROOM_TRACE_DIR`)
  const builder = createTraceBuilder()
  for (const file of files) {
    const { trace } = await readTrace(join(folder, file))
    for (let index = 0; index < trace.count; index++)
      builder.add({ ...trace.event(index), scope: 'retail', family: 'retail' })
  }
  return builder.finish()
}

/** The whole policy over half a million events: the trace, and again from its end on until there are enough. */
function replaySpeed(trace: Trace): { events: number; cpuSeconds: number; peakMegabytes: number } {
  const builder = createTraceBuilder()
  const spanMs = trace.lastMs - trace.firstMs + 86_400_000
  for (let index = 0; index < replayedEvents; index++) {
    const event = trace.event(index % trace.count)
    builder.add({ ...event, atMs: event.atMs + Math.floor(index / trace.count) * spanMs })
  }
  const before = process.cpuUsage()
  spentShare(builder.finish(), seed)
  const { user, system } = process.cpuUsage(before)
  return {
    events: replayedEvents,
    cpuSeconds: round((user + system) / 1e6),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  }
}

function figures({ precision, wastedPerUseful, prebuiltShare, made, used }: Measured): object {
  return {
    precision: round(precision, 4),
    wastedPerUseful: round(wastedPerUseful, 4),
    prebuiltShare: round(prebuiltShare, 4),
    made,
    used,
  }
}

function row(what: string, each: Measured): Record<string, string | number> {
  return {
    what,
    made: each.made,
    used: each.used,
    precision: round(each.precision, 3),
    'wasted per useful': round(each.wastedPerUseful, 3),
    'pre-built': `${round(100 * each.prebuiltShare, 1)} %`,
    ...(what === 'new items' ? { coverage: `${round(100 * each.coverage, 1)} %` } : {}),
  }
}

function methodText({ trace, fromMs, untilMs }: MeasuredWindow, beats: boolean): string {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
  return [
    `${trace.count} requests; measured ${day(fromMs)} to ${day(untilMs)}, learned from what is before and as it goes.`,
    'Re-warm: every midnight all results are retired, and 25 % of the distinct items of the day that begins may be made;',
    'precision = made and asked for that day / made; pre-built = requests of the day answered by them.',
    'New items: codes never seen; made once, used until the trace ends; coverage = used / codes that appeared.',
    'Siblings: same nights; a known variation is made when another of its article is asked for, used the same day.',
    'A minute is the finest time of this trace: lateShare (JSON) is the share of used ones that a generation of 30 s would miss.',
    beats
      ? 'The policy beats decayed popularity by 3 % or more.'
      : 'Nothing that was tried beats decayed popularity by 3 % at the full budget (docs/decisions/0045): it is what is shipped.',
  ].join('\n')
}

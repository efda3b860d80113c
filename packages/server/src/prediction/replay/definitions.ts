import { createDraw } from '../draw.ts'
import { createPredictionPolicy } from '../policy.ts'
import { defaultPolicySettings } from '../settings.ts'
import type { PolicySettings } from '../settings.ts'
import { dayMs } from '../usage-event.ts'
import type { PredictionKind } from '../usage-event.ts'
import { createCountedAllowance } from './allowance.ts'
import { distinctByDay } from './day-budget.ts'
import type { Planner } from './planner.ts'
import { createPopularityPlanner } from './popularity-planner.ts'
import { simulate } from './simulate.ts'
import type { SimulationResult } from './simulate.ts'
import type { Trace } from './trace.ts'

/**
 * The three questions that a predictor is measured by, each a simulation with the real policy:
 * re-warm: every midnight (UTC) all results are retired, and as many as 25 % of the distinct keys of the day that
 * begins may be made; siblings: the same nights, and whenever an article's variation is asked for that is not there,
 * others may be made; new items: nothing is retired, and codes that nobody has ever asked for may be made.
 * Made counts once; used is made and asked for before it is retired (for new items: before the trace ends).
 */
export interface MeasuredWindow {
  trace: Trace
  /** Decisions and requests from here on count; all before is learned from. */
  fromMs: number
  untilMs: number
}

export interface Measured {
  made: number
  used: number
  precision: number
  wastedPerUseful: number
  /** Requests answered by what was made, of all requests. */
  prebuiltShare: number
  /** Keys asked for the first time ever that had been made, of all such. For re-warm and siblings of no meaning. */
  coverage: number
  /** Asked for so soon that a generation of 30 s would not have been done; counted as used above. */
  late: number
}

export const budgetShare = 0.25
const lateMs = 30_000

export interface MeasuredOptions {
  kinds: readonly PredictionKind[]
  settings?: Partial<PolicySettings>
  seed?: number
}

/** @param planner - `popularity` for the baseline, which knows no kinds */
export function measureRewarm(
  window: MeasuredWindow,
  planner: 'policy' | 'popularity',
  settings?: Partial<PolicySettings>,
): Measured {
  return measured(
    run(
      window,
      { kinds: ['rewarm'], ...(settings && { settings }) },
      { retires: true, isBounded: true, planner },
    ),
  )
}

export function measureSiblings(window: MeasuredWindow): Measured & { lateShare: number } {
  return withLate(window, { kinds: ['sibling'] }, true)
}

export function measureNewItems(window: MeasuredWindow): Measured & { lateShare: number } {
  return withLate(window, { kinds: ['new-item'] }, false)
}

/** What all kinds together spend of 25 % of each day's distinct keys, from the first day on. */
export function spentShare(trace: Trace, seed: number): { spentShare: number; made: number; budget: number } {
  const window = { trace, fromMs: trace.firstMs, untilMs: trace.lastMs + 1 }
  const { made } = run(
    window,
    { kinds: defaultPolicySettings.kinds, seed },
    { retires: true, isBounded: true, planner: 'policy' },
  ).made
  let budget = 0
  for (const distinct of distinctByDay(trace).values()) budget += Math.floor(distinct * budgetShare)
  return { spentShare: budget === 0 ? 0 : made / budget, made, budget }
}

function withLate(
  window: MeasuredWindow,
  options: MeasuredOptions,
  retires: boolean,
): Measured & { lateShare: number } {
  const result = measured(run(window, options, { retires, isBounded: false, planner: 'policy' }))
  const { made } = run(window, options, { retires, isBounded: false, planner: 'policy', serviceMs: lateMs })
  const used = made.used + made.late
  return { ...result, late: made.late, lateShare: used === 0 ? 0 : made.late / used }
}

function run(
  { trace, fromMs, untilMs }: MeasuredWindow,
  { kinds, settings, seed = 1 }: MeasuredOptions,
  how: { retires: boolean; isBounded: boolean; planner: 'policy' | 'popularity'; serviceMs?: number },
): SimulationResult {
  const distinct = distinctByDay(trace)
  const budget = createCountedAllowance((day) =>
    how.isBounded ? Math.floor((distinct.get(day) ?? 0) * budgetShare) : Number.POSITIVE_INFINITY,
  )
  const planner: Planner =
    how.planner === 'popularity'
      ? createPopularityPlanner(budget.allowance)
      : createPredictionPolicy({
          settings: { ...defaultPolicySettings, heldOutShare: 0, ...settings, kinds },
          draw: createDraw(seed),
          allowance: budget.allowance,
        })
  return simulate(trace, {
    retiresOn: () => how.retires,
    freshMs: Number.POSITIVE_INFINITY,
    servesStale: false,
    serviceMs: how.serviceMs ?? 0,
    planner: budget.counted(planner),
    countFromMs: fromMs,
    countUntilMs: untilMs,
  })
}

function measured(result: SimulationResult): Measured {
  const used = result.made.used + result.made.late
  return {
    made: result.made.made,
    used,
    precision: ratio(used, result.made.made),
    wastedPerUseful: ratio(result.made.made - used, used),
    prebuiltShare: ratio(result.prebuilt, result.requests),
    coverage: ratio(result.byKind['new-item'].used, result.newKeys),
    late: result.made.late,
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

/**
 * The split in time: the last third of the trace's calendar months is measured, what is before is learned from. Of
 * December to August that is June to August.
 */
export function testWindow(trace: Trace): MeasuredWindow {
  const first = new Date(trace.firstMs)
  const last = new Date(trace.lastMs)
  const months =
    (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth() + 1
  const measuredMonths = Math.max(1, Math.floor(months / 3))
  const start = Date.UTC(last.getUTCFullYear(), last.getUTCMonth() - measuredMonths + 1, 1)
  // A trace of days, not months: its last third of days.
  const fromMs =
    months >= 3 ? start : trace.firstMs + Math.floor(((trace.lastMs - trace.firstMs) * 2) / 3 / dayMs) * dayMs
  return { trace, fromMs, untilMs: trace.lastMs + 1 }
}

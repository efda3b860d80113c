import { createDraw } from '../draw.ts'
import { createPredictionPolicy } from '../policy.ts'
import { defaultPolicySettings } from '../settings.ts'
import { predictionKinds } from '../usage-event.ts'
import { createCountedAllowance } from './allowance.ts'
import { distinctByDay } from './day-budget.ts'
import { createOraclePlanner } from './oracle-planner.ts'
import type { Planner } from './planner.ts'
import { createPopularityPlanner } from './popularity-planner.ts'
import type { SimulationResult } from './simulate.ts'
import { simulate } from './simulate.ts'
import type { Trace } from './trace.ts'

/** What a replay supposes of the site whose log it reads. */
export interface ReplayAssumptions {
  /** When all stored results are retired: a deploy, a new renderer, a regenerated catalogue. */
  retires: 'nightly' | 'weekly' | 'never'
  /** How long an answer is fresh where a row has a TTL. */
  ttlMs: number
  /** How long a generation takes. */
  serviceMs: number
  /** What may be made ahead a day: this share of the distinct keys of the day before. */
  budgetShare: number
  heldOutShare: number
  seed: number
}

/** One way of answering, and what it did. */
export interface ReplayRow {
  name: string
  result: SimulationResult
  /** Made ahead and asked for, of all made ahead. */
  precision: number | undefined
  wastedPerUseful: number | undefined
  /** Requests answered by what was made ahead, of all. */
  coverage: number
  /** Generations beside those that `infinite` needs. */
  extraGenerations: number
  /** Of the waiting that the oracle takes from `infinite`, the share that this takes. */
  oracleCapture: number | undefined
  p50Ms: number
  p99Ms: number
}

/** The policy beside what could be done instead, over the same trace and retirements. */
export function comparePolicies(trace: Trace, assumptions: ReplayAssumptions): ReplayRow[] {
  const run = (
    how: { ttlMs?: number; servesStale?: boolean; neverRetires?: boolean },
    plannerOf?: (allowance: (scope: string, nowMs: number) => number) => Planner,
  ): SimulationResult => {
    const budget = createCountedAllowance(dailyBudget(trace, assumptions.budgetShare))
    return simulate(trace, {
      retiresOn: retirements(how.neverRetires === true ? 'never' : assumptions.retires),
      freshMs: how.ttlMs ?? Number.POSITIVE_INFINITY,
      servesStale: how.servesStale ?? false,
      serviceMs: assumptions.serviceMs,
      planner: plannerOf === undefined ? undefined : budget.counted(plannerOf(budget.allowance)),
    })
  }
  const { ttlMs } = assumptions
  const results: [string, SimulationResult][] = [
    ['strict TTL', run({ ttlMs })],
    ['TTL + stale', run({ ttlMs, servesStale: true })],
    ['infinite', run({})],
    ['popularity, token bucket', run({}, createPopularityPlanner)],
    ['darkroom', run({}, (allowance) => policyOf(assumptions, allowance))],
    ['oracle', run({}, (allowance) => createOraclePlanner(trace, allowance))],
  ]
  const infinite = results.find(([name]) => name === 'infinite')?.[1]
  const oracle = results.find(([name]) => name === 'oracle')?.[1]
  return results.map(([name, result]) => rowOf(name, result, infinite ?? result, oracle ?? result))
}

function policyOf(
  { heldOutShare, seed }: ReplayAssumptions,
  allowance: (scope: string, nowMs: number) => number,
): Planner {
  return createPredictionPolicy({
    settings: { ...defaultPolicySettings, heldOutShare, kinds: predictionKinds },
    draw: createDraw(seed),
    allowance,
  })
}

function rowOf(
  name: string,
  result: SimulationResult,
  infinite: SimulationResult,
  oracle: SimulationResult,
): ReplayRow {
  const { made, used, late } = result.made
  const useful = used + late
  const gain = instant(result) - instant(infinite)
  const best = instant(oracle) - instant(infinite)
  return {
    name,
    result,
    precision: made === 0 ? undefined : useful / made,
    wastedPerUseful: useful === 0 ? undefined : (made - useful) / useful,
    coverage: result.requests === 0 ? 0 : result.prebuilt / result.requests,
    extraGenerations: result.demandGenerations + made - infinite.demandGenerations,
    oracleCapture: made === 0 || best <= 0 ? undefined : gain / best,
    p50Ms: result.waits.percentile(0.5),
    p99Ms: result.waits.percentile(0.99),
  }
}

/** Requests that waited for nothing. */
function instant({ classes }: SimulationResult): number {
  return classes.hit + classes['pre-generated'] + classes.stale
}

/** A budget that could have been set that morning: by the day before, of all scopes alike. */
function dailyBudget(trace: Trace, share: number): (day: number) => number {
  const distinct = distinctByDay(trace)
  const days = [...distinct.keys()]
  const before = new Map(days.map((day, index) => [day, distinct.get(days[index - 1] ?? Number.NaN) ?? 0]))
  const last = days.at(-1) ?? 0
  let latest = 0
  // A day without requests has the budget of the last one that had some.
  for (let day = days[0] ?? 0; day <= last; day++) {
    latest = before.get(day) ?? latest
    before.set(day, latest)
  }
  return (day) => Math.floor((before.get(day) ?? 0) * share)
}

function retirements(retires: ReplayAssumptions['retires']): (day: number) => boolean {
  if (retires === 'never') return () => false
  // 1970-01-01 was a Thursday: day 4 is a Monday.
  return retires === 'nightly' ? () => true : (day) => (day - 4) % 7 === 0
}

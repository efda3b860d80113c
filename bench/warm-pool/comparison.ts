import { hoursAt, waitAt } from './frontier.ts'

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

/** Ours against the best baseline, all settings of each family considered. */
export interface Comparison {
  p99S: number
  gpuHours: number
  /** At our P99, on the frontier of keep-alive and reactive; and with the seasonal forecasts among them. */
  bestBaseline: string
  baselineHoursAtEqualP99: number | undefined
  savedAtEqualP99: number | undefined
  savedAtEqualP99AgainstForecastsToo: number | undefined
  /** For our GPU-hours. */
  baselineP99AtEqualHours: number | undefined
  /** Against the starting point, keep-alive 20 min with a floor of one: changes, negative is better. */
  hoursAgainstKeepAlive20: number
  p99AgainstKeepAlive20: number
  /** Of the baselines that have a row: the cheapest of those with no longer a P99, and what ours costs more. */
  bestNamed: BestNamed | undefined
  /** Of those that keep a worker, as ours with its floor does. */
  bestNamedWithFloor: BestNamed | undefined
}

interface BestNamed {
  policy: string
  gpuHours: number
  p99S: number
  hoursAgainstIt: number
}

/** @param swept all settings of each family; @param policies those that have a row */
export function compare(
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
  const families = new Set(baselines.map(({ name }) => name))
  const noLonger = policies.filter(({ family, p99S }) => families.has(family) && p99S <= mine.p99S * 1.02)
  const start = policies.find(({ policy }) => policy === 'keep-alive 20 min, floor 1')
  return {
    p99S: mine.p99S,
    gpuHours: mine.gpuHours,
    bestBaseline: best.name,
    baselineHoursAtEqualP99: finite(best.hours),
    savedAtEqualP99: saved(mine, best.hours),
    savedAtEqualP99AgainstForecastsToo: saved(mine, cheapest(atEqual).hours),
    baselineP99AtEqualHours: finite(Math.min(...waits)),
    hoursAgainstKeepAlive20: mine.gpuHours / (start?.gpuHours ?? Number.NaN) - 1,
    p99AgainstKeepAlive20: mine.p99S / (start?.p99S ?? Number.NaN) - 1,
    bestNamed: cheapestOf(mine, noLonger),
    bestNamedWithFloor: cheapestOf(
      mine,
      noLonger.filter(({ family }) => family !== floorlessFamily),
    ),
  }
}

/** Of the families, the one that keeps nobody: what keeps one cannot cost as little in silence. */
const floorlessFamily = 'keep-alive'

function cheapestOf(mine: PolicyRow, rows: readonly PolicyRow[]): BestNamed | undefined {
  const named = rows.toSorted((a, b) => a.gpuHours - b.gpuHours)[0]
  if (named === undefined) return undefined
  const { policy, gpuHours, p99S } = named
  return { policy, gpuHours, p99S, hoursAgainstIt: mine.gpuHours / gpuHours - 1 }
}

/** JSON has no infinity: where no setting waits so little, there is nothing to compare with. */
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

function saved(mine: PolicyRow, hours: number): number | undefined {
  return Number.isFinite(hours) ? 1 - mine.gpuHours / hours : undefined
}

import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { Histogram } from './histogram.ts'
import { mergeBytes } from './histogram-bytes.ts'
import type { CacheClass, Stage } from './labels.ts'
import { cacheClasses, jobRoutePrefix, stageNames } from './labels.ts'

/** What groups of a latency report are made by. */
export type GroupBy = 'class' | 'stage' | 'route' | 'scope' | 'model'

export const groupings: readonly GroupBy[] = ['class', 'stage', 'route', 'scope', 'model']

/** Which durations, and how they are to be grouped. */
export interface LatencyAsk {
  fromMs: number
  toMs: number
  by: GroupBy
  /** Not asked for where the groups are stages. */
  stage: Stage
  class: CacheClass | undefined
  route: string | undefined
  scope: string | undefined
  model: string | undefined
  /** How many points a series has at most. */
  points: number
}

/** Durations in milliseconds, within 0.55 %. */
export interface LatencyFigures {
  count: number
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

export interface LatencyGroup extends LatencyFigures {
  name: string
  meanMs: number
  p999Ms: number
  maxMs: number
  /** Points in which something was measured. */
  series: (LatencyFigures & { at: string })[]
}

export interface LatencyReport {
  from: string
  to: string
  bucketMs: number
  by: GroupBy
  stage: Stage
  groups: LatencyGroup[]
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Groups a report has at most, those with most requests. */
const maxGroups = 50

/** Percentiles over a window, from the minutes of the last day and the hours before. */
export async function readLatency(database: Kysely<Schema>, ask: LatencyAsk): Promise<LatencyReport> {
  const bucketMs = bucketOf(ask)
  const groups = new Map<string, { whole: Histogram; points: Map<number, Histogram> }>()
  for await (const { startsAtMs, name, bytes } of readRows(database, ask)) {
    let group = groups.get(name)
    if (group === undefined) groups.set(name, (group = { whole: new Histogram(), points: new Map() }))
    const at = Math.floor(startsAtMs / bucketMs) * bucketMs
    let point = group.points.get(at)
    if (point === undefined) group.points.set(at, (point = new Histogram()))
    mergeBytes(point, bytes)
  }
  for (const { whole, points } of groups.values()) for (const point of points.values()) whole.merge(point)
  return {
    from: new Date(ask.fromMs).toISOString(),
    to: new Date(ask.toMs).toISOString(),
    bucketMs,
    by: ask.by,
    stage: ask.stage,
    groups: inOrder(
      ask.by,
      [...groups].map(([name, { whole, points }]) => groupOf(name, whole, points)),
    ),
  }
}

/** Whole minutes, and whole hours where nothing finer is kept. */
function bucketOf({ fromMs, toMs, points }: LatencyAsk): number {
  const unitMs = toMs - fromMs > dayMs ? hourMs : minuteMs
  return Math.max(1, Math.ceil((toMs - fromMs) / points / unitMs)) * unitMs
}

interface Row {
  startsAtMs: number
  name: string
  bytes: Uint8Array
}

async function* readRows(database: Kysely<Schema>, ask: LatencyAsk): AsyncGenerator<Row> {
  // Minutes are kept a little longer than a day: at this hour both are there.
  const boundaryMs = Math.ceil((Date.now() - dayMs) / hourMs) * hourMs
  const needsHours = ask.toMs - ask.fromMs > dayMs
  const recent = needsHours ? { ...ask, fromMs: Math.max(boundaryMs, ask.fromMs) } : ask
  if (needsHours) {
    const older = { ...ask, fromMs: Math.floor(ask.fromMs / hourMs) * hourMs, toMs: boundaryMs }
    yield* pieces(database, 'latency_hours', older, dayMs)
  }
  yield* pieces(database, 'latency_minutes', recent, hourMs)
}

/**
 * One piece of the time after the other: all at once they are a million rows in memory where there are many scopes,
 * and other requests get their turn between two.
 */
async function* pieces(
  database: Kysely<Schema>,
  table: 'latency_minutes' | 'latency_hours',
  ask: LatencyAsk,
  pieceMs: number,
): AsyncGenerator<Row> {
  for (let fromMs = ask.fromMs; fromMs < ask.toMs; fromMs += pieceMs) {
    yield* await rowsOf(database, table, { ...ask, fromMs, toMs: Math.min(ask.toMs, fromMs + pieceMs) })
  }
}

async function rowsOf(
  database: Kysely<Schema>,
  table: 'latency_minutes' | 'latency_hours',
  ask: LatencyAsk,
): Promise<Row[]> {
  let query = database
    .selectFrom(table)
    .select(['starts_at', 'histogram', `${ask.by} as name`])
    .where('starts_at', '>=', new Date(ask.fromMs))
    .where('starts_at', '<', new Date(ask.toMs))
  if (ask.by !== 'stage') query = query.where('stage', '=', ask.stage)
  if (ask.class !== undefined) query = query.where('class', '=', ask.class)
  if (ask.route !== undefined) query = query.where('route', '=', ask.route)
  if (ask.scope !== undefined) query = query.where('scope', '=', ask.scope)
  if (ask.model !== undefined) query = query.where('model', '=', ask.model)
  // A job's whole duration is no answer's: it is shown among routes.
  if (ask.by !== 'route' && ask.route === undefined) {
    query = query.where((eb) =>
      eb.or([eb('stage', '<>', 'total'), eb('route', 'not like', `${jobRoutePrefix}%`)]),
    )
  }
  const rows = await query.execute()
  return rows.map((row) => ({
    startsAtMs: row.starts_at.getTime(),
    name: row.name,
    bytes: row.histogram,
  }))
}

function groupOf(name: string, whole: Histogram, points: ReadonlyMap<number, Histogram>): LatencyGroup {
  return {
    name,
    ...figuresOf(whole),
    meanMs: rounded(whole.sumMs / whole.count),
    p999Ms: rounded(whole.percentile(0.999)),
    maxMs: rounded(whole.maxMs),
    series: [...points]
      .toSorted(([a], [b]) => a - b)
      .map(([at, point]) => ({ at: new Date(at).toISOString(), ...figuresOf(point) })),
  }
}

export function figuresOf(histogram: Histogram): LatencyFigures {
  return {
    count: histogram.count,
    p50Ms: rounded(histogram.percentile(0.5)),
    p95Ms: rounded(histogram.percentile(0.95)),
    p99Ms: rounded(histogram.percentile(0.99)),
  }
}

function inOrder(by: GroupBy, groups: LatencyGroup[]): LatencyGroup[] {
  const order: readonly string[] | undefined =
    by === 'class' ? cacheClasses : by === 'stage' ? stageNames : undefined
  const sorted = groups.toSorted((a, b) =>
    order === undefined ? b.count - a.count : order.indexOf(a.name) - order.indexOf(b.name),
  )
  return sorted.slice(0, maxGroups)
}

/** To a thousandth of a millisecond; what is no number (of nothing) is 0. */
export function rounded(valueMs: number): number {
  return Number.isFinite(valueMs) ? Math.round(valueMs * 1000) / 1000 : 0
}

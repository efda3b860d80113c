import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { Histogram } from './histogram.ts'
import { mergeBytes } from './histogram-bytes.ts'
import type { CacheClass, Stage } from './labels.ts'
import { cacheClasses, stageNames } from './labels.ts'
import { bucketOf, readLatencyRows } from './latency-rows.ts'

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

/** Groups a report has at most, those with most requests. */
const maxGroups = 50

/** Percentiles over a window: from the sums of whole hours, where a point is whole hours, and from minutes. */
export async function readLatency(database: Kysely<Schema>, ask: LatencyAsk): Promise<LatencyReport> {
  const bucketMs = bucketOf(ask)
  const groups = new Map<string, { whole: Histogram; points: Map<number, Histogram> }>()
  for await (const { startsAtMs, name, bytes } of readLatencyRows(database, ask, bucketMs)) {
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

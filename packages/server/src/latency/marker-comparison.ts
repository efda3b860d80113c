import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Difference } from './comparison.ts'
import { compare, merged } from './comparison.ts'
import { Histogram } from './histogram.ts'
import { mergeBytes } from './histogram-bytes.ts'
import type { CacheClass, Stage } from './labels.ts'
import { jobRoutePrefix } from './labels.ts'
import type { LatencyFigures } from './latency-query.ts'
import { figuresOf } from './latency-query.ts'
import type { ClassComparison, Minutes } from './strata.ts'
import { classesOf, compareAtEqualShares, sharesWarning } from './strata.ts'

/** What is compared. */
export interface ComparisonAsk {
  /** How long before and after the marker. */
  windowMs: number
  class: CacheClass | undefined
  route: string | undefined
  stage: Stage
}

type Side = LatencyFigures & { from: string; to: string }

export interface ComparisonFigures {
  class: CacheClass | null
  stage: Stage
  before: Side
  after: Side
  /** Of all durations as they came: what readers felt. With more hits it is faster, whatever a hit takes. */
  differences: Difference[]
  /**
   * The same where each class has on both sides the share that it had before: what changed besides the shares.
   * `null` where one class alone is compared.
   */
  atEqualShares: Difference[] | null
  /** Each class for itself; empty where one alone was asked for. */
  classes: ClassComparison[]
  /** That the shares of the classes changed, and so what `differences` say of them; `null` where they did not. */
  warning: string | null
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs

export async function compareAround(
  database: Kysely<Schema>,
  { atMs, isCut }: { atMs: number; isCut: boolean },
  ask: ComparisonAsk,
  nowMs: number,
): Promise<ComparisonFigures> {
  const fromMs = atMs - ask.windowMs
  const toMs = Math.min(nowMs, atMs + ask.windowMs)
  // What was measured in the marker's own minute, and was not cut by it, is of both sides.
  const beforeEndMs = isCut ? atMs : Math.floor(atMs / minuteMs) * minuteMs
  const before = await minutesBetween(database, { fromMs, toMs: beforeEndMs }, ask)
  const after = await minutesBetween(database, { fromMs: atMs, toMs }, ask)
  const sides = { before: allMinutes(before), after: allMinutes(after) }
  const classes = ask.class === undefined ? classesOf(before, after) : []
  return {
    class: ask.class ?? null,
    stage: ask.stage,
    before: sideOf(sides.before, fromMs, atMs),
    after: sideOf(sides.after, atMs, toMs),
    differences: compare(sides),
    atEqualShares: classes.length < 2 ? null : compareAtEqualShares(before, after),
    classes,
    warning: sharesWarning(classes),
  }
}

function sideOf(minutes: readonly Histogram[], fromMs: number, toMs: number): Side {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()]
  return { from, to, ...figuresOf(merged(minutes)) }
}

/** What each minute brought to each class, over all processes and other labels. */
async function minutesBetween(
  database: Kysely<Schema>,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  ask: ComparisonAsk,
): Promise<Minutes> {
  const minutes: Map<string, Map<number, Histogram>> = new Map()
  // An hour after the other: a day of many scopes is a million rows.
  for (let atMs = fromMs; atMs < toMs; atMs += hourMs) {
    for (const row of await rowsOf(database, { fromMs: atMs, toMs: Math.min(toMs, atMs + hourMs) }, ask)) {
      let ofClass = minutes.get(row.class)
      if (ofClass === undefined) minutes.set(row.class, (ofClass = new Map()))
      const minute = Math.floor(row.starts_at.getTime() / minuteMs)
      let histogram = ofClass.get(minute)
      if (histogram === undefined) ofClass.set(minute, (histogram = new Histogram()))
      mergeBytes(histogram, row.histogram)
    }
  }
  return minutes
}

async function rowsOf(
  database: Kysely<Schema>,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  ask: ComparisonAsk,
): Promise<{ starts_at: Date; class: string; histogram: Buffer }[]> {
  let query = database
    .selectFrom('latency_minutes')
    .select(['starts_at', 'class', 'histogram'])
    .where('starts_at', '>=', new Date(fromMs))
    .where('starts_at', '<', new Date(toMs))
    .where('stage', '=', ask.stage)
    .orderBy('starts_at')
  if (ask.class !== undefined) query = query.where('class', '=', ask.class)
  if (ask.route !== undefined) query = query.where('route', '=', ask.route)
  else if (ask.stage === 'total') query = query.where('route', 'not like', `${jobRoutePrefix}%`)
  return await query.execute()
}

/** All classes together, minute by minute. */
function allMinutes(minutes: Minutes): Histogram[] {
  const all = new Map<number, Histogram>()
  for (const ofClass of minutes.values()) {
    for (const [minute, histogram] of ofClass) {
      let sum = all.get(minute)
      if (sum === undefined) all.set(minute, (sum = new Histogram()))
      sum.merge(histogram)
    }
  }
  return [...all].toSorted(([a], [b]) => a - b).map(([, histogram]) => histogram)
}

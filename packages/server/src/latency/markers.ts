import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { Difference } from './comparison.ts'
import { compare, merged } from './comparison.ts'
import { Histogram } from './histogram.ts'
import { mergeBytes } from './histogram-bytes.ts'
import type { CacheClass, Stage } from './labels.ts'
import { jobRoutePrefix } from './labels.ts'
import type { LatencyFigures } from './latency-query.ts'
import { figuresOf } from './latency-query.ts'

/** A moment that latency is compared around: a deploy, a switch that was thrown. */
export interface Marker {
  id: string
  at: string
  text: string
}

/** What is compared. */
export interface ComparisonAsk {
  /** How long before and after the marker. */
  windowMs: number
  class: CacheClass | undefined
  route: string | undefined
  stage: Stage
}

const minuteMs = 60_000

type Side = LatencyFigures & { from: string; to: string }

export interface Comparison {
  marker: Marker
  class: CacheClass | null
  stage: Stage
  before: Side
  after: Side
  differences: Difference[]
}

/** Deploy markers of the deployment. */
export interface Markers {
  /** Newest first. */
  list(ask: { fromMs: number; toMs: number }): Promise<Marker[]>
  /** @param atMs `undefined`: now; then what is measured from now on is kept apart from what was */
  add(marker: { text: string; atMs: number | undefined; actor: string }): Promise<Marker>
  /** @throws DarkroomError not_found */
  remove(id: string): Promise<void>
  /** @throws DarkroomError not_found */
  compare(id: string, ask: ComparisonAsk): Promise<Comparison>
}

export interface MarkersOptions {
  database: Kysely<Schema>
  now: () => number
  /** Tells all processes to begin a new slice, and stores what this one has. */
  cut: (atMs: number) => Promise<void>
}

export function createMarkers({ database, now, cut }: MarkersOptions): Markers {
  return {
    list: async ({ fromMs, toMs }) => {
      const rows = await database
        .selectFrom('markers')
        .select(['id', 'at', 'text'])
        .where('at', '>=', new Date(fromMs))
        .where('at', '<=', new Date(toMs))
        .orderBy('at', 'desc')
        .limit(1000)
        .execute()
      return rows.map(markerOf)
    },
    add: async ({ text, atMs, actor }) => {
      const isCut = atMs === undefined
      const at = new Date(atMs ?? now())
      const row = await database
        .insertInto('markers')
        .values({ text, at, actor, is_cut: isCut })
        .returning(['id', 'at', 'text'])
        .executeTakeFirstOrThrow()
      if (isCut) await cut(at.getTime())
      return markerOf(row)
    },
    remove: async (id) => {
      const { numDeletedRows } = await database
        .deleteFrom('markers')
        .where('id', '=', numberOf(id))
        .executeTakeFirst()
      if (numDeletedRows === 0n) throw noSuchMarker()
    },
    compare: async (id, ask) => {
      const row = await database
        .selectFrom('markers')
        .select(['id', 'at', 'text', 'is_cut'])
        .where('id', '=', numberOf(id))
        .executeTakeFirst()
      if (row === undefined) throw noSuchMarker()
      return await compareAround(database, row, ask, now())
    },
  }
}

async function compareAround(
  database: Kysely<Schema>,
  row: { id: number; at: Date; text: string; is_cut: boolean },
  ask: ComparisonAsk,
  nowMs: number,
): Promise<Comparison> {
  const atMs = row.at.getTime()
  const from = new Date(atMs - ask.windowMs)
  const to = new Date(Math.min(nowMs, atMs + ask.windowMs))
  const slices = await slicesBetween(database, from, to, ask)
  // What was measured in the marker's own minute, and was not cut by it, is of both sides.
  const beforeEndMs = row.is_cut ? atMs : Math.floor(atMs / minuteMs) * minuteMs
  const before = byMinute(slices.filter(({ startsAtMs }) => startsAtMs < beforeEndMs))
  const after = byMinute(slices.filter(({ startsAtMs }) => startsAtMs >= atMs))
  return {
    marker: markerOf(row),
    class: ask.class ?? null,
    stage: ask.stage,
    before: { from: from.toISOString(), to: row.at.toISOString(), ...figuresOf(merged(before)) },
    after: { from: row.at.toISOString(), to: to.toISOString(), ...figuresOf(merged(after)) },
    differences: compare({ before, after }),
  }
}

interface StoredSlice {
  startsAtMs: number
  bytes: Uint8Array
}

async function slicesBetween(
  database: Kysely<Schema>,
  from: Date,
  to: Date,
  ask: ComparisonAsk,
): Promise<StoredSlice[]> {
  let query = database
    .selectFrom('latency_minutes')
    .select(['starts_at', 'histogram'])
    .where('starts_at', '>=', from)
    .where('starts_at', '<', to)
    .where('stage', '=', ask.stage)
  if (ask.class !== undefined) query = query.where('class', '=', ask.class)
  if (ask.route !== undefined) query = query.where('route', '=', ask.route)
  else if (ask.stage === 'total') query = query.where('route', 'not like', `${jobRoutePrefix}%`)
  const rows = await query.execute()
  return rows.map((row) => ({ startsAtMs: row.starts_at.getTime(), bytes: row.histogram }))
}

/** What each minute brought, over all processes and labels. */
function byMinute(slices: readonly StoredSlice[]): Histogram[] {
  const minutes = new Map<number, Histogram>()
  for (const { startsAtMs, bytes } of slices) {
    const minute = Math.floor(startsAtMs / minuteMs)
    let histogram = minutes.get(minute)
    if (histogram === undefined) minutes.set(minute, (histogram = new Histogram()))
    mergeBytes(histogram, bytes)
  }
  return [...minutes.values()]
}

function markerOf(row: { id: number; at: Date; text: string }): Marker {
  return { id: String(row.id), at: row.at.toISOString(), text: row.text }
}

/** @throws DarkroomError not_found for what cannot be an id */
function numberOf(id: string): number {
  if (/^[1-9]\d{0,8}$/u.test(id)) return Number(id)
  throw noSuchMarker()
}

function noSuchMarker(): DarkroomError {
  return new DarkroomError('not_found', 'There is no such marker; GET /v1/markers lists them.')
}

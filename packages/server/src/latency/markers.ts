import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { ComparisonAsk, ComparisonFigures } from './marker-comparison.ts'
import { compareAround } from './marker-comparison.ts'

/** A moment that latency is compared around: a deploy, a switch that was thrown. */
export interface Marker {
  id: string
  at: string
  text: string
}

/** Latency before and after a marker. */
export interface Comparison extends ComparisonFigures {
  marker: Marker
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
      const around = { atMs: row.at.getTime(), isCut: row.is_cut }
      return { marker: markerOf(row), ...(await compareAround(database, around, ask, now())) }
    },
  }
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

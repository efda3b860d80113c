import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { jobRoutePrefix } from './labels.ts'
import type { LatencyAsk } from './latency-query.ts'
import { lastSliceMs } from './roll-up.ts'

/** What one process, or all of them in an hour, measured under one set of labels. */
export interface LatencyRow {
  startsAtMs: number
  /** Of what the report is grouped by. */
  name: string
  /** `histogram-bytes.ts` */
  bytes: Uint8Array
}

type LatencyTable = 'latency_minutes' | 'latency_hours'

/** Some of the time that is asked for, and the table that it is read from. */
interface Piece {
  table: LatencyTable
  fromMs: number
  toMs: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Over more than this a point is whole hours. A day's minutes of many scopes are a million rows, its hours some thousand. */
const longestByMinutesMs = 6 * hourMs

/** Sums that are read at once, as minutes of one hour are: other requests get their turn between two. */
const sumsAtOnceMs = dayMs

/** How long one point of a series is: whole minutes, and whole hours in a long window. */
export function bucketOf({ fromMs, toMs, points }: Pick<LatencyAsk, 'fromMs' | 'toMs' | 'points'>): number {
  const windowMs = toMs - fromMs
  const unitMs = windowMs > longestByMinutesMs ? hourMs : minuteMs
  return Math.max(1, Math.ceil(windowMs / points / unitMs)) * unitMs
}

/** What a report is made of, each duration in one row alone. */
export async function* readLatencyRows(
  database: Kysely<Schema>,
  ask: LatencyAsk,
  bucketMs: number,
): AsyncGenerator<LatencyRow> {
  const summed = bucketMs % hourMs === 0 ? await summedHours(database, ask) : new Set<number>()
  for (const piece of piecesOf(ask, summed, Date.now())) yield* await rowsOf(database, piece, ask)
}

/** Hours of the window whose sums have all that was measured in them. */
async function summedHours(database: Kysely<Schema>, ask: LatencyAsk): Promise<Set<number>> {
  const rows = await database
    .selectFrom('summed_hours')
    .select(['starts_at', 'summed_at'])
    .where('starts_at', '>=', new Date(ask.fromMs))
    .where('starts_at', '<=', new Date(ask.toMs - hourMs))
    .execute()
  return new Set(
    rows
      .filter((row) => row.summed_at.getTime() >= row.starts_at.getTime() + hourMs + lastSliceMs)
      .map((row) => row.starts_at.getTime()),
  )
}

/**
 * Sums for the hours that have them, minutes for the rims of the window, for the present and for hours that are not
 * summed for good. What is older than the minutes are kept is hours alone, the first one whole.
 */
function piecesOf(
  { fromMs, toMs }: Pick<LatencyAsk, 'fromMs' | 'toMs'>,
  summed: ReadonlySet<number>,
  nowMs: number,
): Piece[] {
  // Minutes are kept for 25 hours; a window of a day began a moment before now.
  const minutesFromMs = nowMs - dayMs - minuteMs
  const pieces: Piece[] = []
  for (let atMs = Math.floor(fromMs / hourMs) * hourMs; atMs < toMs; atMs += hourMs) {
    const endMs = atMs + hourMs
    const last = pieces.at(-1)
    if (!summed.has(atMs) && Math.max(atMs, fromMs) >= minutesFromMs) {
      pieces.push({
        table: 'latency_minutes',
        fromMs: Math.max(atMs, fromMs),
        toMs: Math.min(endMs, toMs),
      })
    } else if (last?.table === 'latency_hours' && last.toMs - last.fromMs < sumsAtOnceMs) {
      last.toMs = endMs
    } else {
      pieces.push({ table: 'latency_hours', fromMs: atMs, toMs: endMs })
    }
  }
  return pieces
}

async function rowsOf(
  database: Kysely<Schema>,
  { table, fromMs, toMs }: Piece,
  ask: LatencyAsk,
): Promise<LatencyRow[]> {
  let query = database
    .selectFrom(table)
    .select(['starts_at', 'histogram', `${ask.by} as name`])
    .where('starts_at', '>=', new Date(fromMs))
    .where('starts_at', '<', new Date(toMs))
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

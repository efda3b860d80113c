import type { RawBuilder, SelectQueryBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from './schema.ts'

/** The last row of a page: the next page begins after it, whatever has arrived meanwhile. */
export interface PageCursor {
  /** ISO 8601 with microseconds. */
  createdAt: string
  id: string
}

/** `created_at` with its microseconds: a Date would round two rows into one. */
const createdAtOfRow = sql<string>`
  to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('created_at_us')

export interface Page<Row> {
  rows: Row[]
  /** `null`: there are no more. */
  nextCursor: string | null
}

/**
 * One page of a table's rows by `created_at` and `id`, both descending, so that rows which arrive meanwhile shift none.
 * @param query what is to be found, neither ordered nor limited
 * @param after `undefined`: from the newest on
 */
export async function readPage<Table extends keyof Schema, Row extends { id: string }>(
  query: SelectQueryBuilder<Schema, Table, Row>,
  { limit, after }: { limit: number; after: PageCursor | undefined },
): Promise<Page<Row>> {
  const isAfter = ({ createdAt, id }: PageCursor): RawBuilder<boolean> =>
    sql<boolean>`(created_at, id) < (${createdAt}::timestamptz, ${id})`
  const found = await (after === undefined ? query : query.where(isAfter(after)))
    .select(createdAtOfRow)
    .orderBy(sql`created_at`, 'desc')
    .orderBy(sql`id`, 'desc')
    // One more than the page holds says whether there is another page.
    .limit(limit + 1)
    .execute()
  const rows = found.slice(0, limit) as (Row & { created_at_us: string })[]
  const last = found.length > limit ? rows.at(-1) : undefined
  const nextCursor =
    last === undefined ? null : Buffer.from(`${last.created_at_us} ${last.id}`).toString('base64url')
  return { rows, nextCursor }
}

const cursorPattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([a-z]{2,4}_)[A-Za-z0-9_-]{22}$/u

/**
 * The row that a cursor names; `undefined` when the text is no cursor of ours.
 * @param prefix of the ids of that list, such as `req_`
 */
export function decodeCursor(text: string, prefix: string): PageCursor | undefined {
  const decoded = Buffer.from(text, 'base64url').toString()
  const [, createdAt, found] = cursorPattern.exec(decoded) ?? []
  if (createdAt === undefined || found !== prefix || Number.isNaN(Date.parse(createdAt))) return undefined
  return { createdAt, id: decoded.slice(createdAt.length + 1) }
}

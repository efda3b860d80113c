import type { AliasedRawBuilder, RawBuilder } from 'kysely'
import { sql } from 'kysely'

/** The last row of a page: the next page begins after it, whatever has arrived meanwhile. */
export interface PageCursor {
  /** ISO 8601 with microseconds. */
  createdAt: string
  id: string
}

/** `created_at` with its microseconds, to be selected with each row: a Date would round two rows into one. */
export const createdAtOfRow: AliasedRawBuilder<string, 'created_at_us'> = sql<string>`
  to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('created_at_us')

/** The condition of rows that come after the cursor, ordered by `created_at` and `id`, both descending. */
export function isAfterCursor({ createdAt, id }: PageCursor): RawBuilder<boolean> {
  return sql<boolean>`(created_at, id) < (${createdAt}::timestamptz, ${id})`
}

/** One page of the rows found, of which one more was asked for than the page holds, and the cursor of the next. */
export function pageOf<Row extends { id: string; created_at_us: string }>(
  found: readonly Row[],
  limit: number,
): { rows: Row[]; nextCursor: string | null } {
  const rows = found.slice(0, limit)
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

import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** Tells all processes that a CDN is to be called. */
export const cdnChannel = 'darkroom_cdn'

/** What CDNs are to drop: tags, as their answers carry them, or all they have. */
export interface CdnOrder {
  tags: readonly string[]
  everything: boolean
  soft: boolean
}

/** One row of what is to be sent. */
export interface CdnRow {
  cdn: string
  kind: 'tag' | 'everything'
  name: string
  soft: boolean
  orders: number
  round: number
  alone: boolean
  orderedAt: Date
  dueAt: Date
}

/**
 * Writes down that these CDNs are to be told: when the promise resolves the order survives whatever dies. Equal orders
 * that are not being sent yet become one.
 * @returns names written for each CDN; none for an order that no copy can bear
 */
export async function orderCdnPurge(
  database: Kysely<Schema>,
  cdns: readonly string[],
  { tags, everything, soft }: CdnOrder,
  at: Date,
): Promise<number> {
  const names = everything
    ? [{ kind: 'everything' as const, name: '' }]
    : [...new Set(tags)].map((name) => ({ kind: 'tag' as const, name }))
  if (cdns.length === 0 || names.length === 0) return 0
  const rows = cdns.flatMap((cdn) =>
    names.map((each): CdnRow => ({
      ...each,
      cdn,
      soft,
      orders: 1,
      round: 1,
      alone: false,
      orderedAt: at,
      dueAt: at,
    })),
  )
  await database.transaction().execute(async (transaction) => {
    await putRows(transaction, rows)
    await sql`select pg_notify(${cdnChannel}, '')`.execute(transaction)
  })
  return names.length
}

/** Adds rows to what waits; equal ones become one, which is due when the earlier of both is. */
export async function putRows(transaction: Transaction<Schema>, rows: readonly CdnRow[]): Promise<void> {
  if (rows.length === 0) return
  const columns = {
    cdn: rows.map(({ cdn }) => cdn),
    kind: rows.map(({ kind }) => kind),
    name: rows.map(({ name }) => name),
    soft: rows.map(({ soft }) => soft),
    orders: rows.map(({ orders }) => orders),
    round: rows.map(({ round }) => round),
    alone: rows.map(({ alone }) => alone),
    orderedAt: rows.map(({ orderedAt }) => orderedAt),
    dueAt: rows.map(({ dueAt }) => dueAt),
  }
  // In one order for all: two transactions that put the same rows would else wait for each other.
  await sql`
    insert into cdn_purges as waiting (cdn, kind, name, soft, orders, round, alone, ordered_at, due_at)
    select cdn, kind, name, soft, orders, round, alone, ordered_at, due_at
    from unnest(
      ${columns.cdn}::text[], ${columns.kind}::text[], ${columns.name}::text[], ${columns.soft}::boolean[],
      ${columns.orders}::integer[], ${columns.round}::integer[], ${columns.alone}::boolean[],
      ${columns.orderedAt}::timestamptz[], ${columns.dueAt}::timestamptz[]
    ) as given (cdn, kind, name, soft, orders, round, alone, ordered_at, due_at)
    order by cdn collate "C", kind, name collate "C", soft
    on conflict (cdn, kind, name, soft) where status = 'pending' and lease is null
    do update set
      orders = waiting.orders + excluded.orders,
      round = least(waiting.round, excluded.round),
      alone = waiting.alone or excluded.alone,
      ordered_at = least(waiting.ordered_at, excluded.ordered_at),
      due_at = least(waiting.due_at, excluded.due_at)
  `.execute(transaction)
}

import type { Kysely, RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

/** Deleted at once at most, so that no transaction holds many rows for long. */
const sliceSize = 2000

/** Readers of a stream that broke off come back within minutes; what is older is history, which records tell. */
const eventDays = 7

/**
 * Deletes rows of tables that would only grow, whatever pictures are kept: events of records that settled a week ago
 * but the last one, which a stream ends with; idempotency keys of more than a day; processes that are gone; rates of
 * keys that nobody has used. The record of administrative acts stays for ever.
 * @returns how many rows
 */
export async function pruneRows(
  context: { database: Kysely<Schema>; isDead(workerId: number): Promise<boolean>; now: () => number },
  signal: AbortSignal,
): Promise<number> {
  const { database } = context
  const now = new Date(context.now())
  let count = 0
  for (const statement of [
    oldEvents('generation_events', 'generation_id', 'generations', now),
    oldEvents('carousel_events', 'carousel_id', 'carousels', now),
    oldIdempotencyKeys(now),
    oldRates(now),
  ]) {
    for (;;) {
      signal.throwIfAborted()
      const { numAffectedRows = 0n } = await statement.execute(database)
      count += Number(numAffectedRows)
      if (numAffectedRows < sliceSize) break
    }
  }
  return count + (await pruneWorkers(context, now, signal))
}

function oldEvents(events: string, owner: string, records: string, now: Date): RawBuilder<unknown> {
  const id = sql.ref(`event.${owner}`)
  return sql`
    delete from ${sql.table(events)} where (${sql.ref(owner)}, seq) in (
      select ${id}, event.seq from ${sql.table(events)} as event
      join ${sql.table(records)} as record on record.id = ${id}
      where event.created_at < ${now}::timestamptz - ${eventDays} * interval '1 day'
        and record.settled_at < ${now}::timestamptz - ${eventDays} * interval '1 day'
        and record.status in ('stored', 'failed', 'cancelled') and event.seq < record.event_seq
      limit ${sliceSize}
    )
  `
}

function oldIdempotencyKeys(now: Date): RawBuilder<unknown> {
  return sql`
    delete from idempotency_keys where (owner, key) in (
      select owner, key from idempotency_keys
      where created_at < ${now}::timestamptz - interval '25 hours' limit ${sliceSize}
    )
  `
}

/** `expire` is in milliseconds, as rate-limiter-flexible writes it. */
function oldRates(now: Date): RawBuilder<unknown> {
  return sql`
    delete from rate_limits where key in (
      select key from rate_limits where expire < ${now.getTime() - 3_600_000} limit ${sliceSize}
    )
  `
}

/** Rows of processes that began more than a day ago, hold nothing and live no more. */
async function pruneWorkers(
  { database, isDead }: { database: Kysely<Schema>; isDead(workerId: number): Promise<boolean> },
  now: Date,
  signal: AbortSignal,
): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select id from workers where started_at < ${now}::timestamptz - interval '1 day'
      and not exists (select from generations where worker_id = workers.id and status = 'running')
      and not exists (select from carousels where worker_id = workers.id and status = 'running')
      and not exists (select from webhooks where worker_id = workers.id and lease is not null)
    order by id limit ${sliceSize}
  `.execute(database)
  let count = 0
  for (const { id } of rows) {
    signal.throwIfAborted()
    if (!(await isDead(id))) continue
    await database.deleteFrom('workers').where('id', '=', id).execute()
    count += 1
  }
  return count
}

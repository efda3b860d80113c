import type { Kysely, RawBuilder, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { JobQueue } from '../queue/job-queue.ts'

/** What can happen to a generation, as SSE event names. */
export type GenerationEventType =
  | 'queued'
  | 'loading'
  | 'started'
  | 'progress'
  | 'preview'
  | 'stored'
  | 'failed'
  | 'cancelled'

export interface GenerationEvent {
  generationId: string
  /** Rises from 1 for each generation. */
  seq: number
  type: GenerationEventType
  data: Record<string, unknown>
  at: Date
}

/**
 * Writes an event under the number that the caller took from `event_seq` in the same transaction, and announces
 * it: whoever hears of it after the commit finds it. One round trip for both.
 */
export async function appendEvent(
  transaction: Transaction<Schema>,
  queue: JobQueue,
  event: { generationId: string; seq: number; type: GenerationEventType; data: Record<string, unknown> },
): Promise<void> {
  await sql`
    with event as (
      insert into generation_events (generation_id, seq, type, data)
      values (${event.generationId}, ${event.seq}, ${event.type}, ${JSON.stringify(event.data)})
    )
    select ${queue.announcement({ recordId: event.generationId, seq: event.seq, type: event.type })}
  `.execute(transaction)
}

/**
 * The event of a record that the same statement has just written, under the number that it has now, and its announcement:
 * for a `with` clause after that of the record. What it returns need not be read.
 */
export function eventOfWritten(
  queue: JobQueue,
  record: string,
  type: GenerationEventType,
  data: Record<string, unknown>,
): RawBuilder<Record<string, unknown>> {
  const told = queue.announcement({ recordId: sql.ref('generation_id'), seq: sql.ref('seq'), type })
  return sql<Record<string, unknown>>`(
    insert into generation_events (generation_id, seq, type, data)
    select id, event_seq, ${type}, ${JSON.stringify(data)}::jsonb from ${sql.table(record)}
    returning ${told}
  )`
}

/**
 * Takes the next number, writes the event and announces it, in one statement, if the lease still holds.
 * @returns whether it does
 */
export async function appendLeasedEvent(
  database: Kysely<Schema>,
  queue: JobQueue,
  event: {
    generationId: string
    lease: string
    type: GenerationEventType
    data: Record<string, unknown>
  },
): Promise<boolean> {
  const { generationId, type } = event
  const { rows } = await sql`
    with held as (
      update generations set event_seq = event_seq + 1
      where id = ${generationId} and lease = ${event.lease} and status = 'running'
      returning id, event_seq
    ), event as (
      insert into generation_events (generation_id, seq, type, data)
      select id, event_seq, ${type}, ${JSON.stringify(event.data)}::jsonb from held
      returning seq
    )
    select ${queue.announcement({ recordId: generationId, seq: sql.ref('event.seq'), type })} from event
  `.execute(database)
  return rows.length > 0
}

/**
 * Tells those who wait for a model that a worker is loading it; each generation once.
 * @param route `backend:model`
 */
export async function appendLoading(database: Kysely<Schema>, queue: JobQueue, route: string): Promise<void> {
  const announcement = queue.announcement({
    recordId: sql.ref('event.generation_id'),
    seq: sql.ref('event.seq'),
    type: 'loading',
  })
  await sql`
    with waiting as (
      select id from generations
      where status = 'queued' and backend || ':' || model = ${route} and not exists (
        select from generation_events
        where generation_events.generation_id = generations.id and generation_events.type = 'loading'
      )
      order by priority, turn limit 200
      for update skip locked
    ), told as (
      update generations set event_seq = event_seq + 1 from waiting
      where generations.id = waiting.id
      returning generations.id, event_seq
    ), event as (
      insert into generation_events (generation_id, seq, type, data)
      select id, event_seq, 'loading', '{}' from told
      returning generation_id, seq
    )
    select ${announcement} from event
  `.execute(database)
}

/** Events after a number, in order. */
export async function readEvents(
  database: Kysely<Schema>,
  generationId: string,
  afterSeq: number,
): Promise<GenerationEvent[]> {
  const rows = await database
    .selectFrom('generation_events')
    .selectAll()
    .where('generation_id', '=', generationId)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .execute()
  return rows.map((row) => ({
    generationId: row.generation_id,
    seq: row.seq,
    type: row.type as GenerationEventType,
    data: row.data,
    at: row.created_at,
  }))
}

/**
 * Deletes previews that nobody looks at any more. Each may have 64 KiB, so they would soon be most of the database;
 * ten minutes let the readers of a stream catch up after the picture is there.
 * @returns how many were deleted
 */
export async function deleteOldPreviews(database: Kysely<Schema>): Promise<number> {
  const { numDeletedRows } = await database
    .deleteFrom('generation_events')
    .where('type', '=', 'preview')
    .where('created_at', '<', sql<Date>`now() - interval '10 minutes'`)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

import type { Kysely, Transaction } from 'kysely'
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
  /** From 1, without gaps, for each generation. */
  seq: number
  type: GenerationEventType
  data: Record<string, unknown>
  at: Date
}

/**
 * Writes an event under the number that the caller took from `event_seq` in the same transaction, and announces
 * it: whoever hears of it after the commit finds it.
 */
export async function appendEvent(
  transaction: Transaction<Schema>,
  queue: JobQueue,
  event: { generationId: string; seq: number; type: GenerationEventType; data: Record<string, unknown> },
): Promise<void> {
  await transaction
    .insertInto('generation_events')
    .values({
      generation_id: event.generationId,
      seq: event.seq,
      type: event.type,
      data: JSON.stringify(event.data),
    })
    .execute()
  await queue.announce(event, { transaction })
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

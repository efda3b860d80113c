import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { CarouselRow, Locked } from './carousel-row.ts'

/**
 * What can happen to a carousel, as SSE event names. `base`: its bytes are here. `slide`: one of them is stored or
 * has failed, as `status` says. `edited`: a slide was changed or is tried again.
 */
export type CarouselEventType = 'queued' | 'base' | 'slide' | 'edited' | 'stored' | 'failed' | 'cancelled'

export interface CarouselEvent {
  /** Rises from 1 for each carousel. */
  seq: number
  type: CarouselEventType
  data: Record<string, unknown>
  at: Date
}

/** Columns that a step may set besides the event's number. */
export type CarouselValues = Partial<{
  [
    Column in Exclude<keyof CarouselRow, 'id' | 'event_seq' | 'base' | 'design' | 'work' | 'edit' | 'tags'>
  ]: CarouselRow[Column]
}> & { work?: string; edit?: string | null }

export interface CarouselStep {
  carouselId: string
  type: CarouselEventType
  data: Record<string, unknown>
  values?: CarouselValues
  /** The step is done only if the record still has this lease. */
  lease?: string
}

/**
 * Changes a record, numbers the event with it and announces it at the commit.
 * @returns the record as it is now; `undefined` when the lease is lost, and then nothing is changed
 */
export async function tell(
  transaction: Locked,
  queue: JobQueue,
  { carouselId, type, data, values = {}, lease }: CarouselStep,
): Promise<CarouselRow | undefined> {
  let update = transaction
    .updateTable('carousels')
    .set((eb) => ({ ...values, event_seq: eb('event_seq', '+', 1) }))
    .where('id', '=', carouselId)
  if (lease !== undefined) update = update.where('lease', '=', lease).where('status', '=', 'running')
  const row = await update.returningAll().executeTakeFirst()
  if (row === undefined) return undefined
  await appendCarouselEvent(transaction, queue, { carouselId, seq: row.event_seq, type, data })
  return row
}

/** Writes an event under a number that the caller took in the same transaction. One round trip. */
export async function appendCarouselEvent(
  transaction: Locked,
  queue: JobQueue,
  event: { carouselId: string; seq: number; type: CarouselEventType; data: Record<string, unknown> },
): Promise<void> {
  const { carouselId, seq, type, data } = event
  await sql`
    with event as (
      insert into carousel_events (carousel_id, seq, type, data)
      values (${carouselId}, ${seq}, ${type}, ${JSON.stringify(data)})
    )
    select ${queue.announcement({ recordId: carouselId, seq, type })}
  `.execute(transaction)
}

/** Events after a number, in order. */
export async function readCarouselEvents(
  database: Kysely<Schema>,
  carouselId: string,
  afterSeq: number,
): Promise<CarouselEvent[]> {
  const rows = await database
    .selectFrom('carousel_events')
    .selectAll()
    .where('carousel_id', '=', carouselId)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .execute()
  return rows.map((row) => ({
    seq: row.seq,
    type: row.type as CarouselEventType,
    data: row.data,
    at: row.created_at,
  }))
}

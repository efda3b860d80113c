import type { Transaction } from 'kysely'
import { randomUUID } from 'node:crypto'
import { placeOf as placeOfCarousel } from '../carousels/carousel-row.ts'
import { appendCarouselEvent } from '../carousels/carousel-events.ts'
import type { Schema } from '../database/schema.ts'
import { appendEvent } from '../generation/events.ts'
import { placeOf } from '../generation/generation-row.ts'
import type { JobQueues } from '../queue/job-queue.ts'

/**
 * Gives imported records that had not ended jobs of their own: jobs are not exported. What ran when the export was made
 * begins again, and counts as a rerun. Messages that were being sent are sent again, under the same id.
 * @returns how many generations and carousels were queued
 */
export async function requeueImported(transaction: Transaction<Schema>, queues: JobQueues): Promise<number> {
  await transaction
    .updateTable('webhooks')
    .set({ lease: null, worker_id: null })
    .where('lease', 'is not', null)
    .execute()
  const generations = await transaction
    .selectFrom('generations')
    .selectAll()
    .where('status', 'in', ['queued', 'running'])
    .orderBy('id')
    .execute()
  for (const row of generations) {
    const jobId = randomUUID()
    const reruns = row.reruns + (row.status === 'running' ? 1 : 0)
    const seq = row.event_seq + 1
    await transaction
      .updateTable('generations')
      .set({ status: 'queued', job_id: jobId, lease: null, worker_id: null, reruns, event_seq: seq })
      .where('id', '=', row.id)
      .execute()
    await queues.generations.enqueue({ jobId, recordId: row.id }, { transaction, ...placeOf(row) })
    await appendEvent(transaction, queues.generations, {
      generationId: row.id,
      seq,
      type: 'queued',
      data: row.status === 'running' ? { rerun: reruns } : {},
    })
  }
  return generations.length + (await requeueCarousels(transaction, queues))
}

/** One that waits for others has no job: it gets one when they have ended. */
async function requeueCarousels(transaction: Transaction<Schema>, queues: JobQueues): Promise<number> {
  const carousels = await transaction
    .selectFrom('carousels')
    .selectAll()
    .where('status', 'in', ['queued', 'running'])
    .where('waits_for', 'is', null)
    .orderBy('id')
    .execute()
  for (const row of carousels) {
    const jobId = randomUUID()
    const reruns = row.reruns + (row.status === 'running' ? 1 : 0)
    const seq = row.event_seq + 1
    await transaction
      .updateTable('carousels')
      .set({ status: 'queued', job_id: jobId, lease: null, worker_id: null, reruns, event_seq: seq })
      .where('id', '=', row.id)
      .execute()
    await queues.carousels.enqueue({ jobId, recordId: row.id }, { transaction, ...placeOfCarousel(row) })
    await appendCarouselEvent(transaction, queues.carousels, {
      carouselId: row.id,
      seq,
      type: 'queued',
      data: {},
    })
  }
  return carousels.length
}

import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import { appendEvent } from './events.ts'
import { readRequest } from './requests.ts'
import { tellOfRequests } from './tell-webhooks.ts'

/**
 * Withdraws a request. A generation that another request still wants runs on; the others are cancelled: a queued
 * one at once, a running one as soon as its worker hears of it.
 * @throws DarkroomError not_found, already_settled
 */
export async function cancelRequest(
  context: { database: Kysely<Schema>; queue: JobQueue; now: () => number },
  project: string,
  id: string,
): Promise<void> {
  await context.database.transaction().execute(async (transaction) => {
    await readRequest(transaction, project, id)
    const open = await transaction
      .selectFrom('generations')
      .innerJoin('request_images', 'request_images.generation_id', 'generations.id')
      .selectAll('generations')
      .where('request_images.request_id', '=', id)
      .where('generations.status', 'in', ['queued', 'running'])
      // The order in which `arm` takes them: in another, the two would wait for each other.
      .orderBy(sql`generations.key collate "C"`)
      .forUpdate('generations')
      .execute()
    if (open.length === 0) {
      throw new DarkroomError(
        'already_settled',
        'The generation has already ended; there is nothing to cancel.',
      )
    }
    await transaction
      .updateTable('requests')
      .set({ cancelled_at: new Date(context.now()) })
      .where('id', '=', id)
      .execute()
    for (const row of open) {
      const wanted = await transaction
        .selectFrom('request_images')
        .innerJoin('requests', 'requests.id', 'request_images.request_id')
        .select(sql<number>`1`.as('one'))
        .where('request_images.generation_id', '=', row.id)
        .where('requests.id', '<>', id)
        .where('requests.cancelled_at', 'is', null)
        .limit(1)
        .executeTakeFirst()
      if (wanted !== undefined) continue
      await transaction
        .updateTable('generations')
        .set({
          status: 'cancelled',
          settled_at: new Date(context.now()),
          lease: null,
          event_seq: row.event_seq + 1,
        })
        .where('id', '=', row.id)
        .execute()
      if (row.job_id !== null && row.status === 'queued')
        await context.queue.cancel(row.job_id, { transaction })
      await appendEvent(transaction, context.queue, {
        generationId: row.id,
        seq: row.event_seq + 1,
        type: 'cancelled',
        data: {},
      })
    }
    // The others that wanted what is cancelled here had been withdrawn before, and were told then.
    await tellOfRequests(transaction, [id], new Date(context.now()))
  })
}

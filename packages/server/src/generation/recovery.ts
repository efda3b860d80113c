import type { Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { Schema } from '../database/schema.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import { appendEvent } from './events.ts'

/** A record that has taken this many workers down with it is the cause, not the victim. */
const maxReruns = 3

/** Workers that hold a running record: the sweeper asks of each whether it still lives. */
export async function workersWithLeases(database: Kysely<Schema>): Promise<number[]> {
  const rows = await database
    .selectFrom('generations')
    .select('worker_id')
    .distinct()
    .where('status', '=', 'running')
    .where('worker_id', 'is not', null)
    .execute()
  return rows.flatMap((row) => (row.worker_id === null ? [] : [row.worker_id]))
}

/**
 * Gives the records of a dead worker back to the queue, or fails those that keep killing workers.
 * Two sweepers may find the same death: the update of each row lets one of them act.
 * @returns how many records were handed back or failed
 */
export async function recoverFromWorker(
  context: { database: Kysely<Schema>; queue: JobQueue; now: () => number },
  workerId: number,
): Promise<number> {
  return await context.database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('generations')
      .selectAll()
      .where('status', '=', 'running')
      .where('worker_id', '=', workerId)
      .orderBy('id')
      .forUpdate()
      .skipLocked()
      .execute()
    for (const row of rows) {
      const dead = row.reruns + 1 > maxReruns
      const jobId = randomUUID()
      const message = `Each of the ${maxReruns + 1} workers that ran this generation died.`
      const updated = await transaction
        .updateTable('generations')
        .set((eb) => ({
          lease: null,
          worker_id: null,
          reruns: eb('reruns', '+', 1),
          event_seq: eb('event_seq', '+', 1),
          ...(dead
            ? {
                status: 'failed' as const,
                error_code: 'worker_lost',
                error_message: message,
                settled_at: new Date(context.now()),
              }
            : { status: 'queued' as const, job_id: jobId }),
        }))
        .where('id', '=', row.id)
        .returningAll()
        .executeTakeFirstOrThrow()
      if (row.job_id !== null) await context.queue.cancel(row.job_id, { transaction })
      if (!dead) {
        await context.queue.enqueue({ jobId, generationId: row.id }, { transaction, priority: row.priority })
      }
      await appendEvent(transaction, context.queue, {
        generationId: row.id,
        seq: updated.event_seq,
        type: dead ? 'failed' : 'queued',
        data: dead ? { code: 'worker_lost', message } : { rerun: updated.reruns },
      })
    }
    return rows.length
  })
}

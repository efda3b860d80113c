import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { Schema } from '../database/schema.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import { appendEvent } from './events.ts'
import type { GenerationRow } from './generation-row.ts'

/** A record that has taken more workers or jobs than this down with it is the cause, not the victim. */
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

interface RecoveryContext {
  database: Kysely<Schema>
  queue: JobQueue
  now: () => number
}

/**
 * Gives the records of a dead worker back to the queue, or fails those that keep killing workers.
 * Two sweepers may find the same death: the lock on each row lets one of them act.
 * @returns how many records were handed back or failed
 */
export async function recoverFromWorker(context: RecoveryContext, workerId: number): Promise<number> {
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
    for (const row of rows) await handBack(row, transaction, context)
    return rows.length
  })
}

/** At most this many at a time, so that no transaction holds thousands of rows. */
const maxOrphans = 100

/**
 * Gives open records whose job is gone back to the queue: the net below everything else. A job can be gone because
 * it waited longer than the queue keeps jobs, because its handler failed as often as the queue tries, or because
 * somebody deleted it. Without this such a record would stay open, and its waiters wait, for ever.
 * @returns how many records were handed back or failed
 */
export async function recoverOrphans(context: RecoveryContext): Promise<number> {
  return await context.database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('generations')
      .selectAll()
      .where('status', 'in', ['queued', 'running'])
      .where((eb) => eb.not(context.queue.isOpen(sql.ref('generations.job_id'))))
      .orderBy('id')
      .limit(maxOrphans)
      .forUpdate()
      .skipLocked()
      .execute()
    for (const row of rows) await handBack(row, transaction, context)
    return rows.length
  })
}

/** Queues a locked, open record under a new job, or fails it when that has been tried often enough. */
async function handBack(
  row: GenerationRow,
  transaction: Transaction<Schema>,
  context: RecoveryContext,
): Promise<void> {
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
    await context.queue.enqueue({ jobId, recordId: row.id }, { transaction, priority: row.priority })
  }
  await appendEvent(transaction, context.queue, {
    generationId: row.id,
    seq: updated.event_seq,
    type: dead ? 'failed' : 'queued',
    data: dead ? { code: 'worker_lost', message } : { rerun: updated.reruns },
  })
}

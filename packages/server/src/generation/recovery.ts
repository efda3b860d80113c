import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { Schema } from '../database/schema.ts'
import type { JobQueue, Lease } from '../queue/job-queue.ts'
import { appendEvent } from './events.ts'
import type { GenerationRow } from './generation-row.ts'
import { placeOf } from './generation-row.ts'
import { tellWebhooks } from './tell-webhooks.ts'

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
    return await handBackAll(rows, transaction, context)
  })
}

/**
 * Gives records back to the queue that a living worker holds and does not run: neither the run nor its end could be
 * written, as the database was away for too long.
 * @param isRunning whether the worker runs that record, or is about to take or end it
 * @returns how many records were handed back or failed
 */
export async function recoverOwn(
  context: RecoveryContext,
  workerId: number,
  isRunning: (recordId: string) => boolean,
): Promise<number> {
  const held = await context.database
    .selectFrom('generations')
    .select(['id', 'lease'])
    .where('status', '=', 'running')
    .where('worker_id', '=', workerId)
    .execute()
  // A run is known before its lease is written and until that is gone: who has this lease and no run has lost it.
  const lost = new Map(held.flatMap(({ id, lease }) => (isRunning(id) ? [] : [[id, lease]])))
  if (lost.size === 0) return 0
  return await context.database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('generations')
      .selectAll()
      .where('status', '=', 'running')
      .where('id', '=', sql<string>`any(${[...lost.keys()]})`)
      .orderBy('id')
      .forUpdate()
      .skipLocked()
      .execute()
    const still = rows.filter(({ id, lease }) => lost.get(id) === lease)
    return await handBackAll(still, transaction, context)
  })
}

/** At most this many at a time, so that no transaction holds thousands of rows. */
const maxOrphans = 100

/**
 * Gives queued records whose job is gone back to the queue: the net below everything else. A job can be gone because
 * it waited longer than the queue keeps jobs, because its handler failed as often as the queue tries, or because
 * somebody deleted it. Without this such a record would stay open, and its waiters wait, for ever. A running record
 * needs no job: it is its worker's.
 * @returns how many records were handed back or failed
 */
export async function recoverOrphans(context: RecoveryContext): Promise<number> {
  return await context.database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('generations')
      .selectAll()
      .where('status', '=', 'queued')
      .where((eb) => eb.not(context.queue.isOpen(sql.ref('generations.job_id'))))
      .orderBy('id')
      .limit(maxOrphans)
      .forUpdate()
      .skipLocked()
      .execute()
    return await handBackAll(rows, transaction, context)
  })
}

async function handBackAll(
  rows: readonly GenerationRow[],
  transaction: Transaction<Schema>,
  context: RecoveryContext,
): Promise<number> {
  const failed: string[] = []
  for (const row of rows) {
    const { status } = await handBack(row, transaction, context)
    if (status === 'failed') failed.push(row.id)
  }
  await tellWebhooks(transaction, failed, new Date(context.now()))
  return rows.length
}

/** A job that a worker was handed has its lease within milliseconds; after this its process is taken for dead. */
const unstartedMs = 2000

/** Looked at from the head of the line on: what has been handed out stood there. */
const maxLookedAt = 500

/**
 * Gives records back to the queue whose job a process was handed that died before it took the lease: no worker holds
 * them, so the death of the worker does not bring them up. Should it live after all, it finds that another job has
 * taken the place of its own.
 * @returns how many records were handed back
 */
export async function recoverUnstarted({ database, queue }: RecoveryContext): Promise<number> {
  return await database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('generations')
      .selectAll()
      .where('status', '=', 'queued')
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('generations as head')
          .select('head.id')
          .where('head.status', '=', 'queued')
          .orderBy('head.priority')
          .orderBy('head.turn')
          .limit(maxLookedAt),
      )
      .where(queue.isHeld(sql.ref('generations.job_id'), unstartedMs))
      .orderBy('id')
      .forUpdate()
      .skipLocked()
      .execute()
    for (const row of rows) await queueAnew(row, transaction, queue)
    return rows.length
  })
}

/** Gives a job back to its place in line that a worker was handed and has not begun. */
export async function putBack(
  { database, queue }: Pick<RecoveryContext, 'database' | 'queue'>,
  job: Lease,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('generations')
      .selectAll()
      .where('id', '=', job.recordId)
      .where('job_id', '=', job.jobId)
      .where('status', '=', 'queued')
      .forUpdate()
      .executeTakeFirst()
    if (row === undefined) return
    const jobId = randomUUID()
    await transaction.updateTable('generations').set({ job_id: jobId }).where('id', '=', row.id).execute()
    await queue.enqueue({ jobId, recordId: row.id }, { transaction, ...placeOf(row) })
  })
}

/** Nothing of it ran, so it is no rerun. */
async function queueAnew(
  row: GenerationRow,
  transaction: Transaction<Schema>,
  queue: JobQueue,
): Promise<void> {
  const jobId = randomUUID()
  await transaction.updateTable('generations').set({ job_id: jobId }).where('id', '=', row.id).execute()
  if (row.job_id !== null) await queue.cancel(row.job_id, { transaction })
  await queue.enqueue({ jobId, recordId: row.id }, { transaction, ...placeOf(row), rerun: true })
}

/** Queues a locked, open record under a new job, or fails it when that has been tried often enough. */
async function handBack(
  row: GenerationRow,
  transaction: Transaction<Schema>,
  context: RecoveryContext,
): Promise<GenerationRow> {
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
    await context.queue.enqueue({ jobId, recordId: row.id }, { transaction, ...placeOf(row), rerun: true })
  }
  await appendEvent(transaction, context.queue, {
    generationId: row.id,
    seq: updated.event_seq,
    type: dead ? 'failed' : 'queued',
    data: dead
      ? { code: 'worker_lost', message }
      : { rerun: updated.reruns, ...(row.worker_id === null ? {} : { lostWorker: row.worker_id }) },
  })
  return updated
}

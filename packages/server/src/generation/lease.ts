import type { Kysely, Transaction } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { Schema, StoredTimings } from '../database/schema.ts'
import type { ErrorCode } from '../errors.ts'
import type { JobQueue, Lease } from '../queue/job-queue.ts'
import type { GenerationEventType } from './events.ts'
import { whenDatabaseIsBack } from '../database/database-retry.ts'
import { appendLeasedEvent, eventOfWritten } from './events.ts'
import { generationColumns } from './generation-columns.ts'
import type { GenerationRow } from './generation-row.ts'
import { placeOf } from './generation-row.ts'
import { imageOfWritten, keepObject } from './image-rows.ts'
import { tellWebhooks } from './tell-webhooks.ts'

/**
 * What a worker does to the record it leased. Every step is fenced: without the lease it changes nothing. The
 * steps that end a run wait for a database that restarts.
 */
export interface LeasedGeneration {
  readonly row: GenerationRow
  /** Writes an event while the work runs. @returns false when the lease is lost: stop working */
  tell(type: GenerationEventType, data: Record<string, unknown>): Promise<boolean>
  /** Settles with a picture: object first, then the record that names it. @returns false when the lease is lost */
  store(result: StoreResult): Promise<boolean>
  fail(failure: Failure): Promise<boolean>
  /** Hands the record back to the queue, to be run again. */
  requeue(reason: Requeue): Promise<boolean>
}

export interface StoreResult {
  objectHash: string
  format: string
  bytes: number
  warnings: readonly string[]
  timings: StoredTimings
  costUsd: number | undefined
  gpuSeconds?: number | undefined
  /** Puts the bytes, and says what the run took with it; called under the lock that keeps a takedown of the same
   * bytes away. */
  putObject: () => Promise<StoredTimings | void>
}

export interface Failure {
  code: ErrorCode
  message: string
  /** When a new attempt may help; `undefined`: a new request tries again at once. */
  retryAfterS: number | undefined
}

export type Requeue =
  | { kind: 'retry'; code: ErrorCode; message: string; delayS: number }
  /** The worker stops before the work is done. */
  | { kind: 'drain' }

export interface LeaseContext {
  database: Kysely<Schema>
  queue: JobQueue
  workerId: number
  /** Ends the waiting for a database that is away. */
  signal?: AbortSignal | undefined
  now: () => number
}

/**
 * Takes the record of a job for this worker. `undefined` when there is nothing to do: it is settled (the job ran
 * before a crash and only its ack was lost), another job has replaced this one, or it is running. The queue gives a job
 * again when it has heard nothing of it for long; a running record is its worker's all the same, until recovery takes it
 * from that one.
 */
export async function leaseGeneration(
  job: Lease,
  context: LeaseContext,
): Promise<LeasedGeneration | undefined> {
  const lease = randomUUID()
  const row = await whenDatabaseIsBack(
    () =>
      context.database
        .updateTable('generations')
        .set({ status: 'running', lease, worker_id: context.workerId, started_at: new Date(context.now()) })
        .where('id', '=', job.recordId)
        .where('job_id', '=', job.jobId)
        // Or taken by an earlier round of this, whose answer was lost with its connection.
        .where((eb) => eb.or([eb('status', '=', 'queued'), eb('lease', '=', lease)]))
        .returning(generationColumns)
        .executeTakeFirst(),
    context.signal,
  )
  return row === undefined ? undefined : leasedGeneration(row, lease, context)
}

function leasedGeneration(row: GenerationRow, lease: string, context: LeaseContext): LeasedGeneration {
  const { database, queue, now, signal } = context

  /** Updates the record if the lease still holds, takes the next event number and writes the event. */
  const step = (
    transaction: Transaction<Schema>,
    type: GenerationEventType,
    data: Record<string, unknown>,
    values: StepValues,
  ): Promise<GenerationRow | undefined> =>
    withStep(transaction, type, data, values)
      .selectFrom('record')
      .select(generationColumns)
      .executeTakeFirst()

  function withStep(
    transaction: Transaction<Schema>,
    type: GenerationEventType,
    data: Record<string, unknown>,
    values: StepValues,
  ) {
    return transaction
      .with('record', (query) =>
        query
          .updateTable('generations')
          .set((eb) => ({ ...values, event_seq: eb('event_seq', '+', 1) }))
          .where('id', '=', row.id)
          .where('lease', '=', lease)
          .where('status', '=', 'running')
          .returning(generationColumns),
      )
      .with('event', () => eventOfWritten(queue, 'record', type, data))
  }

  /** The lock, the bytes, the record that names them with all that belongs to it, and the commit. */
  async function storeIn(transaction: Transaction<Schema>, result: StoreResult): Promise<boolean> {
    await keepObject(transaction, result.objectHash)
    const timings = (await result.putObject()) ?? result.timings
    const stored = await withStep(
      transaction,
      'stored',
      { imageId: row.image_id, url: `/images/${row.image_id}` },
      {
        status: 'stored',
        object_hash: result.objectHash,
        format: result.format,
        bytes: result.bytes,
        warnings: JSON.stringify(result.warnings),
        timings: JSON.stringify(timings),
        cost_usd: result.costUsd ?? null,
        gpu_seconds: result.gpuSeconds ?? null,
        settled_at: new Date(now()),
        lease: null,
      },
    )
      .with('image', () => imageOfWritten('record'))
      .selectFrom('record')
      .select('id')
      .executeTakeFirst()
    if (stored === undefined) return false
    // A statement of its own: who orders a webhook holds the record, and only what begins after that sees the order.
    await tellWebhooks(transaction, [row.id], new Date(now()))
    return true
  }

  const settle = (run: (transaction: Transaction<Schema>) => Promise<boolean>): Promise<boolean> =>
    whenDatabaseIsBack(() => database.transaction().execute(run), signal)

  return {
    row,
    tell: (type, data) => appendLeasedEvent(database, queue, { generationId: row.id, lease, type, data }),
    store: (result) =>
      whenDatabaseIsBack(async (round) => {
        const kept = await database.transaction().execute((transaction) => storeIn(transaction, result))
        // The answer to an earlier commit may have been lost with its connection.
        return kept || (round > 0 && (await isStoredAs(database, row.id, result.objectHash)))
      }, signal),
    fail: (failure) =>
      settle(async (transaction) => {
        const failed = await step(
          transaction,
          'failed',
          { code: failure.code, message: failure.message },
          {
            status: 'failed',
            error_code: failure.code,
            error_message: failure.message,
            retry_after_at:
              failure.retryAfterS === undefined ? null : new Date(now() + failure.retryAfterS * 1000),
            settled_at: new Date(now()),
            lease: null,
          },
        )
        if (failed === undefined) return false
        await tellWebhooks(transaction, [row.id], new Date(now()))
        return true
      }),
    requeue: (reason) =>
      settle(async (transaction) => {
        const isRetry = reason.kind === 'retry'
        const jobId = randomUUID()
        const queued = await step(
          transaction,
          'queued',
          isRetry ? { retry: row.retries + 1, code: reason.code, message: reason.message } : {},
          {
            status: 'queued',
            job_id: jobId,
            lease: null,
            worker_id: null,
            ...(isRetry ? { retries: row.retries + 1 } : {}),
          },
        )
        if (queued === undefined) return false
        await queue.enqueue(
          { jobId, recordId: row.id },
          // As it is now: somebody may have asked, while it ran, for what was only foreseen.
          { transaction, ...placeOf(queued), ...(isRetry ? { delayS: reason.delayS } : {}) },
        )
        return true
      }),
  }
}

async function isStoredAs(database: Kysely<Schema>, id: string, objectHash: string): Promise<boolean> {
  const row = await database
    .selectFrom('generations')
    .select('id')
    .where('id', '=', id)
    .where('status', '=', 'stored')
    .where('object_hash', '=', objectHash)
    .executeTakeFirst()
  return row !== undefined
}

type StepValues = Partial<{
  job_id: string
  status: 'stored' | 'failed' | 'queued'
  object_hash: string
  format: string
  bytes: number
  warnings: string
  timings: string
  cost_usd: number | null
  gpu_seconds: number | null
  error_code: string
  error_message: string
  retry_after_at: Date | null
  settled_at: Date
  lease: null
  worker_id: null
  retries: number
  reruns: number
}>

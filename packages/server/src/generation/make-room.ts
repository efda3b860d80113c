import type { Kysely, Transaction } from 'kysely'
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { Schema } from '../database/schema.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import { appendEvent } from './events.ts'
import type { GenerationRow } from './generation-row.ts'
import { placeOf } from './generation-row.ts'

interface RoomContext {
  database: Kysely<Schema>
  queue: JobQueue
}

/** What made room so recently made it for the demand that still waits now: its slot is just being freed. */
const freeingMs = 1000

/** Enough to know how many of a process's few runs have to go. */
const maxLookedAt = 200

/** Speculation that has been given up so often costs more than it can ever save. */
const maxYields = 5

/** Class of the advisory lock around the decision ("drm" in ASCII). */
const roomLock = 0x64726d

/** Speculative runs of this process, and how they are stopped. */
export interface RoomOffer {
  /** The records as they were leased. */
  runs: readonly GenerationRow[]
  /**
   * Stops a run, the last thing before the change of its record is committed: should that fail, who ran it gives it
   * back. @returns false when its picture is drawn already: then it is kept, and the run is not given up
   */
  stop(id: string): boolean
}

/** Of whose demand a run is given up. */
export interface RoomNeed {
  /** Demand counts once it could have been started for so long; a free slot anywhere would have taken it by then. */
  waitedMs: number
}

/**
 * Gives up speculative runs for demand that waits: at most as many as wait, in the whole cluster, the youngest first.
 * They are queued again, which is neither a failure nor a retry, and each time later: after 1, 2, 4, 8 s. What nobody
 * has asked for and has been given up `maxYields` times is cancelled, so that no model works on it for ever in vain.
 *
 * The record is written before others see that the run has stopped: an ask that comes in between waits for the commit
 * and finds it queued. Who has asked before has made it demand, and then it is not given up.
 */
export async function makeRoom(
  { database, queue }: RoomContext,
  { runs, stop }: RoomOffer,
  { waitedMs }: RoomNeed,
): Promise<void> {
  for (const run of youngestFirst(runs)) {
    if ((await waitingDemand(database, queue, waitedMs)) === 0) return
    const stillNeeded = await database
      .transaction()
      .execute(async (transaction) => {
        // One process decides at a time; whoever comes second counts what the first has given up.
        await sql`select pg_advisory_xact_lock(${roomLock}, 0)`.execute(transaction)
        const needed = (await waitingDemand(transaction, queue, waitedMs)) - (await beingFreed(transaction))
        if (needed <= 0) return 0
        return (await giveUpUnlessDrawn(run, stop, transaction, queue)) ? needed - 1 : needed
      })
      // Its slot is being freed without this.
      .catch(noneIfDrawn)
    if (stillNeeded === 0) return
  }
}

/** Gives up these runs for demand that this process has begun: an accelerator is not shared with what can wait. */
export async function clearFor({ database, queue }: RoomContext, { runs, stop }: RoomOffer): Promise<void> {
  for (const run of runs) {
    await database
      .transaction()
      .execute((transaction) => giveUpUnlessDrawn(run, stop, transaction, queue))
      .catch(noneIfDrawn)
  }
}

function youngestFirst(runs: readonly GenerationRow[]): GenerationRow[] {
  return runs.toSorted((a, b) => (b.started_at?.getTime() ?? 0) - (a.started_at?.getTime() ?? 0))
}

/** Takes the change back. */
class Drawn extends Error {
  override readonly name = 'Drawn'
}

function noneIfDrawn(error: unknown): 0 {
  if (error instanceof Drawn) return 0
  throw error
}

/** @returns false when somebody has asked for it meanwhile @throws Drawn */
async function giveUpUnlessDrawn(
  run: GenerationRow,
  stop: RoomOffer['stop'],
  transaction: Transaction<Schema>,
  queue: JobQueue,
): Promise<boolean> {
  if (!(await giveUp(run, transaction, queue))) return false
  if (!stop(run.id)) throw new Drawn()
  return true
}

/** Demand that could have been started for a while, and was not. */
async function waitingDemand(
  database: Pick<Kysely<Schema>, 'selectFrom'>,
  queue: JobQueue,
  waitedMs: number,
): Promise<number> {
  const { count } = await database
    .selectFrom((eb) =>
      eb
        .selectFrom('generations')
        .select('job_id')
        .where('status', '=', 'queued')
        .where('priority', '=', 'demand')
        .orderBy('turn')
        .limit(maxLookedAt)
        .as('head'),
    )
    .select(sql<number>`count(*)::int`.as('count'))
    .where(queue.isReady(sql.ref('head.job_id'), waitedMs))
    .executeTakeFirstOrThrow()
  return count
}

async function beingFreed(transaction: Transaction<Schema>): Promise<number> {
  const { count } = await transaction
    .selectFrom('generations')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('yielded_at', '>', sql<Date>`now() - ${freeingMs} * interval '1 millisecond'`)
    .executeTakeFirstOrThrow()
  return count
}

/** @returns false when somebody has asked for it meanwhile, or it does not run any more */
async function giveUp(
  run: GenerationRow,
  transaction: Transaction<Schema>,
  queue: JobQueue,
): Promise<boolean> {
  const jobId = randomUUID()
  const given = await transaction
    .updateTable('generations')
    .set((eb) => ({
      status: 'queued' as const,
      job_id: jobId,
      lease: null,
      worker_id: null,
      yields: eb('yields', '+', 1),
      yielded_at: sql<Date>`now()`,
      event_seq: eb('event_seq', '+', 1),
    }))
    .where('id', '=', run.id)
    .where('lease', '=', run.lease)
    .where('status', '=', 'running')
    .where('priority', '=', 'speculative')
    .returningAll()
    .executeTakeFirst()
  if (given === undefined) return false
  const event = { generationId: given.id, seq: given.event_seq, data: { yielded: given.yields } }
  if (given.yields < maxYields || (await isAskedFor(given, transaction))) {
    const delayS = Math.min(60, 2 ** (given.yields - 1))
    await queue.enqueue({ jobId, recordId: given.id }, { transaction, ...placeOf(given), delayS })
    await appendEvent(transaction, queue, { ...event, type: 'queued' })
    return true
  }
  await transaction
    .updateTable('generations')
    .set({ status: 'cancelled', settled_at: sql<Date>`now()` })
    .where('id', '=', given.id)
    .execute()
  await appendEvent(transaction, queue, { ...event, type: 'cancelled' })
  return true
}

/** Whether a request stands behind it: that may have a webhook, and a caller who polls. */
async function isAskedFor(row: GenerationRow, transaction: Transaction<Schema>): Promise<boolean> {
  const request = await transaction
    .selectFrom('request_images')
    .innerJoin('requests', 'requests.id', 'request_images.request_id')
    .select('requests.id')
    .where('request_images.generation_id', '=', row.id)
    .where('requests.cancelled_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return request !== undefined
}

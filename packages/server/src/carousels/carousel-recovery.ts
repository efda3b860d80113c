import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { tell } from './carousel-events.ts'
import type { CarouselContext, CarouselRow, Locked } from './carousel-row.ts'
import { placeOf } from './carousel-row.ts'
import { putBackToWork, releaseClaims } from './claims.ts'
import { failOpenSlides } from './end-carousel.ts'

/** A carousel that has taken more workers down with it than this is the cause, not the victim. */
const maxReruns = 3

/** At most this many at a time, so that no transaction holds thousands of rows. */
const maxAtOnce = 100

/** Workers that run a carousel: the sweeper asks of each whether it still lives. */
export async function workersWithCarousels(context: CarouselContext): Promise<number[]> {
  const rows = await context.database
    .selectFrom('carousels')
    .select('worker_id')
    .distinct()
    .where('status', '=', 'running')
    .where('worker_id', 'is not', null)
    .execute()
  return rows.flatMap((row) => (row.worker_id === null ? [] : [row.worker_id]))
}

/** A job that a worker was handed has its lease within milliseconds; after this its process is taken for dead. */
const unstartedMs = 2000

/**
 * Gives carousels back to the queue whose job a process was handed that died before it took the lease. Should it live
 * after all, it finds that another job has taken the place of its own. @returns how many were handed back
 */
export async function recoverUnstartedCarousels(context: CarouselContext): Promise<number> {
  const ids = await context.database
    .selectFrom('carousels')
    .select('id')
    .where('status', '=', 'queued')
    .where('waits_for', 'is', null)
    .where(context.queue.isHeld(sql.ref('carousels.job_id'), unstartedMs))
    .limit(maxAtOnce)
    .execute()
  return await eachHandedBack(context, ids, (row) => row.status === 'queued' && row.waits_for === null, 0)
}

/** Gives the carousels of a dead worker back to the queue. @returns how many were handed back or failed */
export async function recoverCarousels(context: CarouselContext, workerId: number): Promise<number> {
  const ids = await context.database
    .selectFrom('carousels')
    .select('id')
    .where('status', '=', 'running')
    .where('worker_id', '=', workerId)
    .execute()
  return await eachHandedBack(context, ids, (row) => row.status === 'running' && row.worker_id === workerId)
}

/**
 * Gives carousels back to the queue that a living worker holds and does not run (`recoverOwn` of generations).
 * @param isRunning whether the worker runs it, or is about to take or end it @returns how many were handed back or failed
 */
export async function recoverOwnCarousels(
  context: CarouselContext,
  workerId: number,
  isRunning: (id: string) => boolean,
): Promise<number> {
  const held = await context.database
    .selectFrom('carousels')
    .select(['id', 'lease'])
    .where('status', '=', 'running')
    .where('worker_id', '=', workerId)
    .execute()
  const lost = held.filter(({ id }) => !isRunning(id))
  const leases = new Map(lost.map(({ id, lease }) => [id, lease]))
  return await eachHandedBack(
    context,
    lost,
    (row) => row.status === 'running' && row.lease === leases.get(row.id),
  )
}

/**
 * Gives queued carousels whose job is gone back to the queue, whatever became of it, and those that wait for what
 * nobody makes any more. A running one needs no job: it is its worker's. @returns how many were handed back or failed
 */
export async function recoverCarouselOrphans(context: CarouselContext): Promise<number> {
  const ids = await context.database
    .selectFrom('carousels')
    .select('id')
    .where('status', '=', 'queued')
    .where('waits_for', 'is', null)
    .where((eb) => eb.not(context.queue.isOpen(sql.ref('carousels.job_id'))))
    .limit(maxAtOnce)
    .execute()
  const jobs = await eachHandedBack(context, ids, (row, open) => {
    return row.status === 'queued' && row.waits_for === null && !open
  })
  return jobs + (await wakeAbandoned(context))
}

async function eachHandedBack(
  context: CarouselContext,
  ids: readonly { id: string }[],
  isStill: (row: CarouselRow, jobIsOpen: boolean) => boolean,
  /** Whether it had begun: 1, or 0. */
  reruns: 0 | 1 = 1,
): Promise<number> {
  let count = 0
  for (const { id } of ids) {
    const done = await context.database
      .transaction()
      .execute((transaction) => handBack(transaction, context, id, isStill, reruns))
    if (done !== undefined) count += 1
    // Claims are locked before carousels, so not in the same transaction.
    if (done === 'failed') await release(context, id)
  }
  return count
}

async function release(context: CarouselContext, id: string): Promise<void> {
  await context.database.transaction().execute((transaction) => releaseClaims(transaction, context, id))
}

/** Two sweepers may find the same carousel: the lock lets one of them act. */
async function handBack(
  transaction: Locked,
  context: CarouselContext,
  id: string,
  isStill: (row: CarouselRow, jobIsOpen: boolean) => boolean,
  reruns: 0 | 1,
): Promise<'queued' | 'failed' | undefined> {
  const row = await transaction
    .selectFrom('carousels')
    .selectAll()
    .select(context.queue.isOpen(sql.ref('carousels.job_id')).as('job_is_open'))
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'running'])
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (row === undefined || !isStill(row, row.job_is_open)) return undefined
  if (row.job_id !== null) await context.queue.cancel(row.job_id, { transaction })
  if (row.reruns + reruns > maxReruns) {
    const message = `Each of the ${maxReruns + 1} workers that ran this carousel died.`
    await failOpenSlides(transaction, context, id, { code: 'worker_lost', message })
    return 'failed'
  }
  const jobId = randomUUID()
  await tell(transaction, context.queue, {
    carouselId: id,
    type: 'queued',
    data: reruns === 0 ? {} : { rerun: row.reruns + reruns },
    values: { status: 'queued', job_id: jobId, lease: null, worker_id: null, reruns: row.reruns + reruns },
  })
  await context.queue.enqueue({ jobId, recordId: id }, { transaction, ...placeOf(row), rerun: true })
  return 'queued'
}

/** Carousels that have ended and still hold claims, and those that wait for a claim that is gone. */
async function wakeAbandoned(context: CarouselContext): Promise<number> {
  const holders = await sql<{ id: string }>`
    select carousel_id as id from (
      select carousel_id from slide_results where status = 'making'
      union select carousel_id from base_claims
    ) claim join carousels on carousels.id = claim.carousel_id
    where carousels.status not in ('queued', 'running') limit ${maxAtOnce}
  `.execute(context.database)
  for (const { id } of holders.rows) await release(context, id)
  const waiting = await sql<{ id: string }>`
    select id from carousels where status = 'queued' and (
      (waits_for = 'base' and not exists (select from base_claims where key = carousels.base_key))
      or (waits_for = 'slides' and exists (
        select from carousel_slides slide
        where slide.carousel_id = carousels.id and slide.status = 'queued' and not exists (
          select from slide_results where key = slide.slide_key and status = 'making'
        )
      ))
    ) limit ${maxAtOnce}
  `.execute(context.database)
  for (const { id } of waiting.rows) await resumeWaiting(context, id)
  return waiting.rows.length
}

async function resumeWaiting(context: CarouselContext, id: string): Promise<void> {
  await context.database.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('carousels')
      .selectAll()
      .where('id', '=', id)
      .where('waits_for', 'is not', null)
      .forUpdate()
      .executeTakeFirst()
    if (row !== undefined) await putBackToWork(transaction, context, id)
  })
}

/**
 * Gives carousels whose base has been generated, or has failed to be, a job. Who settles a generation announces it,
 * and a process that hears it calls this; the sweeper calls it for what nobody heard.
 * @param generationId of all, where it is absent
 */
export async function resumeAfterGeneration(
  context: CarouselContext,
  generationId?: string,
): Promise<number> {
  let ready = context.database
    .selectFrom('carousels')
    .innerJoin('generations', 'generations.id', 'carousels.base_generation_id')
    .select('carousels.id')
    .where('carousels.waits_for', '=', 'generation')
    .where('generations.status', 'in', ['stored', 'failed', 'cancelled'])
  if (generationId !== undefined) ready = ready.where('generations.id', '=', generationId)
  const rows = await ready.limit(maxAtOnce).execute()
  for (const { id } of rows) await resumeWaiting(context, id)
  return rows.length
}

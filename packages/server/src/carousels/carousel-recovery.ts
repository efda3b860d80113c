import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { tell } from './carousel-events.ts'
import type { CarouselContext, CarouselRow, Locked } from './carousel-row.ts'
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
 * Gives open carousels whose job is gone back to the queue, whatever became of it, and those that wait for what
 * nobody makes any more. @returns how many were handed back or failed
 */
export async function recoverCarouselOrphans(context: CarouselContext): Promise<number> {
  const ids = await context.database
    .selectFrom('carousels')
    .select('id')
    .where('status', 'in', ['queued', 'running'])
    .where('waits_for', 'is', null)
    .where((eb) => eb.not(context.queue.isOpen(sql.ref('carousels.job_id'))))
    .limit(maxAtOnce)
    .execute()
  const jobs = await eachHandedBack(context, ids, (row, open) => row.waits_for === null && !open)
  return jobs + (await wakeAbandoned(context))
}

async function eachHandedBack(
  context: CarouselContext,
  ids: readonly { id: string }[],
  isStill: (row: CarouselRow, jobIsOpen: boolean) => boolean,
): Promise<number> {
  let count = 0
  for (const { id } of ids) {
    const done = await context.database
      .transaction()
      .execute((transaction) => handBack(transaction, context, id, isStill))
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
  if (row.reruns + 1 > maxReruns) {
    const message = `Each of the ${maxReruns + 1} workers that ran this carousel died.`
    await failOpenSlides(transaction, context, id, { code: 'worker_lost', message })
    return 'failed'
  }
  const jobId = randomUUID()
  await tell(transaction, context.queue, {
    carouselId: id,
    type: 'queued',
    data: { rerun: row.reruns + 1 },
    values: { status: 'queued', job_id: jobId, lease: null, worker_id: null, reruns: row.reruns + 1 },
  })
  await context.queue.enqueue({ jobId, recordId: id }, { transaction, priority: 'demand' })
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

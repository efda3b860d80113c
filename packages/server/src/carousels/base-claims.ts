import { keyOf } from '@darkroom/once'
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { tell } from './carousel-events.ts'
import type { CarouselFailure } from './carousel-lease.ts'
import type { CarouselContext, Locked } from './carousel-row.ts'
import { failOpenSlides } from './end-carousel.ts'

/** `mine`: fetch it. `waiting`: another carousel does, and gives this one a job when it is there. */
export type BaseClaim = 'mine' | 'waiting' | 'lost'

/**
 * Claims the fetch of a URL for a carousel that exists: of all that want it at the same time, one fetches. The
 * claim of a carousel that has ended is taken over.
 */
export async function claimUrl(
  transaction: Locked,
  claim: { carouselId: string; key: string },
): Promise<'mine' | 'waiting'> {
  const { carouselId, key } = claim
  for (;;) {
    await transaction
      .insertInto('base_claims')
      .values({ key, carousel_id: carouselId })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute()
    const held = await transaction
      .selectFrom('base_claims')
      .innerJoin('carousels', 'carousels.id', 'base_claims.carousel_id')
      .select(['base_claims.carousel_id', 'carousels.status'])
      .where('base_claims.key', '=', key)
      .forUpdate('base_claims')
      .executeTakeFirst()
    // Deleted between the two statements: its fetch has ended, and this one is another.
    if (held === undefined) continue
    const isOpen = held.status === 'queued' || held.status === 'running'
    if (held.carousel_id === carouselId) return 'mine'
    if (isOpen) return 'waiting'
    await transaction
      .updateTable('base_claims')
      .set({ carousel_id: carouselId })
      .where('key', '=', key)
      .execute()
    return 'mine'
  }
}

/** Claims the fetch of a base for a run; who has to wait gives back its lease. */
export async function claimBase(
  transaction: Locked,
  ask: { carouselId: string; lease: string; key: string },
): Promise<BaseClaim> {
  const claim = await claimUrl(transaction, ask)
  const row = await transaction
    .updateTable('carousels')
    .set({
      base_key: ask.key,
      ...(claim === 'waiting'
        ? { status: 'queued', waits_for: 'base', job_id: null, lease: null, worker_id: null }
        : {}),
    })
    .where('id', '=', ask.carouselId)
    .where('lease', '=', ask.lease)
    .returning('id')
    .executeTakeFirst()
  return row === undefined ? 'lost' : claim
}

/** The name of a fetch that carousels of a project share while it lasts. */
export function baseKeyOf(project: string, url: string): string {
  // As the door reads it: two spellings of one URL are one fetch.
  return keyOf({ project, url: URL.parse(url)?.href ?? url })
}

/** Gives a base to the carousel that brought it and to all that wait for it. @returns false: lease lost */
export async function shareBase(
  transaction: Locked,
  context: CarouselContext,
  base: {
    carouselId: string
    lease: string
    hash: string
    imageId: string
    how: 'ran' | 'joined' | 'cached' | undefined
  },
): Promise<boolean> {
  const ended = await transaction
    .deleteFrom('base_claims')
    .where('carousel_id', '=', base.carouselId)
    .returning('key')
    .execute()
  const waiting = await lockWaiting(
    transaction,
    ended.map(({ key }) => key),
    base.carouselId,
  )
  const values = { base_hash: base.hash, base_image_id: base.imageId }
  const data = { imageId: base.imageId, url: `/images/${base.imageId}` }
  const own = await tell(transaction, context.queue, {
    carouselId: base.carouselId,
    type: 'base',
    data,
    lease: base.lease,
    values: { ...values, base_how: base.how ?? null },
  })
  for (const id of waiting) {
    const jobId = randomUUID()
    await tell(transaction, context.queue, {
      carouselId: id,
      type: 'base',
      data,
      values: { ...values, base_how: 'joined', waits_for: null, job_id: jobId },
    })
    await context.queue.enqueue({ jobId, recordId: id }, { transaction, priority: 'demand' })
  }
  return own !== undefined
}

/** Ends the carousels that waited for a fetch that has failed. */
export async function failWithBase(
  transaction: Locked,
  context: CarouselContext,
  carouselId: string,
  key: string,
  failure: CarouselFailure,
): Promise<void> {
  const claim = await transaction
    .deleteFrom('base_claims')
    .where('carousel_id', '=', carouselId)
    .where('key', '=', key)
    .returning('key')
    .executeTakeFirst()
  if (claim === undefined) return
  for (const id of await lockWaiting(transaction, [key], carouselId)) {
    await failOpenSlides(transaction, context, id, failure)
  }
}

async function lockWaiting(transaction: Locked, keys: readonly string[], but: string): Promise<string[]> {
  if (keys.length === 0) return []
  const rows = await transaction
    .selectFrom('carousels')
    .select('id')
    .where('waits_for', '=', 'base')
    .where('base_key', 'in', [...keys])
    .where('id', '<>', but)
    .orderBy(sql`id collate "C"`)
    .forUpdate()
    .execute()
  return rows.map(({ id }) => id)
}

import type { StoredWork } from '../database/schema.ts'
import { DarkroomError } from '../errors.ts'
import { keepObject } from '../generation/image-rows.ts'
import type { CarouselFailure, StoredSlide } from './carousel-lease.ts'
import type { CarouselContext, Locked } from './carousel-row.ts'
import { settleSlides } from './settle-slides.ts'

/** The carousel whose run made the slide, and what it has needed so far. */
export interface SlideMakerRun {
  carouselId: string
  work: StoredWork
  editWork: StoredWork | undefined
}

/**
 * Stores a slide: the object first, then the result, its picture, and every slide that waits for it.
 * @param run.mayBeDone the answer to an earlier commit may have been lost with its connection
 * @returns false when the slide is no longer this carousel's to make
 * @throws DarkroomError base_gone
 */
export async function storeSlide(
  transaction: Locked,
  context: CarouselContext,
  slide: StoredSlide,
  run: SlideMakerRun & { project: string; mayBeDone: boolean },
): Promise<boolean> {
  await keepObject(transaction, slide.objectHash)
  // Beside each other; both must have ended before this returns, or what is left of one would run outside the
  // transaction.
  const [put, claimed] = await Promise.allSettled([
    slide.put(),
    storeResult(transaction, slide, run.carouselId),
  ])
  if (put.status === 'rejected') throw put.reason
  if (claimed.status === 'rejected') throw claimed.reason
  const imageId = claimed.value
  if (imageId === undefined) return run.mayBeDone && (await isStored(transaction, slide.key))
  await requireBase(transaction, run.carouselId)
  await transaction
    .insertInto('images')
    .values({
      id: imageId,
      project: run.project,
      kind: 'slide',
      object_hash: slide.objectHash,
      format: slide.format,
      width_px: slide.widthPx,
      height_px: slide.heightPx,
      bytes: slide.bytes,
    })
    .execute()
  const settlement = { status: 'stored', imageId, bytes: slide.bytes, fit: slide.fit } as const
  await settleSlides(transaction, context, slide.key, settlement, run)
  return true
}

async function storeResult(
  transaction: Locked,
  slide: StoredSlide,
  carouselId: string,
): Promise<string | undefined> {
  const row = await transaction
    .updateTable('slide_results')
    .set({ status: 'stored', bytes: slide.bytes, fit: JSON.stringify(slide.fit) })
    .where('key', '=', slide.key)
    .where('carousel_id', '=', carouselId)
    .where('status', '=', 'making')
    .returning('image_id')
    .executeTakeFirst()
  return row?.image_id
}

async function isStored(transaction: Locked, key: string): Promise<boolean> {
  const row = await transaction
    .selectFrom('slide_results')
    .select('key')
    .where('key', '=', key)
    .where('status', '=', 'stored')
    .executeTakeFirst()
  return row !== undefined
}

/** A base that was taken down takes its slides with it: none may be stored after that. */
async function requireBase(transaction: Locked, carouselId: string): Promise<void> {
  const base = await transaction
    .selectFrom('carousels')
    .innerJoin('images', 'images.id', 'carousels.base_image_id')
    .select('images.id')
    .where('carousels.id', '=', carouselId)
    .where('images.deleted_at', 'is', null)
    .forShare('images')
    .executeTakeFirst()
  if (base === undefined) throw new DarkroomError('base_gone', 'The base of this carousel was taken down.')
}

/** A slide cannot be made: it fails wherever it is waited for, and is claimed anew by who asks again. */
export async function failSlide(
  transaction: Locked,
  context: CarouselContext,
  key: string,
  failure: CarouselFailure,
  run: SlideMakerRun,
): Promise<boolean> {
  const claim = await transaction
    .deleteFrom('slide_results')
    .where('key', '=', key)
    .where('carousel_id', '=', run.carouselId)
    .where('status', '=', 'making')
    .returning('key')
    .executeTakeFirst()
  if (claim === undefined) return false
  await settleSlides(transaction, context, key, { status: 'failed', ...failure }, run)
  return true
}

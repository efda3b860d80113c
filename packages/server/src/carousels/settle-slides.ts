import { sql } from 'kysely'
import type { StoredWork } from '../database/schema.ts'
import { tell } from './carousel-events.ts'
import type { CarouselContext, CarouselRow, Locked } from './carousel-row.ts'
import { readSlides } from './carousel-row.ts'

/** What became of a slide, for every carousel that waits for it. */
export type SlideSettlement =
  | { status: 'stored'; imageId: string; bytes: number; fit: Record<string, unknown> }
  | { status: 'failed'; code: string; message: string }

/**
 * Settles a slide wherever it is waited for, and those carousels that had waited for nothing else. The transaction
 * holds the slide's result, so nobody begins to wait for it meanwhile.
 * @param own the carousel whose run this is: it ends by itself, and its work is counted with the step
 */
export async function settleSlides(
  transaction: Locked,
  context: CarouselContext,
  key: string,
  settlement: SlideSettlement,
  own: { carouselId: string; work: StoredWork; editWork: StoredWork | undefined },
): Promise<void> {
  const carousels = await lockThoseWho(transaction, key)
  for (const carousel of carousels) {
    const isOwn = carousel.id === own.carouselId
    const slides = await transaction
      .updateTable('carousel_slides')
      .set(slideValues(settlement))
      .where('carousel_id', '=', carousel.id)
      .where('slide_key', '=', key)
      .where('status', '=', 'queued')
      .returning('index')
      .execute()
    for (const { index } of slides) {
      await tell(transaction, context.queue, {
        carouselId: carousel.id,
        type: 'slide',
        data: { index, ...eventData(settlement) },
        values: isOwn ? workValues(carousel, own) : {},
      })
    }
    if (!isOwn && carousel.waits_for === 'slides') await settleIfDone(transaction, context, carousel)
  }
}

async function lockThoseWho(transaction: Locked, key: string): Promise<CarouselRow[]> {
  return await transaction
    .selectFrom('carousels')
    .selectAll()
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('carousel_slides')
        .select('carousel_id')
        .where('slide_key', '=', key)
        .where('status', '=', 'queued'),
    )
    .orderBy(sql`id collate "C"`)
    .forUpdate()
    .execute()
}

/** The columns of a slide that has settled. */
export function slideValues(settlement: SlideSettlement): {
  status: 'stored' | 'failed'
  image_id: string | null
  bytes: number | null
  fit: string | null
  error_code: string | null
  error_message: string | null
} {
  const stored = settlement.status === 'stored' ? settlement : undefined
  const failed = settlement.status === 'failed' ? settlement : undefined
  return {
    status: settlement.status,
    image_id: stored?.imageId ?? null,
    bytes: stored?.bytes ?? null,
    fit: stored === undefined ? null : JSON.stringify(stored.fit),
    error_code: failed?.code ?? null,
    error_message: failed?.message ?? null,
  }
}

/** What the event of a settled slide says. */
export function eventData(settlement: SlideSettlement): Record<string, unknown> {
  return settlement.status === 'stored'
    ? { status: 'stored', url: `/images/${settlement.imageId}`, bytes: settlement.bytes }
    : { status: 'failed', error: { code: settlement.code, message: settlement.message } }
}

/** The columns of a carousel's work. */
export function workValues(
  carousel: Pick<CarouselRow, 'edit'>,
  { work, editWork }: { work: StoredWork; editWork: StoredWork | undefined },
): { work: string; edit?: string } {
  if (carousel.edit === null || editWork === undefined) return { work: JSON.stringify(work) }
  return { work: JSON.stringify(work), edit: JSON.stringify({ ...carousel.edit, work: editWork }) }
}

/**
 * Settles a carousel, which the transaction holds, when none of its slides is still to come: `stored`, or `failed`
 * when one of them is, as a request of many pictures is.
 * @returns whether it has settled
 */
export async function settleIfDone(
  transaction: Locked,
  context: CarouselContext,
  carousel: Pick<CarouselRow, 'id'>,
): Promise<boolean> {
  const slides = await readSlides(transaction, carousel.id)
  if (slides.some(({ status }) => status === 'queued')) return false
  const failed = slides.filter(({ status }) => status === 'failed')
  const [first] = failed
  await tell(transaction, context.queue, {
    carouselId: carousel.id,
    type: first === undefined ? 'stored' : 'failed',
    data:
      first === undefined
        ? {}
        : {
            code: first.error_code,
            message: first.error_message,
            slides: failed.map(({ index }) => index),
          },
    values: {
      status: first === undefined ? 'stored' : 'failed',
      error_code: first?.error_code ?? null,
      error_message: first?.error_message ?? null,
      settled_at: new Date(context.now()),
      waits_for: null,
      lease: null,
      worker_id: null,
      job_id: null,
    },
  })
  return true
}

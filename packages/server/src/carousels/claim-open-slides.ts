import { tell } from './carousel-events.ts'
import type { Claimed } from './carousel-lease.ts'
import type { CarouselContext, CarouselRow, Locked, SlideRow } from './carousel-row.ts'
import { holdLeased, readSlides } from './carousel-row.ts'
import type { Claim } from './claims.ts'
import { claimSlides } from './claims.ts'
import type { SlideSettlement } from './settle-slides.ts'
import { eventData, slideValues } from './settle-slides.ts'

/** The words of a slide were changed between reading and claiming: the claim is to be tried again. */
export class SlidesChanged extends Error {
  override readonly name = 'SlidesChanged'
}

/**
 * Claims the slides of a leased carousel that are still to come; those that are there already become its own.
 * @returns `undefined` when the lease is lost
 * @throws SlidesChanged
 */
export async function claimOpenSlides(
  transaction: Locked,
  context: CarouselContext,
  { id: carouselId, project }: CarouselRow,
  lease: string,
  keysOf: (slides: readonly SlideRow[]) => ReadonlyMap<number, string>,
): Promise<Claimed | undefined> {
  const slides = await readSlides(transaction, carouselId)
  const keys = keysOf(slides)
  const open = slides.flatMap(({ index, status }) => {
    const key = keys.get(index)
    return status === 'queued' && key !== undefined ? [{ index, key }] : []
  })
  const claims = await claimSlides(
    transaction,
    { carouselId, project },
    open.map(({ key }) => key),
  )
  // Claims are locked before the carousel, so its slides were read before it was held.
  const held = await holdLeased(transaction, carouselId, lease)
  if (held === undefined) return undefined
  if (textsOf(await readSlides(transaction, carouselId)) !== textsOf(slides)) throw new SlidesChanged()
  const mine = new Map<number, string>()
  const others = { joined: 0, cached: 0 }
  for (const { index, key } of open) {
    const claim = claims.get(key)
    if (claim === undefined) throw new Error('a slide was not claimed')
    if (claim.state === 'mine') mine.set(index, key)
    else others[claim.state === 'stored' ? 'cached' : 'joined'] += 1
    await takeSlide(transaction, context, { carouselId, index, key }, claim)
  }
  return { slides, mine, others, isEdited: held.edit !== null }
}

async function takeSlide(
  transaction: Locked,
  context: CarouselContext,
  { carouselId, index, key }: { carouselId: string; index: number; key: string },
  { state, row }: Claim,
): Promise<void> {
  const settlement: SlideSettlement | undefined =
    state === 'stored'
      ? { status: 'stored', imageId: row.image_id, bytes: row.bytes ?? 0, fit: row.fit ?? {} }
      : undefined
  await transaction
    .updateTable('carousel_slides')
    .set({ slide_key: key, ...(settlement === undefined ? {} : slideValues(settlement)) })
    .where('carousel_id', '=', carouselId)
    .where('index', '=', index)
    .execute()
  if (settlement === undefined) return
  await tell(transaction, context.queue, {
    carouselId,
    type: 'slide',
    data: { index, ...eventData(settlement) },
  })
}

function textsOf(slides: readonly SlideRow[]): string {
  return JSON.stringify(slides.map(({ title, body, label, status }) => [title, body, label, status]))
}

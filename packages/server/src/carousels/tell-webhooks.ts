import { reorderWebhooks, holdWaiting, sendOff } from '../webhooks/outbox.ts'
import type { CarouselEventType } from './carousel-events.ts'
import { withSlides } from './carousel-record.ts'
import type { CarouselRow, Locked } from './carousel-row.ts'

/**
 * Tells the receivers of a carousel that it has ended, or notes that its next end is to be told too, in the
 * transaction that changes it and holds it.
 */
export async function tellWebhooksOf(
  transaction: Locked,
  carousel: CarouselRow,
  type: CarouselEventType,
): Promise<void> {
  if (type === 'edited') await reorderWebhooks(transaction, carousel.id)
  if (type !== 'stored' && type !== 'failed' && type !== 'cancelled') return
  if ((await holdWaiting(transaction, [carousel.id])).length === 0) return
  for (const { record } of await withSlides(transaction, [carousel])) {
    const at = carousel.settled_at ?? new Date()
    await sendOff(transaction, carousel.id, { type: `carousel.${type}`, data: record, at })
  }
}

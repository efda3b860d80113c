import { tell } from './carousel-events.ts'
import type { CarouselFailure } from './carousel-lease.ts'
import type { CarouselContext, Locked } from './carousel-row.ts'

/** Ends a carousel, which the transaction holds or may hold, and with it all slides that are still to come. */
export async function failOpenSlides(
  transaction: Locked,
  context: CarouselContext,
  carouselId: string,
  failure: CarouselFailure,
): Promise<void> {
  await endOpenSlides(transaction, carouselId, 'failed', failure)
  await tell(transaction, context.queue, {
    carouselId,
    type: 'failed',
    data: { code: failure.code, message: failure.message },
    values: { ...ended(context), status: 'failed', error_code: failure.code, error_message: failure.message },
  })
}

/** Cancels a carousel that the transaction holds. What is stored stays. */
export async function cancelOpenSlides(
  transaction: Locked,
  context: CarouselContext,
  carouselId: string,
): Promise<void> {
  await endOpenSlides(transaction, carouselId, 'cancelled', undefined)
  await tell(transaction, context.queue, {
    carouselId,
    type: 'cancelled',
    data: {},
    values: { ...ended(context), status: 'cancelled' },
  })
}

async function endOpenSlides(
  transaction: Locked,
  carouselId: string,
  status: 'failed' | 'cancelled',
  failure: CarouselFailure | undefined,
): Promise<void> {
  await transaction
    .updateTable('carousel_slides')
    .set({
      status,
      slide_key: null,
      error_code: failure?.code ?? null,
      error_message: failure?.message ?? null,
    })
    .where('carousel_id', '=', carouselId)
    .where('status', '=', 'queued')
    .execute()
}

function ended(context: CarouselContext): {
  settled_at: Date
  waits_for: null
  lease: null
  worker_id: null
  job_id: null
} {
  return { settled_at: new Date(context.now()), waits_for: null, lease: null, worker_id: null, job_id: null }
}

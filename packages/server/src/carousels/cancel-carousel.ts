import { DarkroomError } from '../errors.ts'
import { cancelRequest } from '../generation/cancel.ts'
import type { CarouselAcceptContext } from './accept-carousel.ts'
import { lockCarousel } from './carousel-row.ts'
import { releaseClaims } from './claims.ts'
import { cancelOpenSlides } from './end-carousel.ts'

/**
 * Withdraws a carousel. Slides that are stored stay; what other carousels wait for, one of them makes; the base's
 * generation stops if nobody else wants it.
 * @throws DarkroomError not_found, already_settled
 */
export async function cancelCarousel(
  context: CarouselAcceptContext,
  project: string,
  id: string,
): Promise<void> {
  const { base_request_id: requestId } = await context.database.transaction().execute(async (transaction) => {
    const carousel = await lockCarousel(transaction, project, id)
    if (carousel.status !== 'queued' && carousel.status !== 'running') {
      throw new DarkroomError(
        'already_settled',
        'The carousel has already ended; there is nothing to cancel.',
      )
    }
    await cancelOpenSlides(transaction, context, id)
    if (carousel.job_id !== null && carousel.status === 'queued') {
      await context.queue.cancel(carousel.job_id, { transaction })
    }
    return carousel
  })
  // Claims are locked before carousels, so not in the same transaction. What a process that dies here leaves
  // behind, the sweeper finds.
  await context.database.transaction().execute((transaction) => releaseClaims(transaction, context, id))
  if (requestId !== null) await cancelBase(context, project, requestId)
}

async function cancelBase(context: CarouselAcceptContext, project: string, requestId: string): Promise<void> {
  try {
    await cancelRequest(context.generations, project, requestId)
  } catch (error) {
    if (!(error instanceof DarkroomError) || error.code !== 'already_settled') throw error
  }
}

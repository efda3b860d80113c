import { z } from 'zod'
import { mayUseScope } from '../access/rights.ts'
import type { CarouselWithSlides } from '../carousels/carousel-record.ts'
import type { SlideAddress } from '../carousels/edit-slide.ts'
import { DarkroomError } from '../errors.ts'
import { parseWith, readQuery } from '../request/query.ts'
import type { RouteContext } from './route.ts'
import type { GatewayServices } from './services.ts'

const noQuery = z.strictObject({})

/**
 * The carousel of a path, if it is the caller's project's and in a scope that they may use.
 * @throws DarkroomError not_found
 */
export async function ownCarousel(
  { params, url, caller }: RouteContext,
  services: GatewayServices,
): Promise<CarouselWithSlides> {
  parseWith(noQuery, readQuery(url))
  const id = (params['id'] ?? '').replace(/\.(?:zip|pdf)$/u, '')
  const found = await services.carousels.read(caller.project, id)
  if (mayUseScope(caller, found.record.scope)) return found
  throw new DarkroomError('not_found', 'There is no such carousel.')
}

/** The slide of a path. @throws DarkroomError not_found, also for what is no number */
export async function ownSlide(context: RouteContext, services: GatewayServices): Promise<SlideAddress> {
  const { carousel } = await ownCarousel(context, services)
  const number = context.params['n'] ?? ''
  if (!/^\d{1,4}$/u.test(number)) throw noSuchSlide()
  return { project: carousel.project, carouselId: carousel.id, index: Number(number) }
}

export function noSuchSlide(): DarkroomError {
  return new DarkroomError('not_found', 'There is no such slide; they are numbered from 0.')
}

import { z } from 'zod'
import { parseWith, readQuery } from '../../request/query.ts'
import { ownCarousel } from '../own-carousel.ts'
import type { Route } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json, readOwn } from './generations.ts'

const waterfall = {
  200: {
    about:
      'spans: every unit of the work behind it, ran, joined, cached or waited for; when, how long, by whom.',
    mediaType: 'application/json',
  },
}

/** Where the time of one request or carousel went. */
export function explainRoutes(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/generations/{id}/explain',
      right: 'read',
      summary: 'Where the time of one request went, as a waterfall',
      answers: waterfall,
      handle: async (context) => {
        parseWith(z.strictObject({}), readQuery(context.url))
        const { request, generations, record } = await readOwn(context, services)
        const { status } = record
        return json(200, await services.measuring.explain.generation({ request, status, generations }))
      },
    },
    {
      method: 'GET',
      path: '/v1/carousels/{id}/explain',
      right: 'read',
      summary: 'Where the time of one carousel went, as a waterfall',
      answers: waterfall,
      handle: async (context) => {
        const { carousel, slides, record } = await ownCarousel(context, services)
        const events = await services.carousels.events(carousel.id, 0)
        const { status } = record
        return json(200, await services.measuring.explain.carousel({ carousel, status, slides, events }))
      },
    },
  ]
}

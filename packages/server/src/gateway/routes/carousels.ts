import { z } from 'zod'
import { decodeCarouselCursor } from '../../carousels/carousel-record.ts'
import { carouselBodySchema } from '../../request/carousel-body.ts'
import { integerText, parseWith, readQuery } from '../../request/query.ts'
import { parseSlideChange, slideChangeSchema } from '../../request/slide-change.ts'
import { readJsonBody } from '../body.ts'
import { answerChange, answerWhenDone, publicCarousel } from '../carousel-answers.ts'
import { ownCarousel, ownSlide } from '../own-carousel.ts'
import { carouselEventStream } from '../carousel-event-stream.ts'
import { readCarouselOrder } from '../carousel-order.ts'
import type { Route, RouteContext } from '../route.ts'
import { carouselSchema } from '../schemas.ts'
import type { GatewayServices } from '../services.ts'
import { carouselFileRoutes, slidePath } from './carousel-files.ts'
import { json, readIdempotencyKey } from './generations.ts'

const record = { mediaType: 'application/json', schema: carouselSchema }
const prefer = { Prefer: 'wait=30 (the default, at most 120) or respond-async' }

const listQuerySchema = z.strictObject({
  limit: integerText(1, 100).optional(),
  cursor: z
    .string()
    .max(200)
    .refine((text) => decodeCarouselCursor(text) !== undefined, 'must be the nextCursor of the page before')
    .optional(),
})

const noQuery = z.strictObject({})
const collection = '/v1/carousels'
const one = `${collection}/{id}`

/** Carousels: one base, fetched, decoded and analysed once, and the slides made of it. */
export function carouselRoutes(services: GatewayServices): Route[] {
  return [...creating(services), ...reading(services), ...carouselFileRoutes(services), ...changing(services)]
}

function creating(services: GatewayServices): Route[] {
  return [
    {
      method: 'POST',
      path: collection,
      right: 'generate',
      summary: 'Make slides of one photograph',
      body: {
        mediaType: 'application/json',
        schema: carouselBodySchema,
        about:
          'base is exactly one of {url}, {image} and {prompt}. Or multipart/form-data: a part named file with the photograph, and a part named carousel with this JSON without base.',
      },
      requestHeaders: {
        ...prefer,
        'Idempotency-Key': 'Repeats of one request with one key do its work once; kept for 24 hours',
      },
      answers: {
        201: { about: 'Every slide has settled, at least one of them stored.', ...record },
        202: { about: 'Accepted; Location has the record.', ...record },
        409: { about: 'The first request with this idempotency key is still running.' },
        415: { about: 'The base is no picture.' },
        422: { about: 'The URL of the base gave no picture, or may not be fetched.' },
      },
      handle: (context) => create(context, services),
    },
    {
      method: 'GET',
      path: collection,
      right: 'read',
      summary: 'Carousels, newest first',
      query: listQuerySchema,
      answers: { 200: { about: 'A page: items, and nextCursor or null.', mediaType: 'application/json' } },
      handle: (context) => list(context, services),
    },
  ]
}

function reading(services: GatewayServices): Route[] {
  return [
    {
      method: 'GET',
      path: one,
      right: 'read',
      summary: 'One carousel, as far as it is',
      answers: { 200: { about: 'The record.', ...record } },
      handle: async (context) => {
        const { record: found } = await ownCarousel(context, services)
        return json(200, publicCarousel(found, services))
      },
    },
    {
      method: 'GET',
      path: `${one}/events`,
      right: 'read',
      summary: 'What happens to a carousel, as server-sent events',
      requestHeaders: { 'Last-Event-ID': 'Events after this one are replayed' },
      answers: {
        200: {
          about: 'queued, base, slide, edited, stored, failed, cancelled.',
          mediaType: 'text/event-stream',
        },
      },
      handle: async (context) =>
        carouselEventStream(context, services, (await ownCarousel(context, services)).carousel),
    },
  ]
}

function changing(services: GatewayServices): Route[] {
  const changed = {
    200: { about: 'It is made; work says what this change alone needed.', ...record },
    202: { about: 'It is being made.', ...record },
  }
  return [
    {
      method: 'PATCH',
      path: slidePath,
      right: 'generate',
      summary: 'Change the words of one slide: one overlay is drawn, and nothing else',
      body: {
        mediaType: 'application/json',
        schema: slideChangeSchema,
        about: 'null removes body or label.',
      },
      requestHeaders: prefer,
      answers: changed,
      handle: async (context) => {
        const change = parseSlideChange(await readJsonBody(context.request))
        const address = await ownSlide(context, services)
        return answerChange(
          context,
          services,
          await services.carousels.change(address, change, (name) => services.models.resolve(name)),
        )
      },
    },
    {
      method: 'POST',
      path: `${slidePath}/retry`,
      right: 'generate',
      summary: 'Try one failed slide again, and the base with it where that is what failed',
      requestHeaders: prefer,
      answers: { ...changed, 409: { about: 'The slide has not failed.' } },
      handle: async (context) =>
        answerChange(
          context,
          services,
          await services.carousels.retry(await ownSlide(context, services), (name) =>
            services.models.resolve(name),
          ),
        ),
    },
    {
      method: 'POST',
      path: `${one}/cancel`,
      right: 'generate',
      summary: 'Withdraw a carousel; slides that are stored stay',
      answers: { 200: { about: 'The record.', ...record }, 409: { about: 'It has already ended.' } },
      handle: async (context) => {
        const { carousel } = await ownCarousel(context, services)
        await services.carousels.cancel(carousel.project, carousel.id)
        return json(200, publicCarousel((await ownCarousel(context, services)).record, services))
      },
    },
  ]
}

async function create(context: RouteContext, services: GatewayServices): Promise<Response> {
  parseWith(noQuery, readQuery(context.url))
  const idempotencyKey = readIdempotencyKey(context.request)
  const order = await readCarouselOrder(context, services, idempotencyKey)
  const accepted = await services.carousels.accept(order)
  if (accepted.kind === 'replayed') {
    return answerWhenDone(
      context,
      services,
      await services.carousels.read(context.caller.project, accepted.carouselId),
      201,
    )
  }
  try {
    return await answerWhenDone(context, services, accepted.carousel, 201)
  } finally {
    if (order.idempotency !== undefined) {
      // What is noted here only lets repeats be answered sooner: no reason to lose the answer.
      await services.carousels
        .answered(order.idempotency.owner, order.idempotency.key)
        .catch((error: unknown) => context.log.warn({ err: error }, 'an answer could not be noted'))
    }
  }
}

async function list(context: RouteContext, services: GatewayServices): Promise<Response> {
  const query = parseWith(listQuerySchema, readQuery(context.url))
  const page = await services.carousels.list({
    project: context.caller.project,
    scopes: context.caller.scopes,
    limit: query.limit ?? 20,
    cursor: query.cursor,
  })
  return json(200, { ...page, items: page.items.map((item) => publicCarousel(item, services)) })
}

import { mediaTypeOf } from '@darkroom/picture'
import { z } from 'zod'
import type { CarouselRecord, CarouselWithSlides } from '../../carousels/carousel-record.ts'
import { decodeCarouselCursor } from '../../carousels/carousel-record.ts'
import { storedErrorOf } from '../../carousels/carousel-row.ts'
import type { Changed } from '../../carousels/carousels.ts'
import type { SlideAddress } from '../../carousels/edit-slide.ts'
import { DarkroomError } from '../../errors.ts'
import { carouselBodySchema, parseSlideChange, slideChangeSchema } from '../../request/carousel-body.ts'
import { readPreference } from '../../request/prefer.ts'
import { integerText, parseWith, readQuery } from '../../request/query.ts'
import { readJsonBody } from '../body.ts'
import { carouselEventStream } from '../carousel-event-stream.ts'
import { readCarouselOrder } from '../carousel-order.ts'
import { defaultProject } from '../picture-origin.ts'
import type { Route, RouteContext } from '../route.ts'
import { carouselSchema } from '../schemas.ts'
import type { GatewayServices } from '../services.ts'
import { publicUrlOf } from '../services.ts'
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
const slide = `${one}/slides/{n}`

/** Carousels: one base, fetched, decoded and analysed once, and the slides made of it. */
export function carouselRoutes(services: GatewayServices): Route[] {
  return [...creating(services), ...reading(services), ...changing(services)]
}

function creating(services: GatewayServices): Route[] {
  return [
    {
      method: 'POST',
      path: collection,
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
      summary: 'One carousel, as far as it is',
      answers: { 200: { about: 'The record.', ...record } },
      handle: async (context) => {
        const { record: found } = await readOne(context, services)
        return json(200, publicCarousel(found, services))
      },
    },
    {
      method: 'GET',
      path: `${one}/events`,
      summary: 'What happens to a carousel, as server-sent events',
      requestHeaders: { 'Last-Event-ID': 'Events after this one are replayed' },
      answers: {
        200: { about: 'queued, base, slide, edited, stored, failed, cancelled.', mediaType: 'text/event-stream' },
      },
      handle: async (context) =>
        carouselEventStream(context, services, (await readOne(context, services)).carousel),
    },
    {
      method: 'GET',
      path: slide,
      summary: 'The picture of one slide, as it is now; the URL in the record is immutable',
      answers: {
        200: { about: 'The slide.', mediaType: 'image/*' },
        304: { about: 'It is the one you have (If-None-Match).' },
        503: { about: 'It is still being made.' },
      },
      handle: (context) => slidePicture(context, services),
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
      path: slide,
      summary: 'Change the words of one slide: one overlay is drawn, and nothing else',
      body: { mediaType: 'application/json', schema: slideChangeSchema, about: 'null removes body or label.' },
      requestHeaders: prefer,
      answers: changed,
      handle: async (context) => {
        const change = parseSlideChange(await readJsonBody(context.request))
        const address = addressOf(context)
        return answerChange(
          context,
          services,
          await services.carousels.change(address, change, (name) => services.models.resolve(name)),
        )
      },
    },
    {
      method: 'POST',
      path: `${slide}/retry`,
      summary: 'Try one failed slide again, and the base with it where that is what failed',
      requestHeaders: prefer,
      answers: { ...changed, 409: { about: 'The slide has not failed.' } },
      handle: async (context) =>
        answerChange(
          context,
          services,
          await services.carousels.retry(addressOf(context), (name) => services.models.resolve(name)),
        ),
    },
    {
      method: 'POST',
      path: `${one}/cancel`,
      summary: 'Withdraw a carousel; slides that are stored stay',
      answers: { 200: { about: 'The record.', ...record }, 409: { about: 'It has already ended.' } },
      handle: async (context) => {
        await services.carousels.cancel(defaultProject, context.params['id'] ?? '')
        return json(200, publicCarousel((await readOne(context, services)).record, services))
      },
    },
  ]
}

async function readOne(
  { params, url }: RouteContext,
  services: GatewayServices,
): Promise<CarouselWithSlides> {
  parseWith(noQuery, readQuery(url))
  return await services.carousels.read(defaultProject, params['id'] ?? '')
}

/** @throws DarkroomError not_found for what is no number */
function addressOf({ params, url }: RouteContext): SlideAddress {
  parseWith(noQuery, readQuery(url))
  const number = params['n'] ?? ''
  if (!/^\d{1,4}$/u.test(number)) {
    throw new DarkroomError('not_found', 'There is no such slide; they are numbered from 0.')
  }
  return { project: defaultProject, carouselId: params['id'] ?? '', index: Number(number) }
}

async function create(context: RouteContext, services: GatewayServices): Promise<Response> {
  parseWith(noQuery, readQuery(context.url))
  const idempotencyKey = readIdempotencyKey(context.request)
  const order = await readCarouselOrder(context, services, defaultProject, idempotencyKey)
  const accepted = await services.carousels.accept(order)
  if (accepted.kind === 'replayed') {
    return answerWhenDone(
      context,
      services,
      await services.carousels.read(defaultProject, accepted.carouselId),
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

/** The record when all slides have settled within the wait, 202 with its address else. */
async function answerWhenDone(
  context: RouteContext,
  services: GatewayServices,
  begun: CarouselWithSlides,
  done: 200 | 201,
): Promise<Response> {
  const preference = readPreference(context.request.headers.get('prefer'))
  const { id } = begun.record
  const headers: Record<string, string> = { location: `/v1/carousels/${id}` }
  if (preference.applied !== undefined) headers['preference-applied'] = preference.applied
  const current =
    preference.waitS > 0
      ? ((await settledWithin(services, id, preference.waitS * 1000, context.request.signal)) ??
        (await services.carousels.read(defaultProject, id)))
      : begun
  const { status, slides } = current.record
  if (status === 'queued' || status === 'running') {
    return json(202, publicCarousel(current.record, services), { ...headers, 'retry-after': '1' })
  }
  if (status === 'failed' && !slides.some((each) => each.status === 'stored')) {
    throw storedErrorOf(current.carousel, id)
  }
  return json(done, publicCarousel(current.record, services), headers)
}

/** The settled carousel; `undefined` when the time is over, or the caller has left and needs no answer. */
async function settledWithin(
  services: GatewayServices,
  id: string,
  waitMs: number,
  callerSignal: AbortSignal,
): Promise<CarouselWithSlides | undefined> {
  const signal = AbortSignal.any([AbortSignal.timeout(waitMs), callerSignal])
  try {
    return await services.carousels.settled(defaultProject, id, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

/** The record, whose `work` is here what the change needed: the whole carousel's is in the record itself. */
async function answerChange(
  context: RouteContext,
  services: GatewayServices,
  { carousel, changed }: Changed,
): Promise<Response> {
  if (!changed) return json(200, publicCarousel(carousel.record, services))
  const response = await answerWhenDone(context, services, carousel, 200)
  const answer = (await response.json()) as CarouselRecord
  return json(response.status, { ...answer, ...workOfEdit(answer) }, Object.fromEntries(response.headers))
}

function workOfEdit({ edit }: CarouselRecord): Pick<CarouselRecord, 'work' | 'workDetail'> | undefined {
  return edit === undefined ? undefined : { work: edit.work, workDetail: edit.workDetail }
}

async function list(context: RouteContext, services: GatewayServices): Promise<Response> {
  const query = parseWith(listQuerySchema, readQuery(context.url))
  const page = await services.carousels.list({
    project: defaultProject,
    limit: query.limit ?? 20,
    cursor: query.cursor,
  })
  return json(200, { ...page, items: page.items.map((item) => publicCarousel(item, services)) })
}

async function slidePicture(context: RouteContext, services: GatewayServices): Promise<Response> {
  const { carouselId, index } = addressOf(context)
  const { record: found } = await services.carousels.read(defaultProject, carouselId)
  const wanted = found.slides[index]
  if (wanted === undefined) {
    throw new DarkroomError('not_found', 'There is no such slide; they are numbered from 0.')
  }
  if (wanted.status === 'queued') {
    throw new DarkroomError('generation_pending', 'This slide is still being made; ask again.', {
      retryAfterS: 1,
    })
  }
  if (wanted.status === 'failed') {
    const { code, message } = wanted.error ?? { code: 'internal', message: '' }
    throw storedErrorOf({ error_code: code, error_message: message }, carouselId)
  }
  if (wanted.id === null || wanted.url === null) {
    throw new DarkroomError('not_found', 'This slide was never made, or it was taken down.')
  }
  const image = await services.images.read(wanted.id)
  const headers = {
    etag: `"${image.object_hash}"`,
    // The same address shows another picture after a change.
    'cache-control': 'private, no-cache',
    'content-location': wanted.url,
  }
  if (context.request.headers.get('if-none-match') === headers.etag) {
    return new Response(null, { status: 304, headers })
  }
  const object = await services.objects.get(image.object_hash)
  if (object === undefined) throw new DarkroomError('not_found', 'This slide was taken down.')
  return new Response(new Uint8Array(object.value), {
    headers: {
      ...headers,
      'content-type': mediaTypeOf(found.format),
      'content-length': String(object.value.byteLength),
    },
  })
}

/** The record as it leaves the house: URLs with the public address. */
export function publicCarousel(
  carousel: CarouselRecord,
  services: Pick<GatewayServices, 'publicUrl'>,
): CarouselRecord {
  return {
    ...carousel,
    slides: carousel.slides.map((each) => ({
      ...each,
      url: each.url === null ? null : publicUrlOf(services, each.url),
    })),
  }
}

import type { AskOptions, CallOptions, ListOptions } from './call-options.ts'
import { askHeaders, newIdempotencyKey } from './call-options.ts'
import type { EventsOptions, WorkEvent } from './events.ts'
import type { Page } from './pages.ts'
import { pages } from './pages.ts'
import type { Carousel, CarouselRequest, SlideChange } from './schema.ts'
import type { Call, Transport } from './transport.ts'
import { createWork } from './work.ts'

/** What is asked for, with the photograph itself where it is not at a URL, stored here or prompted for. */
export type CarouselAsk = CarouselRequest | (Omit<CarouselRequest, 'base'> & { file: Blob })

/** One photograph and the slides made of it. */
export interface Carousels {
  /** Asks, and answers at once with the record as it was accepted. @throws ApiError */
  create(ask: CarouselAsk, options?: AskOptions): Promise<Carousel>
  get(id: string, options?: CallOptions): Promise<Carousel>
  /** Newest first; each page is fetched when it is come to. */
  list(options?: ListOptions): AsyncGenerator<Carousel, void, undefined>
  events(id: string, options?: EventsOptions): AsyncGenerator<WorkEvent, void, undefined>
  /** The record once every slide has settled, however it did. */
  settled(id: string, options?: CallOptions): Promise<Carousel>
  /** Changes the texts of one slide, from 0: its overlay is made anew, and nothing else. */
  editSlide(id: string, index: number, change: SlideChange, options?: AskOptions): Promise<Carousel>
  /** Tries a slide again that failed. */
  retrySlide(id: string, index: number, options?: AskOptions): Promise<Carousel>
  cancel(id: string, options?: CallOptions): Promise<Carousel>
  /** All slides and a manifest. @throws ApiError `not_settled` */
  zip(id: string, options?: CallOptions): Promise<Response>
  pdf(id: string, options?: CallOptions): Promise<Response>
}

const root = '/v1/carousels'
const editWaitS = 30

export function createCarousels(transport: Transport): Carousels {
  const { pathOf, get, events, settled, cancel } = createWork<Carousel>(transport, root)
  const file = async (id: string, end: string, { signal }: CallOptions = {}): Promise<Response> =>
    await transport.send({ method: 'GET', path: pathOf(id, end), signal, repeatable: true })
  return {
    get,
    events,
    settled,
    cancel,
    create: async (ask, options = {}) =>
      await transport.json({
        method: 'POST',
        path: root,
        ...bodyOf(ask),
        headers: askHeaders(options.waitS ?? 0, options.idempotencyKey ?? newIdempotencyKey()),
        signal: options.signal,
        repeatable: true,
      }),
    list: ({ signal, pageSize } = {}) =>
      pages<Carousel>(
        async (cursor): Promise<Page<Carousel>> =>
          await transport.json({
            method: 'GET',
            path: root,
            query: { cursor, limit: pageSize },
            signal,
            repeatable: true,
          }),
      ),
    // The texts are set, not added to: twice is once.
    editSlide: async (id, index, change, { waitS = editWaitS, signal } = {}) =>
      await transport.json({
        method: 'PATCH',
        path: pathOf(id, `/slides/${index}`),
        json: change,
        headers: askHeaders(waitS),
        signal,
        repeatable: true,
      }),
    retrySlide: async (id, index, { waitS = editWaitS, signal } = {}) =>
      await transport.json({
        method: 'POST',
        path: pathOf(id, `/slides/${index}/retry`),
        headers: askHeaders(waitS),
        signal,
        repeatable: false,
      }),
    zip: async (id, options) => await file(id, '.zip', options),
    pdf: async (id, options) => await file(id, '.pdf', options),
  }
}

function bodyOf(ask: CarouselAsk): Pick<Call, 'json' | 'body'> {
  if (!('file' in ask)) return { json: ask }
  const { file, ...carousel } = ask
  const form = new FormData()
  form.set('file', file)
  form.set('carousel', JSON.stringify(carousel))
  return { body: form }
}

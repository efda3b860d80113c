import { ApiError } from './api-error.ts'
import type { EventsOptions, WorkEvent } from './events.ts'
import { pages } from './pages.ts'
import type { Page } from './pages.ts'
import type { Generation, GenerationRequest } from './schema.ts'
import type { Transport } from './transport.ts'
import type { AskOptions, CallOptions, ListOptions } from './call-options.ts'
import { askHeaders, newIdempotencyKey } from './call-options.ts'
import { createWork } from './work.ts'

/** Requests for pictures. */
export interface Generations {
  /** Asks, and answers at once with the record as it was accepted. @throws ApiError */
  create(request: GenerationRequest, options?: AskOptions): Promise<Generation>
  /** @throws ApiError `not_found` */
  get(id: string, options?: CallOptions): Promise<Generation>
  /** Newest first; each page is fetched when it is come to. @param options.search text in the prompt */
  list(options?: ListOptions & { search?: string }): AsyncGenerator<Generation, void, undefined>
  /** What happens to it until it has ended. */
  events(id: string, options?: EventsOptions): AsyncGenerator<WorkEvent, void, undefined>
  /** The record once every picture has settled, however it did. */
  settled(id: string, options?: CallOptions): Promise<Generation>
  /** Withdraws it: work that nobody else wants stops. @throws ApiError `already_settled` */
  cancel(id: string, options?: CallOptions): Promise<Generation>
  /** Retires its pictures and asks for the next revision of them. */
  regenerate(id: string, options?: CallOptions): Promise<Generation>
}

const root = '/v1/generations'

export function createGenerations(transport: Transport): Generations {
  const { pathOf, get, events, settled, cancel } = createWork<Generation>(transport, root)
  return {
    get,
    events,
    settled,
    cancel,
    create: async (request, options = {}) =>
      await transport.json({
        method: 'POST',
        path: root,
        json: request,
        headers: askHeaders(options.waitS ?? 0, options.idempotencyKey ?? newIdempotencyKey()),
        signal: options.signal,
        repeatable: true,
      }),
    list: ({ search, signal, pageSize } = {}) =>
      pages<Generation>(
        async (cursor): Promise<Page<Generation>> =>
          await transport.json({
            method: 'GET',
            path: root,
            query: { cursor, limit: pageSize, q: search },
            signal,
            repeatable: true,
          }),
      ),
    regenerate: async (id, { signal } = {}) =>
      await transport.json({
        method: 'POST',
        path: pathOf(id, '/regenerate'),
        headers: askHeaders(0),
        signal,
        repeatable: false,
      }),
  }
}

/** @throws ApiError when no picture of it is there */
export function requireStored(generation: Generation): Generation {
  if (generation.images.some((image) => image.status === 'stored')) return generation
  const { code, message } = generation.error ?? {
    code: generation.status === 'cancelled' ? 'cancelled' : 'backend_failed',
    message: `The generation was ${generation.status}.`,
  }
  throw new ApiError(message, { status: 200, code, generationId: generation.id })
}

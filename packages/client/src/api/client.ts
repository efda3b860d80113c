import type { AskOptions, CallOptions } from './call-options.ts'
import { isSettled } from './call-options.ts'
import type { CarouselAsk, Carousels } from './carousels.ts'
import { createCarousels } from './carousels.ts'
import type { Generations } from './generations.ts'
import { createGenerations, requireStored } from './generations.ts'
import type {
  Carousel,
  Generation,
  GenerationRequest,
  Image,
  ImageQuery,
  LiveQuery,
  PurgeRequest,
} from './schema.ts'
import { createTransport, sleep } from './transport.ts'

export interface ClientOptions {
  /** Where the server is. In a page its own origin is the default. */
  baseUrl?: string | URL | undefined
  /** An API key, `dk_…`. Whoever reads the page reads a key that is in it: in browsers use signed URLs or a proxy. */
  key?: string | undefined
  /** Another `fetch`. */
  fetch?: typeof fetch | undefined
  /** Tries after the first, of calls that it is safe to repeat. Default 3. */
  maxRetries?: number | undefined
  /** A longer `Retry-After` than this is not waited for, in seconds. Default 60. */
  maxRetryAfterS?: number | undefined
}

/** A Darkroom server. */
export interface Client {
  readonly generations: Generations
  readonly carousels: Carousels
  /** Asks for pictures, and waits until they are there. @throws ApiError when none of them could be made */
  generate(request: GenerationRequest, options?: AskOptions): Promise<Generation>
  /** Asks for a carousel, and waits until every slide has settled; a slide that failed says so in its record. */
  carousel(ask: CarouselAsk, options?: AskOptions): Promise<Carousel>
  /** Stores a picture: a base, a reference, a logo. The same bytes always have the same id. */
  upload(
    file: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
    options?: UploadOptions,
  ): Promise<Image>
  /** Drops cached copies. @returns how many processes' caches were told is not known: they all hear of it */
  purge(targets: PurgeRequest, options?: CallOptions): Promise<{ purged: number }>
  /** Takes a picture down, with everything made from it. */
  deleteImage(id: string, options?: CallOptions): Promise<void>
  /** The address of a prompt's picture: it is made when it is first asked for. */
  liveUrl(scope: string, query: LiveQuery): string
  /** The address of a stored picture, in a size and format. */
  imageUrl(id: string, query?: ImageQuery): string
  /** A stored picture's bytes, in the answer's body. */
  image(id: string, query?: ImageQuery, options?: CallOptions): Promise<Response>
}

export interface UploadOptions extends CallOptions {
  /** Of bytes and streams; a Blob has its own. */
  mediaType?: string | undefined
}

/** The server ends what waits longer. */
const maxWaitS = 120

/**
 * A client of one server.
 * @throws TypeError for a base URL that is none
 */
export function createClient(options: ClientOptions = {}): Client {
  const baseUrl = baseUrlOf(options.baseUrl)
  const transport = createTransport({
    baseUrl,
    key: options.key,
    // Called as a method `fetch` of a browser throws.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    maxRetries: options.maxRetries ?? 3,
    maxRetryAfterS: options.maxRetryAfterS ?? 60,
    sleep,
    random: Math.random,
  })
  const generations = createGenerations(transport)
  const carousels = createCarousels(transport)
  const imagePath = (id: string): string => `/images/${encodeURIComponent(id)}`
  return {
    generations,
    carousels,
    async generate(request, ask = {}) {
      const accepted = await generations.create(request, { waitS: maxWaitS, ...ask })
      return requireStored(
        isSettled(accepted.status)
          ? accepted
          : await generations.settled(accepted.id, { signal: ask.signal }),
      )
    },
    async carousel(request, ask = {}) {
      const accepted = await carousels.create(request, { waitS: maxWaitS, ...ask })
      return isSettled(accepted.status)
        ? accepted
        : await carousels.settled(accepted.id, { signal: ask.signal })
    },
    upload: async (file, { mediaType = 'application/octet-stream', signal } = {}) =>
      await transport.json({
        method: 'POST',
        path: '/v1/uploads',
        body: file,
        headers: file instanceof Blob && file.type !== '' ? {} : { 'content-type': mediaType },
        signal,
        repeatable: true,
      }),
    purge: async (targets, { signal } = {}) =>
      await transport.json({ method: 'POST', path: '/v1/purge', json: targets, signal, repeatable: true }),
    deleteImage: async (id, { signal } = {}) => {
      const path = `/v1/images/${encodeURIComponent(id)}`
      await transport.send({ method: 'DELETE', path, signal, repeatable: true })
    },
    liveUrl: (scope, query) => urlOf(baseUrl, `/live/${encodeURIComponent(scope)}`, query),
    imageUrl: (id, query = {}) => urlOf(baseUrl, imagePath(id), query),
    image: async (id, query = {}, { signal } = {}) =>
      await transport.send({
        method: 'GET',
        path: imagePath(id),
        query: { ...query },
        signal,
        repeatable: true,
      }),
  }
}

function baseUrlOf(given: string | URL | undefined): URL {
  if (given !== undefined) return new URL(given)
  if (typeof location !== 'undefined') return new URL('/', location.href)
  throw new TypeError(
    'createClient needs baseUrl outside a page: where the server is, such as http://127.0.0.1:8787.',
  )
}

function urlOf(baseUrl: URL, path: string, query: object): string {
  const url = new URL(baseUrl.pathname.replace(/\/$/u, '') + path, baseUrl)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url.href
}

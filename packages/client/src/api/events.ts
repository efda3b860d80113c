import { EventSourceParserStream } from 'eventsource-parser/stream'
import { ApiError } from './api-error.ts'
import type { Transport } from './transport.ts'
import { sleep } from './transport.ts'

/** Something that happened to a generation or a carousel. */
export interface WorkEvent {
  /** Where it stands in the stream: give it as `lastEventId` to go on behind it. */
  id: string
  /** `queued`, `loading`, `started`, `progress`, `preview`, `stored`, `failed`, `cancelled`; a carousel's too. */
  type: string
  /** When, as ISO 8601. */
  at: string
  /** Of a request of several pictures: which, from 0. */
  index?: number
  /** The id that this picture has once it is stored. */
  imageId?: string | null
  /** @deprecated the same as `index` */
  image?: number
  [field: string]: unknown
}

export interface EventsOptions {
  signal?: AbortSignal | undefined
  /** Only what came after this event. */
  lastEventId?: string | undefined
}

const reconnectMs = 500
const maxReconnects = 20

/**
 * Events until the work has ended. A connection that breaks is made anew, and nothing is missed or told twice:
 * the server replays what came after `Last-Event-ID` (WHATWG HTML §9.2).
 * @param isOver asked when a stream ends: a proxy ends streams too
 */
export async function* workEvents(
  transport: Transport,
  path: string,
  isOver: () => Promise<boolean>,
  { signal, lastEventId }: EventsOptions,
): AsyncGenerator<WorkEvent, void, undefined> {
  let position = lastEventId
  for (let failures = 0; failures <= maxReconnects;) {
    try {
      for await (const event of oneStream(transport, path, position, signal)) {
        failures = 0
        position = event.id
        yield event
      }
      if (await isOver()) return
    } catch (error) {
      signal?.throwIfAborted()
      // An answer is an answer: only what broke on the way is tried again.
      if (error instanceof ApiError && error.status !== 0) throw error
    }
    failures += 1
    await sleep(reconnectMs * Math.min(failures, 10), signal)
  }
  throw new ApiError(`The events of ${path} break off again and again.`, { status: 0, code: 'network' })
}

async function* oneStream(
  transport: Transport,
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<WorkEvent, void, undefined> {
  const headers: Record<string, string> = { accept: 'text/event-stream' }
  if (lastEventId !== undefined) headers['last-event-id'] = lastEventId
  const response = await transport.send({ method: 'GET', path, headers, signal, repeatable: true })
  if (response.body === null) return
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
    .pipeThrough(new EventSourceParserStream())
    .getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const data = JSON.parse(value.data) as Record<string, unknown> & { at: string }
      yield { ...data, id: value.id ?? '', type: value.event ?? 'message' }
    }
  } finally {
    // The server stops reading for who has left.
    await reader.cancel().catch(() => undefined)
  }
}

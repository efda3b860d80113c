import type { GenerationEvent } from '../generation/events.ts'
import { isSettled } from '../generation/generation-row.ts'
import type { RequestWithGenerations } from '../generation/record.ts'
import type { RouteContext } from './route.ts'
import type { GatewayServices } from './services.ts'

/** A comment this often keeps proxies from closing a quiet stream. */
export const keepAliveMs: number = 15_000

/** An event of a request: which of its pictures it is about, besides the event itself. */
export interface RequestEvent {
  index: number
  event: GenerationEvent
  /** The number of the last event of each picture, in order. */
  position: readonly number[]
}

/**
 * The events of a request in order, from a position on, until every picture has settled. Events are read from the
 * database, so a reader may leave and come back, on another process too, and misses nothing.
 */
export async function* requestEvents(
  services: GatewayServices,
  request: RequestWithGenerations,
  from: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<RequestEvent | 'quiet'> {
  const ids = request.generations.map((row) => row.id)
  const position = ids.map((_, index) => from[index] ?? 0)
  let wake = Promise.withResolvers<void>()
  const forget = services.generations.onEvent(ids, () => wake.resolve())
  try {
    while (!signal.aborted) {
      wake = Promise.withResolvers<void>()
      // The state is read before the events: a settled state with all events read is the end.
      const { generations } = await services.generations.read(request.request.project, request.record.id)
      for (const [index, id] of ids.entries()) {
        for (const event of await services.generations.events(id, position[index] ?? 0)) {
          position[index] = event.seq
          yield { index, event, position: [...position] }
        }
      }
      if (generations.every((row) => isSettled(row.status))) return
      if (!(await wokenWithin(wake.promise, keepAliveMs, signal))) yield 'quiet'
    }
  } finally {
    forget()
  }
}

/** Whether it was woken before the time was over. */
export async function wokenWithin(
  woken: Promise<void>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const over = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => over.resolve(false), timeoutMs)
  const abort = (): void => over.resolve(true)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([woken.then(() => true), over.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** `GET …/events`: server-sent events (WHATWG HTML §9.2). The id of each is the position of all pictures. */
export function eventStream(
  context: RouteContext,
  services: GatewayServices,
  request: RequestWithGenerations,
): Response {
  const from = parsePosition(context.request.headers.get('last-event-id'))
  return streamOf(context.request.signal, async function* (signal) {
    for await (const item of requestEvents(services, request, from, signal)) {
      if (item === 'quiet') {
        yield ': still here\n\n'
        continue
      }
      const { event, index, position } = item
      const imageId = request.record.images[index]?.id ?? null
      // `image` is how releases before called the index.
      const data = JSON.stringify({ index, imageId, image: index, at: event.at.toISOString(), ...event.data })
      yield `id: ${position.join('.')}\nevent: ${event.type}\ndata: ${data}\n\n`
    }
  })
}

/** A `text/event-stream` answer from chunks; the generator's signal ends with the reader. */
export function streamOf(
  requestSignal: AbortSignal,
  chunks: (signal: AbortSignal) => AsyncGenerator<string>,
): Response {
  const left = new AbortController()
  const iterator = chunks(AbortSignal.any([requestSignal, left.signal]))
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await iterator.next()
      if (next.done === true) controller.close()
      else controller.enqueue(encoder.encode(next.value))
    },
    cancel: async () => {
      left.abort()
      await iterator.return(undefined)
    },
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  })
}

/** `3.5` → [3, 5]. What is no position of ours starts from the beginning, as a first connection does. */
function parsePosition(header: string | null): number[] {
  if (header === null || !/^\d{1,9}(?:\.\d{1,9}){0,9}$/u.test(header)) return []
  return header.split('.').map(Number)
}

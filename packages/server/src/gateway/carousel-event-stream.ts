import type { CarouselRow } from '../carousels/carousel-row.ts'
import { isSettled } from '../generation/generation-row.ts'
import { keepAliveMs, streamOf, wokenWithin } from './event-stream.ts'
import type { RouteContext } from './route.ts'
import type { GatewayServices } from './services.ts'
import { publicUrlOf } from './services.ts'

/**
 * `GET …/events` of a carousel: server-sent events from a number on, until it has settled. They are read from the
 * database, so a reader may leave and come back, on another process too, and misses nothing.
 */
export function carouselEventStream(
  context: RouteContext,
  services: GatewayServices,
  { id, project }: CarouselRow,
): Response {
  const from = parseSeq(context.request.headers.get('last-event-id'))
  return streamOf(context.request.signal, (signal) => chunks(services, { id, project, from }, signal))
}

async function* chunks(
  services: GatewayServices,
  { id, project, from }: { id: string; project: string; from: number },
  signal: AbortSignal,
): AsyncGenerator<string> {
  let position = from
  let wake = Promise.withResolvers<void>()
  const forget = services.carousels.onEvent(id, () => wake.resolve())
  try {
    while (!signal.aborted) {
      wake = Promise.withResolvers<void>()
      // The state is read before the events: a settled state with all events read is the end.
      const { record } = await services.carousels.read(project, id)
      for (const event of await services.carousels.events(id, position)) {
        position = event.seq
        const data = JSON.stringify({ at: event.at.toISOString(), ...withPublicUrl(event.data, services) })
        yield `id: ${event.seq}\nevent: ${event.type}\ndata: ${data}\n\n`
      }
      if (isSettled(record.status)) return
      if (!(await wokenWithin(wake.promise, keepAliveMs, signal))) yield ': still here\n\n'
    }
  } finally {
    forget()
  }
}

function withPublicUrl(
  data: Record<string, unknown>,
  services: Pick<GatewayServices, 'publicUrl'>,
): Record<string, unknown> {
  return typeof data['url'] === 'string' ? { ...data, url: publicUrlOf(services, data['url']) } : data
}

/** What is no number of ours starts from the beginning, as a first connection does. */
function parseSeq(header: string | null): number {
  return header !== null && /^\d{1,9}$/u.test(header) ? Number(header) : 0
}

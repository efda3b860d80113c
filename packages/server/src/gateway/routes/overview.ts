import { z } from 'zod'
import { parseWith, readQuery } from '../../request/query.ts'
import { streamOf, wokenWithin } from '../event-stream.ts'
import type { Route, RouteContext } from '../route.ts'
import type { GatewayServices } from '../services.ts'
import { json } from './generations.ts'

const everyMs = 2000

const noQuery = z.strictObject({})

const overviewSchema = z.object({
  at: z.iso.datetime(),
  requests: z.object({
    perMinute: z.number(),
    byClass: z.record(z.string(), z.int()),
    hitShare: z.number().nullable(),
  }),
  latency: z.array(
    z.object({
      class: z.string(),
      count: z.int(),
      p50Ms: z.number(),
      p95Ms: z.number(),
      p99Ms: z.number(),
    }),
  ),
  queue: z.object({
    queued: z.int(),
    running: z.int(),
    speculative: z.int(),
    oldestQueuedMs: z.number().nullable(),
    failedLastHour: z.int(),
  }),
  workers: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      models: z.array(z.string()),
      busy: z.int(),
      since: z.iso.datetime(),
    }),
  ),
  failures: z.array(
    z.object({
      requestId: z.string().nullable(),
      at: z.iso.datetime(),
      code: z.string(),
      message: z.string(),
    }),
  ),
})

/** How the platform is now: what the dashboard shows first. Figures of all processes and projects. */
export function overviewRoutes(services: Pick<GatewayServices, 'overview'>): Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/overview',
      right: 'admin',
      summary: 'How the platform is now: traffic of five minutes, queue, workers, failures',
      query: noQuery,
      answers: {
        200: { about: 'The overview.', mediaType: 'application/json', schema: overviewSchema },
      },
      handle: async ({ url }) => {
        parseWith(noQuery, readQuery(url))
        return json(200, await services.overview.read())
      },
    },
    {
      method: 'GET',
      path: '/v1/overview/events',
      right: 'admin',
      summary: 'The overview every two seconds, as server-sent events without an end',
      query: noQuery,
      answers: { 200: { about: 'overview events.', mediaType: 'text/event-stream' } },
      handle: (context) => events(context, services),
    },
  ]
}

async function events(
  { request, url }: RouteContext,
  { overview }: Pick<GatewayServices, 'overview'>,
): Promise<Response> {
  parseWith(noQuery, readQuery(url))
  // Before the stream begins: what cannot be read at all is an answer with a reason.
  const first = await overview.read()
  const never = new Promise<void>(() => {})
  return streamOf(request.signal, async function* (signal) {
    yield `event: overview\ndata: ${JSON.stringify(first)}\n\n`
    while (!signal.aborted) {
      await wokenWithin(never, everyMs, signal)
      if (signal.aborted) return
      // The database is away for a while: the stream ends, and its reader comes back to be told.
      const next = await overview.read().catch(() => undefined)
      if (next === undefined) return
      yield `event: overview\ndata: ${JSON.stringify(next)}\n\n`
    }
  })
}

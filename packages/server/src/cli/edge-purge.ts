import type { CdnAdapter, Edge } from '@darkroom/edge'
import { purgeInBatches } from '@darkroom/edge'
import { hash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { z } from 'zod'

/** Where `darkroom edge` takes purges; nothing else of it is ours. */
export const edgePurgePath = '/.darkroom/purge'

/**
 * Whether a request target, relative or absolute, is the address of purges. With a query too, which is refused then:
 * passed on, the origin would be shown the key.
 */
export function isEdgePurge(target: string | undefined): boolean {
  const base = 'http://edge.internal'
  if (target === undefined || !URL.canParse(target, base)) return false
  return new URL(target, base).pathname === edgePurgePath
}

const maxBodyBytes = 1024 * 1024

const targets = ['tags', 'urls', 'everything'] as const

const bodySchema = z
  .strictObject({
    tags: z.array(z.string().min(1).max(1024)).min(1).max(1000).optional(),
    urls: z
      .array(z.url({ protocol: /^https?$/u }))
      .min(1)
      .max(1000)
      .optional(),
    everything: z.literal(true).optional(),
    soft: z.boolean().default(false),
  })
  .refine(
    (body) => targets.filter((name) => body[name] !== undefined).length === 1,
    `give exactly one of ${targets.join(', ')}`,
  )

type Body = z.output<typeof bodySchema>

export interface EdgePurgeOptions {
  edge: Pick<Edge, 'purge'>
  /** URLs are kept below this one, whatever name readers use. */
  base: URL
  adapters: readonly CdnAdapter[]
  /** What callers show as `Authorization: Bearer …`. */
  key: string
  log: Logger
}

/** What became of a purge at one CDN. */
interface AtCdn {
  name: string
  status: 'done' | 'failed'
  reason?: string
  retryAfterS?: number
}

/**
 * `POST /.darkroom/purge` of `darkroom edge`: drops answers here, and then at each CDN in front. Nothing is kept: the
 * answer comes when all have been called, and is 502 where one of them has not purged. Asking again does no harm.
 */
export function createEdgePurge(
  options: EdgePurgeOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const wanted = hash('sha256', `Bearer ${options.key}`, 'buffer')
  return (request, response) => {
    answer(request, options, wanted)
      .catch((error: unknown) => {
        options.log.error({ err: error }, 'a purge failed')
        return problem(500, 'The purge failed', 'Ask again; the log of the edge says why.')
      })
      .then(({ status, headers, body }) => {
        response.writeHead(status, { 'cache-control': 'no-store', ...headers }).end(JSON.stringify(body))
      })
      .catch(() => response.destroy())
  }
}

interface Answer {
  status: number
  headers: Record<string, string>
  body: object
}

async function answer(request: IncomingMessage, options: EdgePurgeOptions, wanted: Buffer): Promise<Answer> {
  const shown = hash('sha256', request.headers.authorization ?? '', 'buffer')
  if (!timingSafeEqual(shown, wanted)) {
    const refused = problem(
      401,
      'The key is missing or wrong',
      'Show DARKROOM_EDGE_PURGE_KEY as a bearer token.',
    )
    return { ...refused, headers: { ...refused.headers, 'www-authenticate': 'Bearer' } }
  }
  if (request.method !== 'POST') {
    const refused = problem(405, 'Method not allowed', 'Purge with POST.')
    return { ...refused, headers: { ...refused.headers, allow: 'POST' } }
  }
  if (request.url?.includes('?') === true)
    return problem(400, 'This is no purge', 'Send what is to be purged in the body, and no query.')
  const text = await bodyText(request)
  if (text === undefined) return tooLarge()
  const parsed = bodySchema.safeParse(jsonOrUndefined(text))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return problem(
      400,
      'This is no purge',
      `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is wrong'}. Send {"tags": […]}, {"urls": [absolute URLs]} or {"everything": true}, and "soft": true to mark stale.`,
    )
  }
  const { soft } = parsed.data
  // Ours first: a CDN that was told first would fetch the old answer once more.
  const { purged } = await options.edge.purge(localPurge(parsed.data, options.base))
  const cdns = await Promise.all(options.adapters.map((adapter) => atCdn(adapter, parsed.data, options.log)))
  return {
    status: cdns.every(({ status }) => status === 'done') ? 200 : 502,
    headers: { 'content-type': 'application/json' },
    body: { purged, soft, cdns },
  }
}

function localPurge({ tags, urls, everything, soft }: Body, base: URL): Parameters<Edge['purge']>[0] {
  const local = urls?.map((text) => {
    const { pathname, search } = new URL(text)
    return new URL(pathname + search, base).href
  })
  return { tags, urls: local, everything, allDomains: everything, soft }
}

async function atCdn(
  adapter: CdnAdapter,
  { tags, urls, everything, soft }: Body,
  log: Logger,
): Promise<AtCdn> {
  const purge = { tags, urls, everything, soft, reference: randomUUID() }
  const outcome = await purgeInBatches(adapter, purge, new AbortController().signal)
  const { name } = adapter
  if (outcome.outcome === 'done') return { name, status: 'done' }
  log.error({ cdn: name, reason: outcome.reason }, 'a CDN did not purge')
  const retryAfterMs = outcome.outcome === 'retry' ? outcome.retryAfterMs : undefined
  return {
    name,
    status: 'failed',
    reason: outcome.reason,
    ...(retryAfterMs === undefined ? {} : { retryAfterS: Math.ceil(retryAfterMs / 1000) }),
  }
}

/** `undefined`: too much. */
async function bodyText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Read to its end all the same: a sender that is cut off half way never sees why.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes <= maxBodyBytes) chunks.push(chunk)
    else if (bytes > 16 * maxBodyBytes) break
  }
  return bytes > maxBodyBytes ? undefined : Buffer.concat(chunks).toString('utf8')
}

/** What is left of the body is not read: a connection that is kept would wait for it before the next request. */
function tooLarge(): Answer {
  const refused = problem(413, 'Too large', `A purge has at most ${maxBodyBytes} bytes.`)
  return { ...refused, headers: { ...refused.headers, connection: 'close' } }
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function problem(status: number, title: string, detail: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { type: 'about:blank', title, status, detail },
  }
}

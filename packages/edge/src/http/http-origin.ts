import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { Origin, OriginContext } from '../edge-options.ts'
import { withoutHopByHop } from '../headers/header-list.ts'

/** An origin behind a socket. */
export interface HttpOriginOptions {
  /** `http://host:port` or `https://host`, without a path: the paths of the requests are asked for. */
  url: string | URL
  /** Give up when nothing at all arrives for so long: no connection, no headers, or no more of a body. Default 300,000. */
  idleTimeoutMs?: number | undefined
  /** What the requests say of us in `Via` (RFC 9110 section 7.6.3). Default `darkroom`. */
  viaName?: string | undefined
}

/** An origin that can be let go of. */
export interface HttpOrigin {
  readonly url: URL
  readonly fetch: Origin
  /** Closes idle connections; requests under way end by themselves. */
  close(): void
}

/** The origin could not be asked, or did not answer in HTTP. */
export class OriginError extends Error {
  override readonly name = 'OriginError'
  readonly code: 'origin_unreachable' | 'origin_timeout' | 'origin_bad_answer'

  constructor(code: OriginError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

const defaultIdleTimeoutMs = 300_000

/** Of one answer. Node's 16 KiB are less than the tags that CDNs take: an answer with more was a 502. */
const maxFieldBytes = 1024 * 1024

/**
 * Never sent on. `host` is the origin's own, so that a client's cannot choose the answer that others get. The rest
 * says where a request came from or where it should have gone: applications build links and routes from them, no
 * cache key has them, and whoever sends a forged one would have its answer stored for everybody.
 */
const refusedFields: ReadonlySet<string> = new Set([
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-host',
  'x-http-method-override',
  'x-original-host',
  'x-original-url',
  'x-real-ip',
  'x-rewrite-url',
])

/** Statuses whose answers have no body (Fetch standard). */
const nullBodyStatuses: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * An origin for `createEdge` that is asked over `node:http` or `node:https`, with kept connections and bodies that
 * stream both ways. Not over `fetch`: undici refuses a 304 that carries Content-Length, which servers may send
 * (RFC 9110 section 8.6), and decodes bodies that must stay as they are.
 * @throws TypeError if the URL is not http or https, or has a path, a query or credentials
 */
export function createHttpOrigin(options: HttpOriginOptions): HttpOrigin {
  const url = originUrl(options.url)
  const secure = url.protocol === 'https:'
  const idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const send = secure ? httpsRequest : httpRequest
  const via = `1.1 ${options.viaName ?? 'darkroom'}`
  const ask = async (request: Request, context: OriginContext, repeated: boolean): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    const sent = send({
      agent,
      method: request.method,
      protocol: url.protocol,
      // An IPv6 address stands in brackets in a URL, and without them here.
      hostname: url.hostname.replace(/^\[(.*)\]$/u, '$1'),
      port: url.port,
      path: pathname + search,
      headers: fieldsFor(request, via),
      maxHeaderSize: maxFieldBytes,
      signal: request.signal,
    } satisfies RequestOptions)
    try {
      const answer = await exchange(sent, request, context, idleTimeoutMs)
      return responseOf(answer, request.method)
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason
      // The origin closed a kept connection just as it was used again: it has seen nothing of this request.
      if (!repeated && sent.reusedSocket && isReset(error) && isRepeatable(request))
        return ask(request, context, true)
      throw originErrorOf(error, url)
    }
  }
  return {
    url,
    fetch: (request, context) => ask(request, context, false),
    close: () => agent.destroy(),
  }
}

function originUrl(given: string | URL): URL {
  const url = new URL(given)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`an origin is an http:// or https:// URL, not ${url.protocol}`)
  if (
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== '' ||
    url.password !== ''
  )
    throw new TypeError('an origin is a scheme, a host and a port: leave out path, query and credentials')
  return url
}

function fieldsFor(request: Request, via: string): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [name, value] of withoutHopByHop([...request.headers])) {
    if (!refusedFields.has(name)) fields[name] = value
  }
  fields['via'] = fields['via'] === undefined ? via : `${fields['via']}, ${via}`
  if (request.body === null) delete fields['content-length']
  // Said explicitly: node:http sends a DELETE's body without any framing, and the origin takes it for a request.
  else if (fields['content-length'] === undefined) fields['transfer-encoding'] = 'chunked'
  return fields
}

/** Sends the request with its body; resolves when the headers of the final answer are there. */
async function exchange(
  sent: ClientRequest,
  request: Request,
  context: OriginContext,
  idleTimeoutMs: number,
): Promise<IncomingMessage> {
  const answer = Promise.withResolvers<IncomingMessage>()
  sent.on('response', answer.resolve)
  sent.on('error', answer.reject)
  // Without a listener node:http destroys the connection by itself, and no event tells of it here.
  sent.on('upgrade', (_message, socket) => {
    socket.destroy()
    answer.reject(
      new OriginError('origin_bad_answer', 'the origin changed the protocol, which nobody asked for'),
    )
  })
  sent.on('information', ({ statusCode, rawHeaders }) => context.inform?.(statusCode, fieldsOf(rawHeaders)))
  sent.setTimeout(idleTimeoutMs, () =>
    sent.destroy(new OriginError('origin_timeout', `the origin was silent for ${idleTimeoutMs} ms`)),
  )
  if (request.body === null) sent.end()
  else {
    // An early answer, such as a refusal of a large upload, is an answer all the same.
    pipeline(Readable.fromWeb(request.body as NodeReadableStream), sent).catch(answer.reject)
  }
  return await answer.promise
}

function fieldsOf(rawHeaders: readonly string[]): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    // Both exist: the list has names and values in turn.
    headers.append(rawHeaders[at] as string, rawHeaders[at + 1] as string)
  }
  return headers
}

function responseOf(answer: IncomingMessage, method: string): Response {
  const status = answer.statusCode ?? 0
  try {
    const empty = method === 'HEAD' || nullBodyStatuses.has(status)
    // Read to its end all the same, or the connection is never free again.
    if (empty) answer.resume()
    const body = empty ? null : (Readable.toWeb(answer) as unknown as ReadableStream<Uint8Array>)
    return new Response(body, {
      status,
      statusText: statusTextOf(answer),
      headers: fieldsOf(answer.rawHeaders),
    })
  } catch (error) {
    answer.destroy()
    throw new OriginError('origin_bad_answer', `the origin's answer cannot be passed on (${status})`, error)
  }
}

/** A reason phrase that Response takes; another one is not worth the answer. */
function statusTextOf({ statusMessage = '' }: IncomingMessage): string {
  return /^[\t\x20-\x7e]*$/.test(statusMessage) ? statusMessage : ''
}

function isReset(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** Once more does no harm (RFC 9110 section 9.2.2), and nothing of it has been read. */
function isRepeatable(request: Request): boolean {
  return request.body === null && ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].includes(request.method)
}

function originErrorOf(error: unknown, url: URL): Error {
  if (error instanceof OriginError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // llhttp's: two lengths, a length and chunks, bare CR or LF in fields, and other things that proxies differ about.
  if (code.startsWith('HPE_'))
    return new OriginError(
      'origin_bad_answer',
      `the origin ${url.origin} does not answer in valid HTTP (${code})`,
      error,
    )
  const told = code === '' ? (error instanceof Error ? error.message : String(error)) : code
  return new OriginError('origin_unreachable', `the origin ${url.origin} cannot be reached (${told})`, error)
}

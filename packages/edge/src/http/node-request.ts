import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/** The request cannot be passed on as it is; `message` says why. */
export class RefusedRequestError extends Error {
  override readonly name = 'RefusedRequestError'
  readonly status: 400 | 405 | 501 | 508
  readonly code: 'invalid_request' | 'method_not_supported' | 'loop_detected'

  constructor(
    status: RefusedRequestError['status'],
    message: string,
    code: RefusedRequestError['code'] = 'invalid_request',
  ) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** A method is a token; these the Fetch standard forbids, and no cache has any business with them. */
const unsupportedMethods: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

/**
 * A request of `node:http` as a `Request` for the same path of `base`. The client's `Host` and the host of an
 * absolute-form target have no part in it: there is one site here, and neither a key nor an answer depends on
 * what a client calls it. node:http has refused by then: two lengths, a length with chunks, CR, LF or NUL in fields.
 * @throws RefusedRequestError what a `Request` cannot say or two readers would read differently
 */
export function requestOfNode(message: IncomingMessage, base: URL, signal: AbortSignal): Request {
  const method = message.method ?? ''
  if (unsupportedMethods.has(method.toUpperCase()))
    throw new RefusedRequestError(501, `${method} is not supported here.`, 'method_not_supported')
  if (message.headersDistinct['host'] !== undefined && message.headersDistinct['host'].length > 1)
    throw new RefusedRequestError(400, 'Send one Host (RFC 9112 section 3.2).')
  const url = urlOf(message.url ?? '', base)
  const hasBody =
    message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0
  if (hasBody && (method === 'GET' || method === 'HEAD')) {
    // An origin that answers by the body would have its answer stored for requests without one.
    throw new RefusedRequestError(
      400,
      `A ${method} with a body is not served: its answer could not be shared.`,
    )
  }
  return new Request(url, {
    method,
    headers: headersOf(message),
    signal,
    ...(hasBody
      ? { body: Readable.toWeb(message) as unknown as ReadableStream<Uint8Array>, duplex: 'half' }
      : {}),
  })
}

/**
 * The target (RFC 9112 section 3.2) as a URL of the base. The path is put behind the authority as text: resolving
 * it would read `//elsewhere/x` as another host. Dot segments are resolved here, in the key and towards the origin
 * alike.
 */
function urlOf(target: string, base: URL): string {
  // Bytes that no URL has are read in several ways; a fragment is never sent.
  if (!/^[\x21\x22\x24-\x7e]+$/.test(target))
    throw new RefusedRequestError(400, 'The request target has bytes that no URL has; percent-encode them.')
  const absolute = /^https?:\/\/[^/?]+(.*)$/is.exec(target)
  const rest = absolute?.[1] ?? target
  const path = absolute !== null && !rest.startsWith('/') ? `/${rest}` : rest
  if (!path.startsWith('/')) throw new RefusedRequestError(400, 'The request target is no path.')
  return new URL(base.origin + path).href
}

function headersOf(message: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

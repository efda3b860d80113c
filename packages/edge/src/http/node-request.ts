import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { PeekRequest } from '../edge-options.ts'

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
 * The URL that a request of `node:http` asks for: the same path of `base`. The client's `Host` and the host of an
 * absolute-form target have no part in it: there is one site here, and neither a key nor an answer depends on
 * what a client calls it. node:http has refused by then: two lengths, a length with chunks, CR, LF or NUL in fields.
 * @throws RefusedRequestError what a `Request` cannot say or two readers would read differently
 */
export function urlOfNode(message: IncomingMessage, base: NodeBase): string {
  const method = message.method ?? ''
  if (unsupportedMethods.has(method.toUpperCase()))
    throw new RefusedRequestError(501, `${method} is not supported here.`, 'method_not_supported')
  if (hasTwoHosts(message.rawHeaders))
    throw new RefusedRequestError(400, 'Send one Host (RFC 9112 section 3.2).')
  const url = base.urlOf(message.url ?? '')
  if (hasBody(message) && (method === 'GET' || method === 'HEAD')) {
    // An origin that answers by the body would have its answer stored for requests without one.
    throw new RefusedRequestError(
      400,
      `A ${method} with a body is not served: its answer could not be shared.`,
    )
  }
  return url
}

/** The request as a `Request` for that URL. @throws RefusedRequestError as `urlOfNode` */
export function requestOfNode(message: IncomingMessage, url: string, signal: AbortSignal): Request {
  return new Request(url, {
    method: message.method ?? '',
    headers: headersOf(message),
    signal,
    ...(hasBody(message)
      ? { body: Readable.toWeb(message) as unknown as ReadableStream<Uint8Array>, duplex: 'half' }
      : {}),
  })
}

/** The same request for `peek`, which needs no more of it. */
export function peekRequestOfNode(message: IncomingMessage, url: string): PeekRequest {
  return new NodePeekRequest(message, url)
}

class NodePeekRequest implements PeekRequest {
  readonly method: string
  readonly url: string
  readonly headers: NodeFields

  constructor(message: IncomingMessage, url: string) {
    this.method = message.method ?? ''
    this.url = url
    this.headers = new NodeFields(message)
  }
}

/** The fields of a request of `node:http`, read one by one. */
class NodeFields implements Iterable<[name: string, value: string]> {
  readonly #message: IncomingMessage

  constructor(message: IncomingMessage) {
    this.#message = message
  }

  get(name: string): string | null {
    // node:http's object has the prototype of objects.
    if (!Object.hasOwn(this.#message.headers, name)) return null
    return valueOf(this.#message.headers[name])
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  [Symbol.iterator](): Iterator<[name: string, value: string]> {
    return headersOf(this.#message)[Symbol.iterator]()
  }
}

function valueOf(value: string | readonly string[] | undefined): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : value.join(', ')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  return hosts > 1
}

/** So many targets are known by their text; then it starts over. */
const maxKnownTargets = 4096

/** Longer ones are read each time, so that a client cannot fill memory with them. */
const maxKnownLength = 512

/** The site whose paths are asked for. What is asked for often is read once. */
export class NodeBase {
  readonly #base: URL
  readonly #known = new Map<string, string>()

  constructor(base: URL) {
    this.#base = base
  }

  /** The URL of a target. @throws RefusedRequestError where it is none */
  urlOf(target: string): string {
    const known = this.#known.get(target)
    if (known !== undefined) return known
    const url = urlOf(target, this.#base)
    if (target.length > maxKnownLength) return url
    if (this.#known.size >= maxKnownTargets) this.#known.clear()
    this.#known.set(target, url)
    return url
  }
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
    const text = valueOf(value)
    if (text !== null) headers.set(name, text)
  }
  return headers
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { randomBytes } from 'node:crypto'
import type { Edge, EdgeLog } from '../edge-options.ts'
import type { HeaderList } from '../headers/header-list.ts'
import { OriginError } from './http-origin.ts'
import { NodeBase, RefusedRequestError, peekRequestOfNode, requestOfNode, urlOfNode } from './node-request.ts'
import { flatFields, writeResponse } from './node-response.ts'

/** What a listener needs. */
export interface EdgeListenerOptions {
  edge: Edge
  /** Whose paths are asked for. Requests get URLs of it. */
  base: URL
  log?: EdgeLog | undefined
  /** Requests whose `Via` has it have been here already. See `viaNameOfProcess`. */
  viaName?: string | undefined
}

/** A name for `Via` that no other process has, so that a loop is seen and a chain of two caches is not taken for one. */
export function viaNameOfProcess(): string {
  return `darkroom-${randomBytes(4).toString('hex')}`
}

/**
 * A listener for `http.createServer` that answers every request from an edge: a reverse proxy where the edge's
 * origin is `createHttpOrigin`.
 * @example
 * const origin = createHttpOrigin({ url: 'http://127.0.0.1:3000' })
 * const edge = createEdge({ origin: origin.fetch, store: createMemoryEdgeStore({ maxBytes: 2 ** 28 }) })
 * createServer(createEdgeListener({ edge, base: origin.url })).listen(8080)
 */
export function createEdgeListener(
  options: EdgeListenerOptions,
): (message: IncomingMessage, target: ServerResponse) => void {
  const { edge, log, viaName } = options
  const base = new NodeBase(options.base)
  /** A thousand may wait for one failure; the log has it once. */
  const logged = new WeakSet<object>()
  const hits = new WeakMap<HeaderList, { fields: string[]; body: Buffer }>()
  const fail = (error: unknown, message: IncomingMessage, target: ServerResponse): void => {
    if (!(error instanceof RefusedRequestError) && error instanceof Error && !logged.has(error)) {
      logged.add(error)
      log?.warn(
        { err: error, method: message.method, target: message.url },
        'a request could not be answered',
      )
    }
    refuse(error, message, target)
  }
  /** A fresh hit is written at once, without a `Request`, a signal or a promise. */
  const answerHit = (message: IncomingMessage, url: string, target: ServerResponse): boolean => {
    const peeked = edge.peek(peekRequestOfNode(message, url))
    if (peeked === undefined) return false
    let hit = hits.get(peeked.headers)
    if (hit === undefined) {
      const { buffer, byteOffset, byteLength } = peeked.body
      hit = { fields: flatFields(peeked.headers), body: Buffer.from(buffer, byteOffset, byteLength) }
      hits.set(peeked.headers, hit)
    }
    target.writeHead(peeked.status, hit.fields).end(hit.body)
    return true
  }
  const answer = async (message: IncomingMessage, url: string, target: ServerResponse): Promise<void> => {
    const leaving = new AbortController()
    target.once('close', () => {
      if (!target.writableFinished) leaving.abort(new DOMException('The client has left', 'AbortError'))
    })
    try {
      const request = requestOfNode(message, url, leaving.signal)
      const inform = (status: number, headers: Headers): void => writeInformation(target, status, headers)
      await writeResponse(await edge.fetch(request, { inform }), target)
    } catch (error) {
      if (!leaving.signal.aborted) fail(error, message, target)
    }
  }
  return (message, target) => {
    try {
      refuseLoop(message, viaName)
      const url = urlOfNode(message, base)
      if (!answerHit(message, url, target)) void answer(message, url, target)
    } catch (error) {
      fail(error, message, target)
    }
  }
}

function refuseLoop(message: IncomingMessage, viaName: string | undefined): void {
  if (viaName === undefined || !(message.headers.via ?? '').includes(viaName)) return
  throw new RefusedRequestError(
    508,
    'The origin leads back here; give the address of another.',
    'loop_detected',
  )
}

/** 1xx answers of the origin (RFC 9110 section 15.2), as far as node:http can say them. */
function writeInformation(target: ServerResponse, status: number, headers: Headers): void {
  if (target.headersSent || target.destroyed) return
  if (status === 102) target.writeProcessing()
  else if (status === 103 && headers.has('link')) {
    try {
      target.writeEarlyHints(Object.fromEntries(headers))
    } catch {
      // node:http checks links more strictly than it must; hints are no answer.
    }
  }
}

interface Told {
  status: number
  code: string
  title: string
  detail: string
}

function refuse(error: unknown, message: IncomingMessage, target: ServerResponse): void {
  if (target.headersSent) {
    target.destroy()
    return
  }
  const { status, code, title, detail } = toldOf(error)
  const problem = { type: `urn:darkroom:error:${code}`, title, status, detail, code }
  const body = Buffer.from(JSON.stringify(problem))
  // What of the request's body nobody has read would be taken for the next request.
  if (!message.complete) target.setHeader('connection', 'close')
  target.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': body.byteLength,
    'cache-control': 'no-store',
    'cache-status': `darkroom; detail=${code}`,
    'x-cache-status': 'MISS',
  })
  target.end(message.method === 'HEAD' ? undefined : body)
}

function toldOf(error: unknown): Told {
  if (error instanceof RefusedRequestError)
    return { status: error.status, code: error.code, title: 'The request is refused', detail: error.message }
  if (error instanceof OriginError) {
    const status = error.code === 'origin_timeout' ? 504 : 502
    return {
      status,
      code: error.code,
      title: 'The origin did not answer',
      detail: 'Try again in a moment; the log says what happened.',
    }
  }
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { status: 504, code: 'origin_timeout', title: 'The origin did not answer', detail: error.message }
  return {
    status: 502,
    code: 'origin_bad_answer',
    title: 'The origin did not answer',
    detail: 'Its answer broke off.',
  }
}

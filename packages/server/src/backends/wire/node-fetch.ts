import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'

/** What adapters ask of a `fetch`. */
export interface FetchInit {
  method: 'GET' | 'POST' | 'PUT'
  headers: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
  signal: AbortSignal
  /** Redirects are never followed: they would carry the key to another place. */
  redirect: 'manual'
}

/** The part of `fetch` that adapters use. */
export type Fetch = (url: URL, init: FetchInit) => Promise<Response>

/**
 * `fetch` over `node:http`. Not the global one, because that ends every exchange whose headers take longer than
 * 300 s and cannot be told otherwise without its package: a model server on a CPU needs longer, and
 * `DARKROOM_BACKEND_TIMEOUT_S` would be a lie above 300. Every exchange has a connection of its own: a kept-alive
 * one may be closed by the server just as the POST leaves, and nobody may repeat a POST that costs money.
 */
export const nodeFetch: Fetch = (url, init) =>
  new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http
    const headers = { 'accept-encoding': 'identity', connection: 'close', ...init.headers }
    const outgoing = request(url, { method: init.method, headers, signal: init.signal }, (incoming) => {
      const { statusCode = 0 } = incoming
      if (statusCode >= 200 && statusCode <= 599) return resolve(responseOf(incoming, statusCode))
      incoming.destroy()
      // `Response` takes no other status; the code is of the kind that the parser gives to what is no HTTP.
      reject(Object.assign(new Error(`The status ${statusCode} is none`), { code: 'HPE_INVALID_STATUS' }))
    })
    // `on`, not `once`: an abort after the answer began is reported here too, and would end the process.
    outgoing.on('error', reject)
    outgoing.end(init.body)
  })

function responseOf(incoming: http.IncomingMessage, status: number): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headersDistinct)) {
    for (const each of value ?? []) headers.append(name, each)
  }
  const empty = status === 204 || status === 205 || status === 304
  if (empty) incoming.resume()
  const body = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>)
  return new Response(body, { status, headers })
}

import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Sample } from './sample.ts'
import { cacheClassOf } from './sample.ts'

/** Why a request gave no sample. */
export interface Fault {
  /** `HTTP 503`, or the code of the error. */
  reason: string
}

/** Asks one URL again and again over kept connections. */
export interface Probe {
  /** @param dueAtMs when the request should have been sent, by `performance.now()` */
  ask(dueAtMs: number): Promise<Sample | Fault>
  close(): void
}

export interface ProbeOptions {
  url: URL
  headers: Readonly<Record<string, string>>
  /** From the request to the last byte. */
  timeoutMs: number
}

/** Bodies are read to their end and dropped; redirects are not followed: they are another URL's latency. */
export function createProbe({ url, headers, timeoutMs }: ProbeOptions): Probe {
  const secure = url.protocol === 'https:'
  const options = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY }
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options)
  return {
    ask: (dueAtMs) =>
      new Promise((resolve) => {
        const send = secure ? httpsRequest : httpRequest
        const request = send(url, { agent, headers, signal: AbortSignal.timeout(timeoutMs) })
        request.once('error', (error) => resolve({ reason: reasonOf(error) }))
        request.once('response', (response) => hear(request, response, dueAtMs, resolve))
        request.end()
      }),
    close: () => agent.destroy(),
  }
}

function hear(
  request: ClientRequest,
  response: IncomingMessage,
  dueAtMs: number,
  resolve: (outcome: Sample | Fault) => void,
): void {
  const ttfbMs = performance.now() - dueAtMs
  let bytes = 0
  response.on('data', (chunk: Buffer) => (bytes += chunk.byteLength))
  response.once('error', (error) => resolve({ reason: reasonOf(error) }))
  response.once('end', () => {
    const { statusCode = 0 } = response
    if (statusCode < 200 || statusCode > 299) {
      resolve({ reason: `HTTP ${statusCode}` })
      return
    }
    const totalMs = performance.now() - dueAtMs
    resolve({ ttfbMs, totalMs, cacheClass: cacheClassOf(response.headers), bytes })
  })
  request.once('close', () => resolve({ reason: 'the connection was lost' }))
}

function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

import { getRequestListener } from '@hono/node-server'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerHttpFaults, unreadableRequest } from './http-faults.ts'

/** A listening socket in front of a handler. */
export interface HttpServer {
  readonly url: string
  /** Takes no new connections; idle ones are closed, busy ones when they have been answered. */
  stopAccepting(): void
  /** Waits for open connections at most `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>
}

/** @throws the socket's error, e.g. EADDRINUSE */
export async function listen(
  handler: (request: Request) => Promise<Response>,
  address: { host: string; port: number },
): Promise<HttpServer> {
  // Whatever the handler throws it has turned into an answer: an error here is a request that cannot be read.
  const listener = getRequestListener(handler, { errorHandler: () => unreadableRequest() })
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    if (hasTwoHosts(request)) void refuseTwoHosts(response)
    else void listener(request, response)
  })
  answerHttpFaults(server)
  return await listenOn(server, address)
}

/** Node keeps the first of several; a proxy in front may have gone by another one (RFC 9112 §3.2 wants a 400). */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host').length > 1
}

async function refuseTwoHosts(response: ServerResponse): Promise<void> {
  const refusal = unreadableRequest()
  const body = await refusal.text()
  const headers = Object.fromEntries(refusal.headers)
  response.writeHead(refusal.status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  })
  response.end(body)
}

/** Has a server listen, with the limits that all of ours have. @throws the socket's error, e.g. EADDRINUSE */
export async function listenOn(server: Server, address: { host: string; port: number }): Promise<HttpServer> {
  // Of the request alone, body included: how long its answer takes has limits of its own.
  server.requestTimeout = 600_000
  server.headersTimeout = 10_000
  server.keepAliveTimeout = 65_000
  const closed = Promise.withResolvers<void>()
  server.on('close', () => closed.resolve())
  // A kept connection that has just been answered would hold up the end until it is cut.
  server.on('request', (_request, response: ServerResponse) => {
    response.once('finish', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections())
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${openableHost(address.host)}:${port}`,
    stopAccepting: () => {
      server.close()
      server.closeIdleConnections()
    },
    close: async (graceMs) => {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed.promise
      clearTimeout(cut)
    },
  }
}

/** "Every address of this machine" (RFC 1122 §3.2.1.3 (a), RFC 4291 §2.5.2) is one to listen on: browsers refuse to open it. */
function openableHost(host: string): string {
  const bare = host.replaceAll(/[[\]]/gu, '')
  if (bare === '0.0.0.0') return '127.0.0.1'
  if (bare === '::') return '[::1]'
  return bare.includes(':') ? `[${bare}]` : bare
}

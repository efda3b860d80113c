import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Server } from 'node:net'
import { createServer as createTcpServer, type Socket } from 'node:net'

/** A server on this machine, with what it has seen. */
export interface TestOrigin extends AsyncDisposable {
  port: number
  /** `http://127.0.0.1:1234` */
  url: string
  /** `GET /path` of each request. */
  requests: string[]
  headers: IncomingMessage['headers'][]
  /** TCP connections so far. */
  connections: number
}

/** @param options.host an address of 127.0.0.0/8 */
export async function startOrigin(
  handle: RequestListener,
  options: { host?: string; port?: number; tls?: { key: string; cert: string } } = {},
): Promise<TestOrigin> {
  const { host = '127.0.0.1', port = 0, tls } = options
  const origin = { requests: [] as string[], headers: [] as IncomingMessage['headers'][], connections: 0 }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    origin.requests.push(`${request.method} ${request.url}`)
    origin.headers.push(request.headers)
    handle(request, response)
  }
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  server.on('clientError', (_error, socket) => socket.destroy())
  return started(server, origin, host, port, tls === undefined ? 'http' : 'https')
}

/** A server that speaks whatever `handle` writes. */
export async function startRawOrigin(handle: (socket: Socket) => void): Promise<TestOrigin> {
  const origin = { requests: [], headers: [], connections: 0 }
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    handle(socket)
  })
  return started(server, origin, '127.0.0.1', 0, 'http')
}

async function started(
  server: Server,
  origin: Pick<TestOrigin, 'requests' | 'headers' | 'connections'>,
  host: string,
  port: number,
  scheme: string,
): Promise<TestOrigin> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    origin.connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('not listening on a port')
  return Object.assign(origin, {
    port: address.port,
    url: `${scheme}://${host}:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  })
}

/** Sends bytes as a picture. */
export function sendPicture(response: ServerResponse, bytes: Uint8Array | string = 'pixels'): void {
  response.writeHead(200, { 'Content-Type': 'image/png' }).end(bytes)
}

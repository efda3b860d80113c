import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { createEdge } from '../edge.ts'
import type { Edge, EdgeOptions } from '../edge-options.ts'
import { createEdgeListener } from '../http/edge-listener.ts'
import { createHttpOrigin } from '../http/http-origin.ts'
import { createMemoryEdgeStore } from '../store/memory-edge-store.ts'

/** A real origin server behind a real edge server. */
export interface Proxy {
  url: string
  edge: Edge
  /** What the origin was asked, in order. */
  asked: IncomingMessage[]
  warnings: string[]
  /** Stops the origin, connections included. */
  stopOrigin(): Promise<void>
  /** Sends bytes as they are; resolves with all that comes back when the connection ends. */
  raw(bytes: string): Promise<string>
  close(): Promise<void>
}

export async function startProxy(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<EdgeOptions> & { idleTimeoutMs?: number; viaName?: string } = {},
): Promise<Proxy> {
  const { idleTimeoutMs, viaName, ...edgeOptions } = options
  const asked: IncomingMessage[] = []
  const warnings: string[] = []
  const originServer = createServer((request, response) => {
    asked.push(request)
    answer(request, response)
  })
  const origin = createHttpOrigin({ url: await listening(originServer), idleTimeoutMs, viaName })
  const log = { warn: (_fields: object, message: string): void => void warnings.push(message) }
  const edge = createEdge({
    ...edgeOptions,
    log,
    origin: origin.fetch,
    store: createMemoryEdgeStore({ maxBytes: 10_000_000 }),
  })
  const server = createServer(createEdgeListener({ edge, base: origin.url, log, viaName }))
  const url = await listening(server)
  return {
    url,
    edge,
    asked,
    warnings,
    stopOrigin: () => closed(originServer),
    raw: (bytes) => exchange(url, bytes),
    close: async () => {
      await closed(server)
      await closed(originServer)
      origin.close()
      edge.close()
    },
  }
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

async function exchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const done = Promise.withResolvers<string>()
  const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'))
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  socket.on('error', () => done.resolve(received))
  socket.on('close', () => done.resolve(received))
  return await done.promise
}

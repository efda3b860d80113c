import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * What happens to one request: passed on; answered without being passed on; its connection reset before it is
 * passed on, in the middle of its body, or after it was done, so that only the answer is lost; half of the answer's
 * body.
 */
export type Fault =
  | 'none'
  | { status: number }
  | 'reset before'
  | 'reset while sending'
  | 'reset after'
  | 'half the answer'

export interface FaultyProxy {
  readonly endpoint: string
  /** Of the requests that come from now on, one each; after them all pass. */
  plan(...faults: Fault[]): void
  /** `METHOD /path` of all that came since the plan was made. */
  readonly seen: readonly string[]
  close(): Promise<void>
}

/** An HTTP proxy before a real service on loopback, which breaks what it is told to. Keeps the `Host`. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let faults: Fault[] = []
  const seen: string[] = []
  const server: Server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url}`)
    void handle(target, faults.shift() ?? 'none', incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plan: (...next) => {
      faults = next
      seen.length = 0
    },
    seen,
    close: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

async function handle(
  target: string,
  fault: Fault,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (fault === 'reset before') {
    incoming.socket.resetAndDestroy()
    return
  }
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  if (typeof fault === 'object') {
    outgoing.writeHead(fault.status, { 'content-type': 'text/plain' }).end('a fault')
    return
  }
  const passed = request(`${target}${incoming.url}`, {
    method: incoming.method,
    headers: incoming.headers,
    agent: false,
  })
  if (fault === 'reset while sending') {
    passed.on('error', () => undefined)
    passed.write(body.subarray(0, body.byteLength / 2), () => {
      passed.destroy()
      incoming.socket.resetAndDestroy()
    })
    return
  }
  passed.end(body)
  const [response] = (await once(passed, 'response')) as [IncomingMessage]
  const answer: Buffer[] = []
  for await (const chunk of response) answer.push(chunk as Buffer)
  if (fault === 'reset after') {
    incoming.socket.resetAndDestroy()
    return
  }
  const bytes = Buffer.concat(answer)
  const { 'transfer-encoding': _, ...headers } = response.headers
  // The length of an answer to HEAD is that of what GET would send.
  outgoing.writeHead(response.statusCode ?? 502, {
    ...headers,
    'content-length': headers['content-length'] ?? bytes.byteLength,
  })
  if (fault === 'half the answer') {
    outgoing.write(bytes.subarray(0, bytes.byteLength / 2), () => incoming.socket.resetAndDestroy())
    return
  }
  outgoing.end(bytes)
}

import { once } from 'node:events'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { until } from './server-process.ts'

/** One message as it came in. */
export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A receiver of webhooks on this machine. */
export interface Receiver extends AsyncDisposable {
  /** `http://127.0.0.1:1234` */
  readonly url: string
  readonly received: readonly Received[]
  /** The most messages that were unanswered at once. */
  readonly mostAtOnce: number
  /** How messages are answered from now on; the default is 204. */
  answer: (response: ServerResponse, message: Received) => void
  /** The messages to that path, when there are that many. */
  at(path: string, count: number): Promise<Received[]>
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  let open = 0
  let most = 0
  const server = createServer((request, response) => {
    open += 1
    most = Math.max(most, open)
    response.once('close', () => (open -= 1))
    void text(request).then((body) => {
      const message = { path: request.url ?? '', headers: request.headers, body }
      received.push(message)
      receiver.answer(response, message)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    get mostAtOnce() {
      return most
    },
    answer: (response) => response.writeHead(204).end(),
    at: (path, count) =>
      until(async () => {
        const found = received.filter((each) => each.path === path)
        return found.length >= count ? found : undefined
      }),
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return receiver
}

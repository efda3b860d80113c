import { once } from 'node:events'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** One request as a CDN got it. */
export interface CdnReceived {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A server on loopback that answers as it is told. */
export interface FakeCdn extends AsyncDisposable {
  readonly url: string
  readonly received: CdnReceived[]
  answer: (response: ServerResponse, request: CdnReceived) => void
}

export async function startFakeCdn(): Promise<FakeCdn> {
  const server = createServer((request, response) => {
    void text(request).then(
      (body) => {
        const { method = '', url: path = '', headers } = request
        const received = { method, path, headers, body }
        fake.received.push(received)
        fake.answer(response, received)
      },
      () => undefined,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fake: FakeCdn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: (response) => void response.writeHead(200).end(),
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return fake
}

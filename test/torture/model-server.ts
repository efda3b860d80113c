import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testPng } from '../../packages/server/src/backends/openai/testing/test-png.ts'

/** A model server on OpenAI's wire that draws every call differently: two runs of one key cannot look alike. */
export interface ModelServer {
  /** With `/v1`. */
  readonly baseUrl: string
  /** Calls that have arrived. */
  readonly callCount: number
  close(): Promise<void>
}

/** @param drawMs how long each call takes */
export async function startModelServer(drawMs: () => number): Promise<ModelServer> {
  let callCount = 0
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      if (request.method !== 'POST') {
        // What is no JSON is no model server, and every worker would wait for it at its start.
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ object: 'list', data: [] }))
        return
      }
      callCount += 1
      const number = callCount
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { prompt: string; size: string }
      const [widthPx = 0, heightPx = 0] = body.size.split('x').map(Number)
      await new Promise((resolve) => setTimeout(resolve, drawMs()))
      const picture = testPng(widthPx, heightPx, `${body.prompt}, call ${number}`)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ created: 0, data: [{ b64_json: picture.toString('base64') }] }))
    })().catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get callCount() {
      return callCount
    },
    close: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request with its JSON body, read. */
export interface JsonAsk {
  /** `POST /predictions/7`. */
  route: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: Record<string, unknown>
}

/** A real HTTP server on a free port of 127.0.0.1, for fakes of model servers. */
export interface JsonServer {
  readonly origin: string
  /** At once, connections included. */
  close(): Promise<void>
}

/** @param answer what fails in it breaks the connection off */
export async function startJsonServer(
  answer: (ask: JsonAsk, response: ServerResponse) => Promise<void> | void,
): Promise<JsonServer> {
  const server = createServer((request, response) => {
    const handle = async (): Promise<void> => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString()
      const url = new URL(request.url ?? '/', 'http://127.0.0.1')
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
      const route = `${request.method} ${url.pathname}`
      const { headers } = request
      await answer({ route, path: url.pathname, query: url.searchParams, headers, body }, response)
    }
    handle().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let closing: Promise<void> | undefined
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      return closing
    },
  }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** Answers with a page, as a proxy before a server does. */
export function sendPage(response: ServerResponse, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/html' })
  response.end('<!doctype html><title>Welcome</title><h1>It works</h1>')
}

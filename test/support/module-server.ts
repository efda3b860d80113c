import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join, normalize } from 'node:path'

/** A web server of source files on loopback: TypeScript becomes JavaScript as it is asked for. */
export interface ModuleServer {
  readonly url: string
  /** What was asked for since the last `forget`, in order. */
  readonly paths: readonly string[]
  /** The same with their queries. */
  readonly urls: readonly string[]
  /** Headers of every answer from now on, such as a policy. */
  headers: Record<string, string>
  /** While it is, every request breaks, as without a network. */
  isDown: boolean
  /** A page or file that is not on the disk. */
  serve(path: string, mediaType: string, body: string | Uint8Array, headers?: Record<string, string>): void
  /** Answers everything below a path. */
  answer(prefix: string, handler: (url: URL) => Answer | Promise<Answer>): void
  forget(): void
  close(): Promise<void>
}

/** What a handler gives. */
export interface Answer {
  status?: number
  headers?: Record<string, string>
  body: string | Uint8Array
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.jpg': 'image/jpeg',
}

/** @param root folder whose files are served below `/` */
export async function startModuleServer(root: string): Promise<ModuleServer> {
  const made = new Map<
    string,
    { mediaType: string; body: string | Uint8Array; headers: Record<string, string> }
  >()
  const paths: string[] = []
  const urls: string[] = []
  const handlers: [string, (url: URL) => Answer | Promise<Answer>][] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://here')
    const { pathname } = url
    if (served.isDown) {
      request.socket.destroy()
      return
    }
    paths.push(pathname)
    urls.push(request.url ?? '/')
    const handler = handlers.find(([prefix]) => pathname.startsWith(prefix))?.[1]
    if (handler !== undefined) {
      void Promise.resolve(handler(url)).then(({ status = 200, headers, body }) =>
        response.writeHead(status, { ...served.headers, ...headers }).end(body),
      )
      return
    }
    const own = made.get(pathname)
    if (own !== undefined) {
      response
        .writeHead(200, { 'content-type': own.mediaType, ...served.headers, ...own.headers })
        .end(own.body)
      return
    }
    void fileOf(root, pathname).then(
      (body) => {
        const type = mediaTypes[extname(pathname)] ?? 'application/octet-stream'
        response.writeHead(200, { 'content-type': type, ...served.headers }).end(body)
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const served: ModuleServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    urls,
    headers: {},
    isDown: false,
    serve: (path, mediaType, body, headers = {}) => void made.set(path, { mediaType, body, headers }),
    answer: (prefix, handler) => void handlers.unshift([prefix, handler]),
    forget: () => {
      paths.splice(0)
      urls.splice(0)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return served
}

async function fileOf(root: string, pathname: string): Promise<string | Uint8Array> {
  const path = join(root, normalize(decodeURIComponent(pathname)))
  const bytes = await readFile(path)
  return extname(path) === '.ts' ? stripTypeScriptTypes(bytes.toString()) : bytes
}

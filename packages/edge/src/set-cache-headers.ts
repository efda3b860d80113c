import type { CacheHeadersOptions } from './cache-headers.ts'
import { cacheHeaders } from './cache-headers.ts'

/** As much of a Hono context as is needed. */
export interface HonoLikeContext {
  res: { status: number; headers: { has(name: string): boolean; set(name: string, value: string): void } }
}

/** As much of `node:http`'s or Express's response as is needed. */
export interface NodeLikeResponse {
  statusCode: number
  hasHeader(name: string): boolean
  setHeader(name: string, value: string): unknown
  writeHead(statusCode: number, ...rest: never[]): unknown
}

/** Middleware that sets `cacheHeaders` on successful answers which say nothing about caching themselves. */
export const setCacheHeaders: {
  /** `app.use('/pictures/*', setCacheHeaders.hono({ freshS: 3600 }))` */
  hono: (
    options: CacheHeadersOptions,
  ) => (context: HonoLikeContext, next: () => Promise<void>) => Promise<void>
  /** `app.use('/pictures', setCacheHeaders.express({ freshS: 3600 }))` */
  express: (
    options: CacheHeadersOptions,
  ) => (request: unknown, response: NodeLikeResponse, next: (error?: unknown) => void) => void
  /** `setCacheHeaders.node(response, { freshS: 3600 })`, at any time before the headers are sent. */
  node: (response: NodeLikeResponse, options: CacheHeadersOptions) => void
} = {
  hono: (options) => {
    const headers = cacheHeaders(options)
    return async (context, next) => {
      await next()
      const { res } = context
      if (!isSuccess(res.status) || res.headers.has('cache-control')) return
      for (const [name, value] of Object.entries(headers)) res.headers.set(name, value)
    }
  },
  express: (options) => {
    const headers = cacheHeaders(options)
    return (_request, response, next) => {
      setOnWriteHead(response, headers)
      next()
    }
  },
  node: (response, options) => setOnWriteHead(response, cacheHeaders(options)),
}

/** Only once the status is known: an error must not be kept for as long as the answer would have been. */
function setOnWriteHead(response: NodeLikeResponse, headers: Record<string, string>): void {
  const writeHead: (...all: unknown[]) => unknown = response.writeHead.bind(response) as never
  response.writeHead = (statusCode: number, ...rest: never[]): unknown => {
    if (isSuccess(statusCode) && !response.hasHeader('cache-control') && !namesCacheControl(rest)) {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    }
    return writeHead(statusCode, ...rest)
  }
}

/** Does the call bring `Cache-Control` itself, as an object's property or in a flat list of names and values? */
function namesCacheControl(writeHeadArguments: readonly unknown[]): boolean {
  const headers: unknown = writeHeadArguments.at(-1)
  if (typeof headers !== 'object' || headers === null) return false
  const names: unknown[] = Array.isArray(headers) ? headers.flat() : Object.keys(headers)
  return names.some((name) => typeof name === 'string' && name.toLowerCase() === 'cache-control')
}

function isSuccess(status: number): boolean {
  return (status >= 200 && status < 300) || status === 304
}

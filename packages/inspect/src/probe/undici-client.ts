import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Exchange } from './http-exchange.ts'
import { createExchange } from './http-exchange.ts'
import type { RecentAnswers } from './answers.ts'
import type { Call, ProbeContext } from './context.ts'
import { quietly } from './context.ts'
import type { Restore } from './replace.ts'

/** What undici tells of a request; its headers are pairs in one list, or lines in old versions. */
interface UndiciRequest {
  origin?: string | URL
  method?: string
  path?: string
  headers?: string | readonly unknown[]
  onData?: unknown
}

interface Message {
  request: UndiciRequest
  response?: { statusCode: number; headers: readonly (Buffer | string)[] }
  chunk?: Uint8Array
}

/**
 * `fetch` and everything else that undici does, the one in Node and the one from npm. undici tells of a request
 * within the call that makes it, so the stack is the caller's and nothing has to be wrapped; only where it follows a
 * redirect by itself the caller is that of the request before.
 */
export function watchUndici(context: ProbeContext, recent: RecentAnswers): Restore {
  const exchanges = new WeakMap<UndiciRequest, Exchange>()
  const heard = new WeakSet<UndiciRequest>()
  const redirects = createRedirects()
  const listeners: Readonly<Record<string, (message: Message) => void>> = {
    'undici:request:create': ({ request }) => {
      const exchange = begin(context, recent, redirects, request)
      if (exchange === undefined) return
      exchanges.set(request, exchange)
      hearData(request, exchange, heard)
    },
    'undici:client:sendHeaders': ({ request }) => exchanges.get(request)?.sent(),
    'undici:request:headers': ({ request, response }) => {
      const exchange = exchanges.get(request)
      if (response === undefined || exchange === undefined) return
      const headers = pairs(response.headers)
      exchange.headers(response.statusCode, headers)
      if (response.statusCode >= 300 && response.statusCode < 400)
        redirects.keep(exchange, headers['location'])
    },
    // Told by newer versions only; where `onData` is heard already it would count twice.
    'undici:request:bodyChunkReceived': ({ request, chunk }) => {
      if (!heard.has(request)) exchanges.get(request)?.chunk(chunk)
    },
    'undici:request:trailers': ({ request }) => exchanges.get(request)?.end(true),
    'undici:request:error': ({ request }) => exchanges.get(request)?.end(false),
  }
  const restores: Restore[] = Object.entries(listeners).map(([channel, listen]) => {
    const onMessage = (message: unknown): void => quietly(() => listen(message as Message))
    subscribe(channel, onMessage)
    return () => void unsubscribe(channel, onMessage)
  })
  return () => {
    for (const restore of restores) restore()
  }
}

function begin(
  context: ProbeContext,
  recent: RecentAnswers,
  redirects: Redirects,
  request: UndiciRequest,
): Exchange | undefined {
  if (request.origin === undefined) return undefined
  const call = context.begin('fetch')
  if (call === undefined) return undefined
  const url = `${String(request.origin).replace(/\/$/u, '')}${request.path ?? '/'}`
  const before = call.stack === 0 ? redirects.take(url) : undefined
  return createExchange(context, recent, before === undefined ? call : { ...before, start: call.start }, {
    method: (request.method ?? 'GET').toUpperCase(),
    url,
    headers: Object.entries(headersOf(request.headers)).map(([name, value]) => [name, String(value)]),
  })
}

/** Who asked for what has been redirected. */
interface Redirects {
  keep: (exchange: Exchange, location: unknown) => void
  take: (url: string) => Call | undefined
}

const keptRedirects = 64

function createRedirects(): Redirects {
  const waiting: { url: string; call: Call }[] = []
  return {
    keep: (exchange, location) => {
      if (typeof location !== 'string' || !URL.canParse(location, exchange.url)) return
      const { origin, pathname, search } = new URL(location, exchange.url)
      waiting.push({ url: `${origin}${pathname}${search}`, call: exchange.call })
      if (waiting.length > keptRedirects) waiting.shift()
    },
    take: (url) => {
      const at = waiting.findIndex((redirect) => redirect.url === url)
      return at === -1 ? undefined : waiting.splice(at, 1)[0]?.call
    },
  }
}

/** Hears what passes through the request's own `onData`: it returns what it returned, so nothing waits for us. */
function hearData(request: UndiciRequest, exchange: Exchange, heard: WeakSet<UndiciRequest>): void {
  const { onData } = request
  if (typeof onData !== 'function') return
  heard.add(request)
  request.onData = function hear(this: unknown, ...args: unknown[]): unknown {
    quietly(() => exchange.chunk(args[0]))
    return Reflect.apply(onData, this, args)
  }
}

function headersOf(headers: UndiciRequest['headers']): Record<string, unknown> {
  if (typeof headers !== 'string') return pairs((headers ?? []) as readonly (Buffer | string)[])
  const lines = headers.split('\r\n').filter((line) => line.includes(':'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

function pairs(list: readonly (Buffer | string)[]): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (let at = 0; at + 1 < list.length; at += 2)
    result[String(list[at]).toLowerCase()] = String(list[at + 1])
  return result
}

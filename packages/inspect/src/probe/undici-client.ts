import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Exchange } from './http-exchange.ts'
import { createExchange } from './http-exchange.ts'
import type { RecentAnswers } from './answers.ts'
import type { ProbeContext } from './context.ts'
import { quietly } from './context.ts'
import type { AnyFunction, Restore } from './replace.ts'
import { replace } from './replace.ts'

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
 * `fetch` and everything else that undici does, the one in Node and the one from npm. `fetch` is wrapped only to
 * know where it was called: undici tells of a request when the stack of the caller is gone.
 */
export function watchUndici(context: ProbeContext, recent: RecentAnswers): Restore {
  const exchanges = new WeakMap<UndiciRequest, Exchange>()
  const heard = new WeakSet<UndiciRequest>()
  const listeners: Readonly<Record<string, (message: Message) => void>> = {
    'undici:request:create': ({ request }) => {
      const exchange = begin(context, recent, request)
      if (exchange === undefined) return
      exchanges.set(request, exchange)
      hearData(request, exchange, heard)
    },
    'undici:client:sendHeaders': ({ request }) => exchanges.get(request)?.sent(),
    'undici:request:headers': ({ request, response }) => {
      if (response !== undefined)
        exchanges.get(request)?.headers(response.statusCode, pairs(response.headers))
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
  restores.push(
    replace(
      globalThis,
      'fetch',
      (original) =>
        function fetch(this: unknown, ...args: unknown[]): unknown {
          const call = context.begin(fetch)
          if (call === undefined) return Reflect.apply(original, this, args)
          const scope = { root: call.root, run: undefined, ...context.scopes.getStore(), call }
          return context.scopes.run(scope, () => Reflect.apply(original, this, args))
        },
    ),
  )
  return () => {
    for (const restore of restores) restore()
  }
}

function begin(context: ProbeContext, recent: RecentAnswers, request: UndiciRequest): Exchange | undefined {
  const given = context.scopes.getStore()?.call
  const own = context.begin(watchUndici as AnyFunction)
  if (own === undefined || request.origin === undefined) return undefined
  const call = given === undefined ? own : { ...given, start: own.start }
  return createExchange(context, recent, call, {
    method: (request.method ?? 'GET').toUpperCase(),
    url: `${String(request.origin).replace(/\/$/u, '')}${request.path ?? '/'}`,
    headers: Object.entries(headersOf(request.headers)).map(([name, value]) => [name, String(value)]),
  })
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

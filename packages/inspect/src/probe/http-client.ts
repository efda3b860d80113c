import http from 'node:http'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Exchange } from './http-exchange.ts'
import { createExchange } from './http-exchange.ts'
import type { RecentAnswers } from './answers.ts'
import type { ProbeContext } from './context.ts'
import { quietly } from './context.ts'
import type { Restore } from './replace.ts'
import { replace } from './replace.ts'

/**
 * `http` and `https`. Every request that uses an agent passes `Agent.addRequest` within the call that made it,
 * however the program came by its `request` or `get`; the others are seen when they are sent.
 */
export function watchHttp(context: ProbeContext, recent: RecentAnswers): Restore {
  // A request that is not looked at is passed by once, too.
  const exchanges = new WeakMap<object, Exchange | undefined>()
  const begin = (request: http.ClientRequest): void => {
    if (exchanges.has(request)) return
    const call = context.begin('fetch')
    if (call === undefined) return void exchanges.set(request, undefined)
    const exchange = createExchange(context, recent, call, {
      method: request.method,
      url: `${request.protocol}//${String(request.getHeader('host') ?? request.host)}${request.path}`,
      headers: Object.entries(request.getHeaders()).map(([name, value]) => [name, String(value)]),
    })
    exchanges.set(request, exchange)
    hearSocket(request, exchange)
    request.once('close', () => quietly(() => exchange.end(false)))
  }
  const restoreAgent = replace(
    http.Agent.prototype,
    'addRequest',
    (original) =>
      function addRequest(this: unknown, ...args: unknown[]): unknown {
        quietly(() => begin(args[0] as http.ClientRequest))
        return Reflect.apply(original, this, args)
      },
  )
  const onStart = (message: unknown): void =>
    quietly(() => begin((message as { request: http.ClientRequest }).request))
  const onAnswer = (message: unknown): void =>
    quietly(() => {
      const { request, response } = message as { request: http.ClientRequest; response: http.IncomingMessage }
      const exchange = exchanges.get(request)
      if (exchange === undefined) return
      exchange.headers(response.statusCode ?? 0, response.headers)
      hearBody(response, exchange)
    })
  subscribe('http.client.request.start', onStart)
  subscribe('http.client.response.finish', onAnswer)
  return () => {
    restoreAgent()
    unsubscribe('http.client.request.start', onStart)
    unsubscribe('http.client.response.finish', onAnswer)
  }
}

/** When a connection is there. */
function hearSocket(request: http.ClientRequest, exchange: Exchange): void {
  const { onSocket } = request
  if (typeof onSocket !== 'function') return
  request.onSocket = function hear(this: http.ClientRequest, ...args): void {
    quietly(exchange.sent)
    Reflect.apply(onSocket, this, args)
  }
}

/** The parser pushes what it has read: hearing it there asks for nothing and holds nothing up. */
function hearBody(response: http.IncomingMessage, exchange: Exchange): void {
  const { push } = response
  response.push = function hear(this: http.IncomingMessage, ...args): boolean {
    quietly(() => {
      if (args[0] === null) exchange.end(true)
      else exchange.chunk(args[0])
    })
    return Reflect.apply(push, this, args)
  }
}

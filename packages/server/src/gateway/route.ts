import type { CacheClass } from '../latency/labels.ts'
import type { z } from 'zod'
import type { Logger } from 'pino'
import type { Caller, RouteRight } from '../access/rights.ts'
import type { StageTimings } from '../latency/stage-timings.ts'

/** What a request turned out to be about, for the latency tables: handlers fill it in. */
export interface RequestSubject {
  project: string
  scope: string
  model: string
  /** Of pictures that the answer brings, where no header says it. */
  cacheClass?: CacheClass
}

/** What a handler is given besides the request. */
export interface RouteContext {
  request: Request
  url: URL
  /** Path parameters, decoded. */
  params: Readonly<Record<string, string>>
  requestId: string
  log: Logger
  stages: StageTimings
  about: RequestSubject
  /** What work for this request belongs to (W3C Trace Context), if it belongs to a trace. */
  traceparent: string | undefined
  /** Who asks. They have the route's right. */
  caller: Caller
}

export interface AnswerDocument {
  about: string
  mediaType?: string
  schema?: z.ZodType
  /** The data of its events, where the answer may be a stream of them. */
  events?: z.ZodType
}

/** One route: what serves it and what documents it are the same object, so neither can be forgotten. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE' | 'PATCH' | 'PUT'
  /** As OpenAPI writes it: `/v1/generations/{id}`. */
  path: string
  /** What the caller must be allowed; checked in one place, `gateway.ts`, and printed into docs/rights.md. */
  right: RouteRight
  summary: string
  /** On these routes errors are OpenAI's envelope. */
  wire?: 'openai'
  /** The strict schema that validates the query. */
  query?: z.ZodType
  body?: { mediaType: string; schema?: z.ZodType; about?: string }
  requestHeaders?: Readonly<Record<string, string>>
  answers: Readonly<Record<number, AnswerDocument>>
  handle(context: RouteContext): Response | Promise<Response>
}

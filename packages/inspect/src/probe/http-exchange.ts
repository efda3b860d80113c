import type { Call, ProbeContext } from './context.ts'
import { keyOf } from './context.ts'
import type { AnswerMeter, RecentAnswers } from './answers.ts'
import { createAnswerMeter } from './answers.ts'
import { printableUrl } from './redact.ts'

/** Request headers that say nothing about which answer is asked for. */
const irrelevant =
  /^(?:host|connection|user-agent|content-length|transfer-encoding|accept-encoding|date|expect|keep-alive|origin|referer|sec-fetch-.*|trace.*|baggage|sentry-trace|b3|x-b3-.*|x-request-id|x-correlation-id|x-amzn-trace-id|x-datadog-.*|priority|idempotency-key)$/iu
/** They make an answer a matter of what the asker has already. */
const conditional = /^if-/iu

/** One exchange, from asking to the end of the answer. */
export interface Exchange {
  url: string
  call: Call
  /** The first byte of the request is sent: a connection was there. */
  sent: () => void
  headers: (status: number, headers: Readonly<Record<string, unknown>>) => void
  chunk: (bytes: unknown) => void
  /** @param complete false when it was broken off */
  end: (complete: boolean) => void
}

/** What is asked for. */
export interface ExchangeRequest {
  method: string
  url: string
  headers: readonly (readonly [string, string])[]
}

/** Begins to listen to an exchange. */
export function createExchange(
  context: ProbeContext,
  recent: RecentAnswers,
  call: Call,
  request: ExchangeRequest,
): Exchange {
  const { recorder } = context
  const startedAt = performance.now()
  const relevant = request.headers.filter(([name]) => !irrelevant.test(name))
  const headersKey = keyOf(...relevant.map(([name, value]) => `${name.toLowerCase()}: ${value}`).toSorted())
  const isPlainGet = request.method === 'GET' && !relevant.some(([name]) => conditional.test(name))
  const independentOf = isPlainGet
    ? recent.independentOf(
        {
          url: request.url,
          headers: relevant
            .filter(([name]) => !/^accept/iu.test(name))
            .map(([, value]) => value)
            .join('\n'),
        },
        call.start,
      )
    : []
  recorder.spent(startedAt)
  let queuedMs = 0
  let firstByteMs = 0
  let status = 0
  let answerHeaders: Readonly<Record<string, unknown>> = {}
  let meter: AnswerMeter | undefined
  let isOver = false
  return {
    url: request.url,
    call,
    sent: () => (queuedMs = recorder.now() - call.start),
    headers: (code, headers) => {
      status = code
      firstByteMs = recorder.now() - call.start
      answerHeaders = headers
      meter = createAnswerMeter(context)
    },
    chunk: (bytes) => meter?.chunk(bytes),
    end: (complete) => {
      if (isOver) return
      isOver = true
      const { bytes, hash, sample } = meter?.result() ?? { bytes: 0, hash: '', sample: undefined }
      const url = new URL(request.url)
      const id = recorder.nextId()
      context.end('fetch', call, {
        id,
        // Without the fragment, which is never sent.
        key: keyOf(url.origin, url.pathname, url.search, url.username),
        resource: printableUrl(request.url),
        complete: complete && status !== 0,
        bytes,
        hash,
        http: {
          method: request.method,
          origin: url.origin,
          status,
          queuedMs,
          firstByteMs,
          headersKey,
          retryAfter: answerHeaders['retry-after'] !== undefined,
          busted: isBusted(url),
        },
        ...(independentOf.length === 0 ? {} : { independentOf }),
      })
      if (!complete || !isPlainGet || status < 200 || status >= 300) return
      const encoding = answerHeaders['content-encoding']
      recent.keep({
        id,
        url: request.url,
        endedAt: recorder.now(),
        headers: Object.values(answerHeaders).map(String).join('\n'),
        encoding: typeof encoding === 'string' ? encoding : '',
        sample,
      })
    },
  }
}

/** Parameters that mean: do not give me what you gave me before. */
const buster =
  /^(?:_|t|ts|cb|rand|random|rnd|nonce|now|time|timestamp|bust|buster|cache-?bust(?:er|ing)?|no-?cache)$/iu

function isBusted(url: URL): boolean {
  return [...url.searchParams.keys()].some((name) => buster.test(name))
}

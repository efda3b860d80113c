import { ApiError, apiErrorOf } from './api-error.ts'

/** What every call of a client shares. */
export interface TransportOptions {
  baseUrl: URL
  key: string | undefined
  fetch: typeof fetch
  maxRetries: number
  maxRetryAfterS: number
  /** Waits between tries; a test gives one that does not. */
  sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>
  random: () => number
}

/** One call of the API. */
export interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** From `/v1` on. */
  path: string
  query?: Readonly<Record<string, string | number | undefined>> | undefined
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. A stream can be read once, so such a call is not repeated. */
  body?: Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | FormData | undefined
  headers?: Readonly<Record<string, string>> | undefined
  signal?: AbortSignal | undefined
  /** Whether doing it twice is doing it once: reading, withdrawing, and what carries an idempotency key. */
  repeatable: boolean
}

/** Sends calls, with retries. */
export interface Transport {
  /** @returns an answer of 2xx @throws ApiError; the signal's reason when aborted */
  send(call: Call): Promise<Response>
  /** @throws ApiError where the answer is no JSON either */
  json<T>(call: Call): Promise<T>
}

const firstPauseMs = 250

/** 409 `idempotency_conflict`: the first try still runs. The others: not now. */
const passing = new Set(['idempotency_conflict', 'generation_pending'])

export function createTransport(options: TransportOptions): Transport {
  const send = async (call: Call): Promise<Response> => {
    const request = requestOf(call, options)
    for (let retry = 0; ; retry += 1) {
      const failure = await attempt(options.fetch, request, call.signal)
      if (failure instanceof Response) return failure
      const pauseMs = pauseOf(failure, call, retry, options)
      if (pauseMs === undefined) throw failure
      await options.sleep(pauseMs, call.signal)
    }
  }
  return {
    send,
    json: async <T>(call: Call): Promise<T> => {
      const response = await send(call)
      try {
        return (await response.json()) as T
      } catch (error) {
        call.signal?.throwIfAborted()
        throw new ApiError('The answer is no JSON. Is this address a Darkroom server?', {
          status: response.status,
          code: 'no_problem_document',
          cause: error,
        })
      }
    },
  }
}

function requestOf(call: Call, { baseUrl, key }: TransportOptions): { url: URL; init: RequestInit } {
  const url = new URL(baseUrl.pathname.replace(/\/$/u, '') + call.path, baseUrl)
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  const headers = new Headers(call.headers)
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`)
  const init: RequestInit = { method: call.method, headers, redirect: 'error', cache: 'no-store' }
  if (call.signal !== undefined) init.signal = call.signal
  if (call.json !== undefined) {
    headers.set('content-type', 'application/json')
    init.body = JSON.stringify(call.json)
  } else if (call.body !== undefined) {
    init.body = call.body
    // Fetch asks for it with every stream (WHATWG Fetch §5.4).
    if (call.body instanceof ReadableStream) Object.assign(init, { duplex: 'half' })
  }
  return { url, init }
}

/** The answer, or why there is none. Only the caller's own abort is thrown. */
async function attempt(
  send: typeof fetch,
  { url, init }: { url: URL; init: RequestInit },
  signal: AbortSignal | undefined,
): Promise<Response | ApiError> {
  signal?.throwIfAborted()
  try {
    const response = await send(url, init)
    return response.ok ? response : await apiErrorOf(response)
  } catch (error) {
    signal?.throwIfAborted()
    const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : ''
    return new ApiError(`${url.origin} cannot be reached: ${reason}`, {
      status: 0,
      code: 'network',
      cause: error,
    })
  }
}

/**
 * How long to wait before the next try; `undefined` where there is to be none: the answer would be the same, the
 * server asks for more patience than is allowed, or doing it again could do it twice.
 */
function pauseOf(error: ApiError, call: Call, retry: number, options: TransportOptions): number | undefined {
  if (retry >= options.maxRetries || call.body instanceof ReadableStream) return undefined
  // 429 and 503 are said before anything is done; a lost connection says nothing.
  const refused = error.status === 429 || error.status === 503
  if (!refused && !call.repeatable) return undefined
  // With full jitter: clients that failed together do not come back together.
  const backoffMs = firstPauseMs * 2 ** retry * (0.5 + options.random() / 2)
  if (error.code === 'network') return backoffMs
  const canPass = refused || error.status === 504 || passing.has(error.code)
  if (!canPass) return undefined
  if (error.retryAfterS === undefined)
    return passing.has(error.code) || error.status === 503 ? backoffMs : undefined
  return error.retryAfterS <= options.maxRetryAfterS
    ? Math.max(error.retryAfterS * 1000, backoffMs)
    : undefined
}

/** @throws the signal's reason when aborted */
export async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, milliseconds)
    if (signal?.aborted === true) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

import type { Ask } from './ask.ts'
import type { Origin, OriginReason } from './edge-options.ts'
import { withoutHopByHop } from './headers/header-list.ts'
import type { StoredEntry } from './store/edge-store.ts'

/** How the origin is asked on behalf of everybody. */
export interface SharedAsk {
  headers: Headers
  base: StoredEntry | undefined
  /** Receives what the origin adds. */
  tags: string[]
}

/** Calls the origin, with its time limit. */
export class OriginCaller {
  readonly #origin: Origin
  readonly #timeoutMs: number | undefined

  constructor(origin: Origin, timeoutMs: number | undefined) {
    this.#origin = origin
    this.#timeoutMs = timeoutMs
  }

  /** A GET for all who share its answer. @throws what the origin throws; a TimeoutError after the limit */
  async ask(ask: Ask, shared: SharedAsk): Promise<Response> {
    const { headers, base, tags } = shared
    const reason = base === undefined ? 'miss' : 'revalidate'
    if (this.#timeoutMs === undefined) return this.#call(new Request(ask.url, { headers }), ask, reason, tags)
    // Not AbortSignal.timeout with AbortSignal.any: Node keeps such signals alive as long as their listeners.
    const controller = new AbortController()
    const timeout = new DOMException(`The origin did not answer within ${this.#timeoutMs} ms`, 'TimeoutError')
    const timer = setTimeout(() => controller.abort(timeout), this.#timeoutMs)
    try {
      const request = new Request(ask.url, { headers, signal: controller.signal })
      return await orAborted(this.#call(request, ask, reason, tags), controller.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  /** One client's request as it is. Its own signal ends it. */
  pass(ask: Ask): Promise<Response> {
    const headers = [...ask.request.headers]
    const endToEnd = withoutHopByHop(headers)
    const request =
      endToEnd.length === headers.length
        ? ask.request
        : new Request(ask.request, { headers: new Headers(endToEnd) })
    return this.#call(request, ask, 'bypass', [])
  }

  async #call(request: Request, ask: Ask, reason: OriginReason, tags: string[]): Promise<Response> {
    const addTags = (more: readonly string[]): void => void tags.push(...more)
    return await this.#origin(request, { reason, domain: ask.domain, addTags, inform: ask.inform })
  }
}

/** An origin that does not look at its signal must not hold everybody who waits for it. */
function orAborted(answering: Promise<Response>, signal: AbortSignal): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  answering.then(
    (response) => {
      signal.removeEventListener('abort', abort)
      if (signal.aborted) void response.body?.cancel().catch(() => undefined)
      resolve(response)
    },
    (error: unknown) => {
      signal.removeEventListener('abort', abort)
      reject(error)
    },
  )
  return promise
}

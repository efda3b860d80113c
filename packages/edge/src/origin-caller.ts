import type { Ask } from './ask.ts'
import type { Origin, OriginReason } from './edge-options.ts'
import { withoutHopByHop } from './headers/header-list.ts'
import type { StoredEntry } from './store/edge-store.ts'

/** How the origin is asked on behalf of everybody. */
export interface SharedAsk {
  headers: Headers
  base: StoredEntry | undefined
  signal: AbortSignal
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
  ask(ask: Ask, shared: SharedAsk): Promise<Response> {
    const { headers, base, tags } = shared
    const signals = [shared.signal]
    if (this.#timeoutMs !== undefined) signals.push(AbortSignal.timeout(this.#timeoutMs))
    const signal = AbortSignal.any(signals)
    const request = new Request(ask.url, { headers, signal })
    return this.#call(request, ask, base === undefined ? 'miss' : 'revalidate', tags, signal)
  }

  /** One client's request as it is. Its own signal ends it. */
  pass(ask: Ask): Promise<Response> {
    const headers = [...ask.request.headers]
    const endToEnd = withoutHopByHop(headers)
    const request =
      endToEnd.length === headers.length
        ? ask.request
        : new Request(ask.request, { headers: new Headers(endToEnd) })
    return this.#call(request, ask, 'bypass', [], undefined)
  }

  async #call(
    request: Request,
    ask: Ask,
    reason: OriginReason,
    tags: string[],
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const context = {
      reason,
      domain: ask.domain,
      addTags: (more: readonly string[]) => void tags.push(...more),
    }
    const answering = Promise.resolve(this.#origin(request, context))
    return signal === undefined ? answering : orAborted(answering, signal)
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

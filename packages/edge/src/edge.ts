import type { AnswerLabel } from './answer.ts'
import { answerFrom, passedOn, notStored } from './answer.ts'
import type { Ask, Matching, Selection } from './ask.ts'
import { readAsk, selectEntry, wholeRequest, withoutFragment } from './ask.ts'
import type { Collapsed } from './collapse.ts'
import { Collapse, runKindFor } from './collapse.ts'
import type {
  Edge,
  EdgeFetchOptions,
  EdgeOptions,
  EdgeStats,
  PeekedAnswer,
  PeekRequest,
  PurgeRequest,
} from './edge-options.ts'
import { EdgeCounts } from './edge-counts.ts'
import type { CacheStatus, ForwardReason, ShortCacheStatus } from './headers/cache-status.ts'
import { HitFields } from './hit-fields.ts'
import { OnceLog } from './once-log.ts'
import { OriginCaller } from './origin-caller.ts'
import type { WholeAnswer } from './filled-answer.ts'
import { OriginFill } from './origin-fill.ts'
import { ageMsAt, ttlMsAt } from './policy/freshness.ts'
import { foldLanguages } from './policy/languages.ts'
import { isAnswerToGet } from './policy/post.ts'
import type { CacheProfile } from './policy/profile.ts'
import { safeProfile } from './policy/profile.ts'
import { noRequestDirectives } from './policy/request-directives.ts'
import type { Reuse } from './policy/reuse.ts'
import { mayServeOnError, reuseOf } from './policy/reuse.ts'
import { isConditionalOrRange, isForOriginOnly, isPlain } from './policy/client-conditions.ts'
import { namesToPurge, urlsInvalidatedBy } from './purge-names.ts'
import { Refresher } from './refresher.ts'
import type { StoredEntry } from './store/edge-store.ts'
import { primaryKeyOf, purgeNames } from './store/edge-store.ts'
import type { Fill } from './tags/purge-epochs.ts'

/**
 * A shared HTTP cache (RFC 9111) around an origin, with collapsed forwarding.
 * @example
 * const edge = createEdge({ origin: (request) => app.fetch(request), store: createMemoryEdgeStore({ maxBytes: 2 ** 28 }) })
 * const response = await edge.fetch(new Request('http://localhost/picture'))
 */
export function createEdge(options: EdgeOptions): Edge {
  const edge = new SharedEdge(options)
  return {
    fetch: (request, fetchOptions = {}) => edge.fetch(request, fetchOptions),
    peek: (request, fetchOptions = {}) => edge.peek(request, fetchOptions),
    purge: async (request) => edge.purge(request),
    stats: () => edge.stats(),
    close: () => options.store.close(),
  }
}

class SharedEdge {
  readonly #options: EdgeOptions
  readonly #profile: CacheProfile
  readonly #matching: Matching
  readonly #now: () => number
  readonly #caller: OriginCaller
  readonly #fill: OriginFill
  readonly #collapse: Collapse
  readonly #refresher: Refresher
  readonly #counts: EdgeCounts
  readonly #log: OnceLog
  readonly #hitFields = new HitFields()

  constructor(given: EdgeOptions) {
    this.#profile = { ...safeProfile, ...given.profile }
    const { negotiateLanguage } = this.#profile
    const foldVary = negotiateLanguage ? foldLanguages(given.foldVary) : given.foldVary
    const options = { ...given, foldVary }
    this.#options = options
    this.#matching = { fold: foldVary, negotiateLanguage }
    this.#now = options.now ?? Date.now
    this.#caller = new OriginCaller(options.origin, options.originTimeoutMs)
    this.#fill = new OriginFill({
      options,
      profile: this.#profile,
      caller: this.#caller,
      now: this.#now,
    })
    this.#collapse = new Collapse(options, this.#fill)
    this.#refresher = new Refresher(options, this.#collapse, this.#now)
    this.#counts = new EdgeCounts(options.ledger)
    this.#log = new OnceLog(options.log)
  }

  async fetch(request: Request, options: EdgeFetchOptions): Promise<Response> {
    const ask = readAsk(request, options, this.#profile, this.#options.keyOf)
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.#passMethod(ask)
    const bypass = isForOriginOnly(request.headers)
    let permitted: 'miss' | 'revalidate' | undefined
    for (;;) {
      const selection = this.#select(ask)
      const { entry } = selection
      const reuse = entry && !bypass ? this.#reuse(ask, entry) : undefined
      if (entry && reuse && reuse.action !== 'validate') return this.#hit(ask, entry, reuse)
      if (ask.directives.onlyIfCached) return this.#notCached()
      const reason = !bypass && runKindFor(entry) === 'edge-revalidate' ? 'revalidate' : 'miss'
      if (ask.mayForward !== undefined && permitted !== reason) {
        const answer = ask.mayForward(reason)
        const refusal = answer instanceof Promise ? await answer : answer
        if (refusal instanceof Response) return this.#refused(refusal)
        permitted = reason
        // Meanwhile another caller may have had it stored, or purged.
        if (answer instanceof Promise) continue
      }
      if (bypass) return this.#pass(ask, 'bypass')
      const why = reuse?.reason ?? (selection.variants > 0 ? 'vary-miss' : 'uri-miss')
      if (why === 'vary-miss') this.#log.variants(ask.key, selection.variants)
      // A HEAD is answered from a stored GET, but never causes one.
      return request.method === 'HEAD' ? this.#pass(ask, why) : this.#forward(ask, entry, why)
    }
  }

  peek(request: PeekRequest, options: Pick<EdgeFetchOptions, 'domain'>): PeekedAnswer | undefined {
    if (request.method !== 'GET' || !isPlain(request.headers)) return undefined
    const { keyOf } = this.#options
    const key = keyOf === undefined ? withoutFragment(request.url) : keyOf(wholeRequest(request))
    const ask = { primaryKey: primaryKeyOf(options.domain ?? '', key), request }
    const { entry } = selectEntry(ask, this.#options.store, this.#matching)
    if (entry === undefined) return undefined
    const { freshness, status, body } = entry.response
    const reuse = reuseOf(freshness, entry.softPurgedAtMs, noRequestDirectives, this.#now())
    if (reuse.action !== 'serve' || reuse.stale) return undefined
    this.#noteHit(entry, reuse)
    return { status, headers: this.#hitFields.of(entry.response, this.#hitLabel(reuse)), body }
  }

  purge(request: PurgeRequest): { purged: number } {
    const options = { soft: request.soft ?? false, nowMs: this.#now() }
    return { purged: this.#options.store.purge(namesToPurge(request), options) }
  }

  stats(): EdgeStats {
    const { inFlight } = this.#collapse
    return this.#counts.snapshot(this.#options.store.stats(), this.#refresher.started, inFlight)
  }

  #select(ask: Ask): Selection {
    return selectEntry(ask, this.#options.store, this.#matching)
  }

  #reuse(ask: Ask, entry: StoredEntry): Reuse {
    return reuseOf(entry.response.freshness, entry.softPurgedAtMs, ask.directives, this.#now())
  }

  #hit(ask: Ask, entry: StoredEntry, reuse: Reuse): Promise<Response> {
    this.#noteHit(entry, reuse)
    if (reuse.action === 'serve-and-refresh' && ask.request.method === 'GET')
      this.#refresher.start(ask, entry)
    return answerFrom(ask.request, entry.response, this.#hitLabel(reuse), this.#now())
  }

  #noteHit(entry: StoredEntry, reuse: Reuse): void {
    this.#options.store.touch(entry)
    this.#counts.noteHit(entry.response, reuse.stale)
  }

  #hitLabel(reuse: Reuse): AnswerLabel {
    const status = { hit: true, ttlS: wholeSeconds(reuse.ttlMs) }
    return this.#label(status, reuse.stale ? 'STALE' : 'HIT', reuse.ageMs)
  }

  async #forward(ask: Ask, entry: StoredEntry | undefined, why: ForwardReason): Promise<Response> {
    const { signal } = ask.request
    let collapsed: Collapsed
    try {
      collapsed = await this.#collapse.run(runKindFor(entry), ask, signal)
    } catch (error) {
      if (signal.aborted) throw error
      const stale = this.#staleOnError(ask, why, undefined)
      if (stale === undefined) throw error
      this.#log.failure(error, ask.key, 'the origin failed: a stale answer was served')
      return stale
    }
    const { answer, how } = collapsed
    if (answer.kind === 'whole') return this.#whole(ask, answer, how === 'joined', why)
    if (answer.tooLarge && isConditionalOrRange(ask.request.headers)) {
      // Too large to keep, and so to cut here: the origin must do it.
      await answer.response.body?.cancel()
      return this.#pass(ask, why)
    }
    this.#counts.misses += 1
    return passedOn(
      answer.response,
      this.#forwardLabel(ask, { forward: why, forwardStatus: answer.response.status }),
    )
  }

  #whole(ask: Ask, answer: WholeAnswer, joined: boolean, why: ForwardReason): Promise<Response> {
    if (answer.originStatus >= 500) {
      const stale = this.#staleOnError(ask, why, answer.originStatus)
      if (stale !== undefined) return stale
    }
    const { status, body, stored, originStatus, freshness } = answer
    this.#counts.noteForwarded(originStatus === 304, joined)
    const nowMs = this.#now()
    const ttlS = stored ? wholeSeconds(ttlMsAt(freshness, nowMs)) : undefined
    const told = { forward: why, forwardStatus: originStatus, stored, collapsed: joined, ttlS }
    const label =
      originStatus === 304
        ? this.#label({ ...told, key: ask.key }, 'HIT', ageMsAt(freshness, nowMs))
        : this.#forwardLabel(ask, told)
    const headers = joined ? answer.headers : answer.ownHeaders
    return answerFrom(ask.request, { status, headers, body }, label, nowMs)
  }

  /** What is stored, where it may be served because the origin failed with this status or could not be reached. */
  #staleOnError(ask: Ask, why: ForwardReason, status: number | undefined): Promise<Response> | undefined {
    const { entry } = this.#select(ask)
    if (entry === undefined) return undefined
    const { freshness } = entry.response
    const disconnected = status === undefined && this.#profile.staleWhenDisconnected
    const nowMs = this.#now()
    if (!mayServeOnError(freshness, entry.softPurgedAtMs, ask.directives, nowMs, disconnected))
      return undefined
    this.#counts.staleOnError += 1
    const { ttlMs, ageMs } = this.#reuse(ask, entry)
    const told = { forward: why, forwardStatus: status, ttlS: wholeSeconds(ttlMs), key: ask.key }
    return answerFrom(ask.request, entry.response, this.#label(told, 'STALE', ageMs), nowMs)
  }

  async #pass(ask: Ask, why: ForwardReason): Promise<Response> {
    this.#counts.bypassed += 1
    const response = await this.#caller.pass(ask)
    return passedOn(response, this.#forwardLabel(ask, { forward: why, forwardStatus: response.status }))
  }

  async #passMethod(ask: Ask): Promise<Response> {
    const { method } = ask.request
    const { store } = this.#options
    this.#counts.bypassed += 1
    const begun = store.beginFill()
    try {
      const response = await this.#caller.pass(ask)
      if (method === 'OPTIONS' || method === 'TRACE' || response.status >= 400)
        return this.#passed(ask, response)
      const names = urlsInvalidatedBy(ask.url, response).map((url) => purgeNames.url(ask.domain, url))
      const invalidate = (): void => void store.purge(names, { soft: false, nowMs: this.#now() })
      if (this.#mayKeep(ask, response)) return await this.#keep(ask, response, begun, invalidate)
      invalidate()
      return this.#passed(ask, response)
    } finally {
      store.endFill(begun)
    }
  }

  /** Is it the answer to a POST that may be given to later GETs? */
  #mayKeep({ request, url }: Ask, response: Response): boolean {
    if (!this.#profile.storePost || this.#options.keyOf !== undefined || request.method !== 'POST')
      return false
    return !isConditionalOrRange(request.headers) && isAnswerToGet(url, response)
  }

  async #keep(ask: Ask, response: Response, begun: Fill, invalidate: () => void): Promise<Response> {
    const answer = await this.#fill.keep(ask, response, begun, invalidate)
    if (answer.kind === 'streamed') return this.#passed(ask, answer.response)
    const { status, ownHeaders, body, stored } = answer
    const label = this.#forwardLabel(ask, { forward: 'method', forwardStatus: status, stored })
    return answerFrom(ask.request, { status, headers: ownHeaders, body }, label, this.#now())
  }

  #passed(ask: Ask, response: Response): Response {
    return passedOn(response, this.#forwardLabel(ask, { forward: 'method', forwardStatus: response.status }))
  }

  #refused(refusal: Response): Response {
    this.#counts.refused += 1
    return passedOn(refusal, this.#label({ detail: 'refused' }, 'MISS'))
  }

  #notCached(): Response {
    return passedOn(notStored(), this.#label({ detail: 'only-if-cached' }, 'MISS'))
  }

  #forwardLabel(ask: Ask, status: CacheStatus): AnswerLabel {
    return this.#label({ ...status, key: ask.key }, 'MISS')
  }

  #label(status: CacheStatus, short: ShortCacheStatus, ageMs?: number): AnswerLabel {
    return {
      cacheName: this.#options.cacheName ?? 'darkroom',
      forwardSurrogateHeaders: this.#options.forwardSurrogateHeaders ?? false,
      cdnTagFields: this.#options.cdnTagFields,
      status,
      short,
      ageS: ageMs === undefined ? undefined : wholeSeconds(ageMs),
    }
  }
}

function wholeSeconds(timeMs: number): number {
  return Math.floor(timeMs / 1000)
}

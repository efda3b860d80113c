import type { Flight, Work } from '@darkroom/once'
import type { Ask } from './ask.ts'
import { exactly, selectEntry } from './ask.ts'
import type { Bytes } from './body/shared-body.ts'
import { SharedBody, readBody } from './body/shared-body.ts'
import type { EdgeOptions } from './edge-options.ts'
import type { FilledAnswer, WholeAnswer } from './filled-answer.ts'
import type { HeaderList } from './headers/header-list.ts'
import { headerOf, headerListOf, withoutFields, withoutHopByHop } from './headers/header-list.ts'
import { formatHttpDate, parseHttpDate } from './headers/http-date.ts'
import { complete, contentLengthOf } from './headers/whole-body-fields.ts'
import type { OnceLog } from './once-log.ts'
import type { OriginCaller } from './origin-caller.ts'
import type { Freshness } from './policy/freshness.ts'
import { freshnessOf } from './policy/freshness.ts'
import type { CacheProfile } from './policy/profile.ts'
import { responseDirectivesOf } from './policy/response-directives.ts'
import { storabilityOf } from './policy/storability.ts'
import { canBeValidated, confirms, forwardedHeaders, mergeNotModified } from './policy/validation.ts'
import { hasUnboundedVary, varyKeyOf, varyNamesOf } from './policy/vary.ts'
import { answerNames } from './purge-names.ts'
import type { StoredEntry, StoredResponse } from './store/edge-store.ts'
import type { Fill } from './tags/purge-epochs.ts'
import { surrogateTag, tagsOf } from './tags/surrogate-tags.ts'

/** Describes one run, and would be false on every later answer. */
const perRunFields = ['server-timing']

/** What fills need besides the options. */
export interface FillParts {
  options: EdgeOptions
  profile: CacheProfile
  caller: OriginCaller
  now: () => number
  maxObjectBytes: number
}

/** What a run may do with the flight that it is the work of. */
export type RunFlight = Pick<Flight, 'release' | 'callers'>

/** One run of the origin: judge the answer, share it, keep it. */
export class FillRun {
  readonly #parts: FillParts
  readonly #ask: Ask
  readonly #flight: RunFlight
  readonly #fill: Fill
  readonly #log: OnceLog
  readonly #tags: string[] = []
  /** Was it purged in a way that the store cannot know of this fill? */
  isPurged: (names: readonly string[]) => boolean = () => false
  readonly #requestTimeMs: number
  /** What this run brings a successor of. */
  readonly #stored: StoredEntry | undefined
  /** The same, where the origin can be asked whether it still holds. */
  #base: StoredEntry | undefined

  constructor(parts: FillParts, ask: Ask, flight: RunFlight, fill: Fill, log: OnceLog) {
    this.#log = log
    this.#parts = parts
    this.#ask = ask
    this.#flight = flight
    this.#fill = fill
    this.#requestTimeMs = parts.now()
    // Looked up now, not when the caller came: whoever runs alone after a release can validate what was stored.
    const { entry } = selectEntry(ask, parts.options.store, exactly(parts.options.foldVary))
    this.#stored = entry
    this.#base = entry !== undefined && canBeValidated(entry.response.headers) ? entry : undefined
  }

  async run(): Promise<Work<FilledAnswer>> {
    const response = await this.#askOrigin()
    const base = this.#base
    if (response.status !== 304 || base === undefined) return this.take(response)
    const notModified = this.#dated(response)
    if (confirms(notModified, base.response.headers)) return this.#refresh(notModified, base)
    // It confirmed something that is not stored here. Asked again without conditions, it must send it.
    this.#base = undefined
    return this.take(await this.#askOrigin())
  }

  #askOrigin(): Promise<Response> {
    const { ask, base } = { ask: this.#ask, base: this.#base }
    const headers = forwardedHeaders(ask.request.headers, base?.response.headers)
    return this.#parts.caller.ask(ask, { headers, base, tags: this.#tags })
  }

  /** The origin's 304: the stored bytes with the fields of both. */
  #refresh(notModified: HeaderList, base: StoredEntry): Work<FilledAnswer> {
    const headers = mergeNotModified(base.response.headers, notModified)
    const answer = this.#judge(base.response.status, headers)
    if (!answer.shareable) this.#flight.release()
    const whole = this.#whole(answer, base.response.body, 304)
    this.#keepOrDrop(whole, answer.storable, base.response.body)
    return { value: whole }
  }

  /** A full answer: replaces what is stored, unless the origin failed. */
  async take(response: Response): Promise<Work<FilledAnswer>> {
    const headers = this.#dated(response)
    const answer = this.#judge(response.status, headers)
    const failedValidation = response.status >= 500 && this.#isOfUse(this.#stored)
    const storable = answer.storable && !failedValidation
    if (!answer.shareable) {
      this.#flight.release()
      if (!storable) {
        if (!failedValidation) this.#dropStored()
        return this.#streamed(response, false)
      }
    }
    const { maxObjectBytes } = this.#parts
    const declaredBytes = contentLengthOf(headers)
    if (response.body !== null && declaredBytes !== undefined) {
      if (declaredBytes > maxObjectBytes) return this.#streamed(response, true)
      const body = new SharedBody(response.body, declaredBytes)
      const whole = this.#whole(answer, body, response.status)
      whole.stored = storable
      const until = body.whole.then(
        (bytes) => this.#keepOrDrop(whole, storable, bytes, failedValidation),
        (error: unknown) => {
          // Its head has been sent, and says that it is stored: only the log can say otherwise.
          whole.stored = false
          this.#log.failure(error, this.#ask.key, 'an answer broke off: nothing of it is stored')
          throw error
        },
      )
      return { value: whole, until, bytes: declaredBytes }
    }
    const read =
      response.body === null ? { whole: new Uint8Array(0) } : await readBody(response.body, maxObjectBytes)
    if ('tooLarge' in read) return this.#streamed(new Response(read.tooLarge, response), true)
    const whole = this.#whole(answer, read.whole, response.status)
    this.#keepOrDrop(whole, storable, read.whole, failedValidation)
    return { value: whole, bytes: read.whole.byteLength }
  }

  #judge(status: number, headers: HeaderList): Judged {
    const { now, profile } = this.#parts
    const { request, directives: asked, key } = this.#ask
    const directives = responseDirectivesOf(headers)
    const received = {
      status,
      headers,
      directives,
      requestTimeMs: this.#requestTimeMs,
      responseTimeMs: now(),
    }
    const freshness = freshnessOf(received, profile)
    const askedWith = { authorization: request.headers.has('authorization'), noStore: asked.noStore }
    const { storable, shareable } = storabilityOf(received, freshness, askedWith, profile)
    const tags = tagsOf(headers)
    if (tags === undefined) this.#log.warn(key, 'too many tags to purge an answer by: it is not stored')
    if (hasUnboundedVary(headers))
      this.#log.warn(key, 'Vary names too many headers: the answer is not stored')
    return {
      status,
      headers,
      unstoredFields: directives.unstoredFields,
      freshness,
      purgeNames: answerNames(this.#ask, [...(tags ?? []), ...this.#tags.map(surrogateTag)]),
      storable: storable && tags !== undefined,
      shareable,
    }
  }

  #whole(answer: Judged, body: Bytes | SharedBody, originStatus: number): WholeAnswer {
    const { status, headers, unstoredFields, freshness } = answer
    const varyNames = varyNamesOf(headers) ?? []
    return {
      kind: 'whole',
      status,
      ownHeaders: headers,
      headers: withoutFields(headers, unstoredFields),
      body,
      varyNames,
      varyKey: varyKeyOf(varyNames, this.#ask.request.headers, this.#parts.options.foldVary),
      freshness,
      purgeNames: answer.purgeNames,
      fill: this.#fill,
      originStatus,
      stored: false,
      purged: false,
    }
  }

  /** Puts the answer in place of what was stored before; takes that away if this one may not be stored. */
  #keepOrDrop(whole: WholeAnswer, storable: boolean, body: Bytes, failedValidation = false): void {
    if (failedValidation) return
    const { primaryKey } = this.#ask
    const { status, varyNames, varyKey, freshness, purgeNames: names } = whole
    if (!storable) {
      this.#dropStored()
      return
    }
    const stored: StoredResponse = {
      primaryKey,
      status,
      headers: complete(withoutFields(whole.headers, perRunFields), status, body.byteLength),
      body,
      varyNames,
      varyKey,
      freshness,
      fillDurationMs: Math.max(0, freshness.responseTimeMs - this.#requestTimeMs),
    }
    if (!this.isPurged(names)) whole.stored = this.#parts.options.store.put(stored, names, this.#fill)
  }

  /** A failure takes no place of an answer that was none. */
  #isOfUse(stored: StoredEntry | undefined): boolean {
    return stored !== undefined && (this.#base !== undefined || stored.response.status < 500)
  }

  /**
   * Its successor may not be stored: it would else be served on when the origin fails. Not for the successor of one
   * client's wish that its own answer be not stored, or any client could empty the store.
   */
  #dropStored(): void {
    if (this.#stored !== undefined && !this.#ask.directives.noStore)
      this.#parts.options.store.delete(this.#stored)
  }

  #streamed(response: Response, tooLarge: boolean): Work<FilledAnswer> {
    this.#flight.release()
    // Everybody has left: nobody will read this body, and its origin must not keep it open for ever.
    if (this.#flight.callers === 0) void response.body?.cancel().catch(() => undefined)
    return { value: { kind: 'streamed', response, tooLarge } }
  }

  /** The end-to-end fields, with a `Date` (RFC 9110 section 6.6.1). */
  #dated(response: Response): HeaderList {
    const headers = withoutHopByHop(headerListOf(response.headers))
    const nowMs = this.#parts.now()
    if (parseHttpDate(headerOf(headers, 'date'), nowMs) !== undefined) return headers
    return [...headers.filter(([name]) => name !== 'date'), ['date', formatHttpDate(nowMs)]]
  }
}

interface Judged {
  status: number
  headers: HeaderList
  unstoredFields: readonly string[]
  freshness: Freshness
  purgeNames: readonly string[]
  storable: boolean
  shareable: boolean
}

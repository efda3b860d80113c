import type { HeaderList } from '../headers/header-list.ts'
import { headerOf } from '../headers/header-list.ts'
import { parseHttpDate } from '../headers/http-date.ts'
import type { CacheProfile } from './profile.ts'
import type { ResponseDirectives } from './response-directives.ts'

/** An answer as it came from the origin, and when. Times in milliseconds since 1970. */
export interface ReceivedAnswer {
  status: number
  headers: HeaderList
  directives: ResponseDirectives
  requestTimeMs: number
  responseTimeMs: number
}

/** How long a stored answer is fresh, and what may be done with it afterwards. Computed once, when stored. */
export interface Freshness {
  readonly lifetimeMs: number
  /** The origin said so, rather than the heuristic. */
  readonly explicit: boolean
  /** The corrected initial age (RFC 9111 section 4.2.3). */
  readonly initialAgeMs: number
  readonly responseTimeMs: number
  /** Every use needs a validation first: `no-cache`. */
  readonly alwaysValidate: boolean
  /** May it be served stale at all? Not with must-revalidate, proxy-revalidate, s-maxage or no-cache. */
  readonly staleAllowed: boolean
  readonly staleWhileRevalidateMs: number
  readonly staleIfErrorMs: number
}

/** Statuses that may be fresh without the origin saying so (RFC 9110 section 15.1; 206 is never stored here). */
export const heuristicStatuses: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501,
])

/** Freshness of an answer in a shared cache (RFC 9111 section 4.2). Pure. */
export function freshnessOf(answer: ReceivedAnswer, profile: CacheProfile): Freshness {
  const { headers, directives, requestTimeMs, responseTimeMs } = answer
  const dateMs = parseHttpDate(headerOf(headers, 'date'), responseTimeMs) ?? responseTimeMs
  const explicitMs = explicitLifetimeMs(answer, dateMs)
  const staleAllowed =
    !directives.mustRevalidate &&
    !directives.proxyRevalidate &&
    !directives.noCache &&
    // s-maxage has the semantics of proxy-revalidate (RFC 9111 section 5.2.2.10).
    directives.sMaxageS === undefined
  // `Date` knows whole seconds only: what is left of this second is not age.
  const apparentAgeMs = Math.max(0, Math.floor(responseTimeMs / 1000) * 1000 - dateMs)
  const responseDelayMs = Math.max(0, responseTimeMs - requestTimeMs)
  return {
    lifetimeMs: explicitMs ?? heuristicLifetimeMs(answer, dateMs, profile),
    explicit: explicitMs !== undefined,
    initialAgeMs: Math.max(apparentAgeMs, ageFieldMs(headers) + responseDelayMs),
    responseTimeMs,
    alwaysValidate: directives.noCache,
    staleAllowed,
    staleWhileRevalidateMs: staleAllowed ? directives.staleWhileRevalidateS * 1000 : 0,
    staleIfErrorMs: staleAllowed ? directives.staleIfErrorS * 1000 : 0,
  }
}

/** Clocks are put right by less than this all the time. */
const clockStepMs = 10_000

/** The largest age that there is (RFC 9111 section 1.2.2): older than any lifetime. */
const unknownAgeMs = 2 ** 31 * 1000

/**
 * The age of a stored answer now. A clock that was set back never makes it younger than it arrived; one that was set
 * back by more than a moment tells nothing about its age, and it must be validated: it would else be fresh until
 * the clock has come round again.
 */
export function ageMsAt(freshness: Freshness, nowMs: number): number {
  if (nowMs < freshness.responseTimeMs - clockStepMs) return unknownAgeMs
  return freshness.initialAgeMs + Math.max(0, nowMs - freshness.responseTimeMs)
}

/** Milliseconds of freshness left; negative: stale for so long. */
export function ttlMsAt(freshness: Freshness, nowMs: number): number {
  return freshness.lifetimeMs - ageMsAt(freshness, nowMs)
}

/** From when on it can only be validated, never be served as it is. Milliseconds since 1970. */
export function uselessAtMs(freshness: Freshness): number {
  const { lifetimeMs, initialAgeMs, responseTimeMs, staleWhileRevalidateMs, staleIfErrorMs } = freshness
  return responseTimeMs + lifetimeMs - initialAgeMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs)
}

function explicitLifetimeMs(answer: ReceivedAnswer, dateMs: number): number | undefined {
  const { directives, headers, responseTimeMs } = answer
  const seconds = directives.sMaxageS ?? directives.maxAgeS
  if (seconds !== undefined) return seconds * 1000
  if (directives.targeted) return undefined
  const expires = headerOf(headers, 'expires')
  if (expires === undefined) return undefined
  // An invalid date, `0` above all, means already expired (RFC 9111 section 5.3).
  const expiresMs = parseHttpDate(expires, responseTimeMs)
  return expiresMs === undefined ? 0 : Math.max(0, expiresMs - dateMs)
}

function heuristicLifetimeMs(answer: ReceivedAnswer, dateMs: number, profile: CacheProfile): number {
  const { status, directives, headers, responseTimeMs } = answer
  if (!heuristicStatuses.has(status) && !directives.isPublic) return 0
  const lastModifiedMs = parseHttpDate(headerOf(headers, 'last-modified'), responseTimeMs)
  if (lastModifiedMs === undefined || lastModifiedMs > dateMs) return 0
  return Math.min((dateMs - lastModifiedMs) * profile.heuristicFraction, profile.maxHeuristicS * 1000)
}

/** `Age` in milliseconds: the first value; one that is not a number is ignored (RFC 9111 section 5.1). */
function ageFieldMs(headers: HeaderList): number {
  const first = headerOf(headers, 'age')?.split(',')[0]?.trim()
  return first !== undefined && /^\d+$/.test(first) ? Math.min(Number(first), 2 ** 31) * 1000 : 0
}

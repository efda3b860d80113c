import { headerOf } from '../headers/header-list.ts'
import type { Freshness, ReceivedAnswer } from './freshness.ts'
import { heuristicStatuses } from './freshness.ts'
import type { CacheProfile } from './profile.ts'
import { varyNamesOf } from './vary.ts'

/** What may be done with an answer besides giving it to the caller who caused it. */
export interface Storability {
  /** It may be kept, and keeping it is of use. */
  storable: boolean
  /** Those who wait for it already may have it too. */
  shareable: boolean
}

/** What storability depends on of the request. */
export interface AskedWith {
  authorization: boolean
  noStore: boolean
}

/** Statuses whose meaning does not depend on who asks and is known here: storable with explicit freshness. */
const explicitStatuses: ReadonlySet<number> = new Set([
  ...heuristicStatuses,
  302,
  303,
  307,
  400,
  403,
  451,
  500,
  502,
  503,
  504,
])

/** Client errors that speak about the one who asked, not about what was asked for. */
const askerStatuses: ReadonlySet<number> = new Set([401, 403, 407, 408, 421, 425, 429])

/**
 * Decides on storing (RFC 9111 section 3) and on sharing with concurrent requests (section 4: a collapsed
 * request may be given what could be reused for it). Beyond the RFC, an error without explicit freshness is
 * shared with those who wait, though never stored: else a failing origin is asked a thousand times.
 */
export function storabilityOf(
  answer: ReceivedAnswer,
  freshness: Freshness,
  asked: AskedWith,
  profile: CacheProfile,
): Storability {
  if (!isForEveryone(answer, asked, profile)) return { storable: false, shareable: false }
  if (answer.directives.noStore && !isUnderstood(answer)) {
    return { storable: false, shareable: profile.shareFailures && answer.status >= 500 }
  }
  const fresh = freshness.lifetimeMs > freshness.initialAgeMs && !freshness.alwaysValidate
  return {
    storable: !asked.noStore && isKnown(answer, freshness, profile) && isUseful(answer, freshness, fresh),
    shareable: fresh || isSharedError(answer.status),
  }
}

/** No rule but `no-store` keeps it from being used for another request. */
function isForEveryone(answer: ReceivedAnswer, asked: AskedWith, profile: CacheProfile): boolean {
  const { status, headers, directives } = answer
  // 206 and 304 are parts of an answer, and which part depends on the request.
  if (status < 200 || status === 206 || status === 304) return false
  if (directives.isPrivate || (directives.mustUnderstand && !isUnderstood(answer))) return false
  if (varyNamesOf(headers) === undefined) return false
  const setsCookie = headerOf(headers, 'set-cookie') !== undefined
  if (setsCookie && !profile.storeSetCookie && !directives.unstoredFields.includes('set-cookie')) return false
  // RFC 9111 section 3.5
  const { isPublic, mustRevalidate, sMaxageS } = directives
  return !asked.authorization || isPublic || mustRevalidate || sMaxageS !== undefined
}

/** must-understand lifts no-store for a cache that knows the status (RFC 9111 section 5.2.2.3). */
function isUnderstood(answer: ReceivedAnswer): boolean {
  return answer.directives.mustUnderstand && explicitStatuses.has(answer.status)
}

function isKnown(answer: ReceivedAnswer, freshness: Freshness, profile: CacheProfile): boolean {
  const { status, directives } = answer
  if (freshness.explicit) return profile.storeAnyStatus || explicitStatuses.has(status)
  if (heuristicStatuses.has(status)) return true
  // `public` makes others cacheable without a time too; but that a server failed is no lasting truth.
  return directives.isPublic && (profile.storeAnyStatus || (status < 500 && explicitStatuses.has(status)))
}

/** Something can come of it: a fresh or a stale use, or a validation. */
function isUseful(answer: ReceivedAnswer, freshness: Freshness, fresh: boolean): boolean {
  if (fresh || freshness.staleWhileRevalidateMs > 0 || freshness.staleIfErrorMs > 0) return true
  const { headers } = answer
  return headerOf(headers, 'etag') !== undefined || headerOf(headers, 'last-modified') !== undefined
}

function isSharedError(status: number): boolean {
  return status >= 500 || (status >= 400 && !askerStatuses.has(status))
}

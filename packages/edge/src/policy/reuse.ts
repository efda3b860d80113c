import type { Freshness } from './freshness.ts'
import { ageMsAt, ttlMsAt } from './freshness.ts'
import type { RequestDirectives } from './request-directives.ts'

/** What to do with a stored answer that matches a request. */
export interface Reuse {
  /**
   * `serve`: as it is. `serve-and-refresh`: as it is, and have it refreshed meanwhile. `validate`: ask the
   * origin first.
   */
  action: 'serve' | 'serve-and-refresh' | 'validate'
  stale: boolean
  /** Why the origin is asked, where it is. */
  reason: 'stale' | 'request'
  ageMs: number
  /** Freshness left; negative: stale for so long, by age or by a soft purge. */
  ttlMs: number
}

/**
 * Decides how a stored answer may be used (RFC 9111 section 4, RFC 5861 section 3). Pure.
 * @param softPurgedAtMs when a soft purge marked it stale, if one did
 */
export function reuseOf(
  freshness: Freshness,
  softPurgedAtMs: number | undefined,
  asked: RequestDirectives,
  nowMs: number,
): Reuse {
  const ageMs = ageMsAt(freshness, nowMs)
  const ttlMs = remainingMs(freshness, softPurgedAtMs, nowMs)
  const stale = ttlMs <= 0
  const told = { stale, ageMs, ttlMs, reason: stale ? ('stale' as const) : ('request' as const) }
  if (freshness.alwaysValidate) return { ...told, action: 'validate', reason: 'stale' }
  if (asked.noCache) return { ...told, action: 'validate', reason: 'request' }
  const tooOld = asked.maxAgeS !== undefined && ageMs > asked.maxAgeS * 1000
  if (stale) {
    // Without a word from the client, `max-stale` lets it take what the origin allows to be served stale.
    const withinMaxStale =
      freshness.staleAllowed && asked.maxStaleS !== undefined && -ttlMs <= asked.maxStaleS * 1000
    const refreshable = -ttlMs < freshness.staleWhileRevalidateMs
    if (tooOld && !withinMaxStale) return { ...told, action: 'validate', reason: 'request' }
    if (asked.minFreshS !== undefined) return { ...told, action: 'validate' }
    if (refreshable) return { ...told, action: 'serve-and-refresh' }
    return { ...told, action: withinMaxStale ? 'serve' : 'validate' }
  }
  const tooSoonStale = asked.minFreshS !== undefined && ttlMs < asked.minFreshS * 1000
  // max-age=0 asks for validation of what is stored, even of what came this very second.
  const reload = asked.maxAgeS === 0
  return { ...told, action: tooOld || reload || tooSoonStale ? 'validate' : 'serve' }
}

/**
 * May it be served because the origin failed (RFC 5861 section 4)? Also while it is still fresh, where it was
 * only being validated because the client wished it.
 * @param disconnected the origin was not reached at all, and the profile allows stale answers then
 */
export function mayServeOnError(
  freshness: Freshness,
  softPurgedAtMs: number | undefined,
  asked: RequestDirectives,
  nowMs: number,
  disconnected: boolean,
): boolean {
  if (!freshness.staleAllowed) return false
  const staleMs = -remainingMs(freshness, softPurgedAtMs, nowMs)
  const allowedMs = Math.max(freshness.staleIfErrorMs, asked.staleIfErrorS * 1000)
  return (allowedMs > 0 && staleMs <= allowedMs) || disconnected
}

function remainingMs(freshness: Freshness, softPurgedAtMs: number | undefined, nowMs: number): number {
  const ttlMs = ttlMsAt(freshness, nowMs)
  return softPurgedAtMs === undefined ? ttlMs : Math.min(ttlMs, softPurgedAtMs - nowMs)
}

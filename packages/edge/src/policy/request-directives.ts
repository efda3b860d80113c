import { parseCacheControl, secondsOf } from '../headers/cache-control.ts'
import type { FieldLookup } from '../headers/header-list.ts'
import type { CacheProfile } from './profile.ts'

/** What a client asks of the cache (RFC 9111 section 5.2.1). */
export interface RequestDirectives {
  onlyIfCached: boolean
  noStore: boolean
  noCache: boolean
  maxAgeS: number | undefined
  minFreshS: number | undefined
  /** How stale an answer may be; infinite where `max-stale` has no argument. */
  maxStaleS: number | undefined
  staleIfErrorS: number
}

/** A request that asks for nothing. */
export const noRequestDirectives: Readonly<RequestDirectives> = Object.freeze({
  onlyIfCached: false,
  noStore: false,
  noCache: false,
  maxAgeS: undefined,
  minFreshS: undefined,
  maxStaleS: undefined,
  staleIfErrorS: 0,
})

/** Reads the directives that count under this profile; `Pragma: no-cache` too where there is no `Cache-Control`. */
export function requestDirectivesOf(
  headers: FieldLookup,
  profile: Pick<CacheProfile, 'clientDirectives'>,
): RequestDirectives {
  const cacheControl = headers.get('cache-control')
  if (cacheControl === null) {
    const pragma = profile.clientDirectives === 'honour' ? headers.get('pragma') : null
    return pragma !== null && parseCacheControl(pragma).has('no-cache')
      ? { ...noRequestDirectives, noCache: true }
      : noRequestDirectives
  }
  const directives = parseCacheControl(cacheControl)
  const onlyIfCached = directives.has('only-if-cached')
  if (profile.clientDirectives === 'ignore') return { ...noRequestDirectives, onlyIfCached }
  return {
    onlyIfCached,
    noStore: directives.has('no-store'),
    noCache: directives.has('no-cache'),
    maxAgeS: secondsOf(directives, 'max-age'),
    minFreshS: secondsOf(directives, 'min-fresh'),
    maxStaleS:
      directives.get('max-stale')?.[0] === true
        ? Number.POSITIVE_INFINITY
        : secondsOf(directives, 'max-stale'),
    staleIfErrorS: secondsOf(directives, 'stale-if-error') ?? 0,
  }
}

import type { Directives } from '../headers/cache-control.ts'
import {
  fieldNamesOf,
  parseCacheControl,
  parseTargetedCacheControl,
  secondsOf,
} from '../headers/cache-control.ts'
import type { HeaderList } from '../headers/header-list.ts'
import { headerOf } from '../headers/header-list.ts'

/** What the origin says about caching its answer, from the one field that counts for this cache. */
export interface ResponseDirectives {
  /** From a targeted field (RFC 9213): then `Cache-Control` and `Expires` do not count. */
  targeted: boolean
  noStore: boolean
  noCache: boolean
  mustRevalidate: boolean
  proxyRevalidate: boolean
  mustUnderstand: boolean
  isPublic: boolean
  isPrivate: boolean
  maxAgeS: number | undefined
  sMaxageS: number | undefined
  staleWhileRevalidateS: number
  staleIfErrorS: number
  /** Fields that must not be kept: those that `private="…"` and `no-cache="…"` name, in lower case. */
  unstoredFields: readonly string[]
}

/** The targeted fields that a cache of this kind obeys, most specific first (RFC 9213 section 2.2). */
const targetedNames = ['cdn-cache-control']

/** Reads the caching directives of an answer (RFC 9111 section 5.2.2, RFC 9213, RFC 5861). */
export function responseDirectivesOf(headers: HeaderList): ResponseDirectives {
  for (const name of targetedNames) {
    const directives = parseTargetedCacheControl(headerOf(headers, name))
    if (directives !== undefined) return read(directives, true)
  }
  return read(parseCacheControl(headerOf(headers, 'cache-control')), false)
}

function read(directives: Directives, targeted: boolean): ResponseDirectives {
  const noCacheFields = fieldNamesOf(directives, 'no-cache')
  const privateFields = fieldNamesOf(directives, 'private')
  return {
    targeted,
    noStore: directives.has('no-store'),
    noCache: noCacheFields?.length === 0,
    mustRevalidate: directives.has('must-revalidate'),
    proxyRevalidate: directives.has('proxy-revalidate'),
    mustUnderstand: directives.has('must-understand'),
    isPublic: directives.has('public'),
    isPrivate: privateFields?.length === 0,
    maxAgeS: secondsOf(directives, 'max-age'),
    sMaxageS: secondsOf(directives, 's-maxage'),
    staleWhileRevalidateS: secondsOf(directives, 'stale-while-revalidate') ?? 0,
    staleIfErrorS: secondsOf(directives, 'stale-if-error') ?? 0,
    unstoredFields: [...(noCacheFields ?? []), ...(privateFields ?? [])],
  }
}

import { renderableTags } from './tags/surrogate-tags.ts'

/** How long an answer is fresh where, and what purges find it by. Times in whole seconds. */
export interface CacheHeadersOptions {
  /** Fresh in shared caches. */
  freshS: number
  /** Then served stale while it is refreshed. Default 0. */
  staleWhileRevalidateS?: number | undefined
  /** Then served stale if the origin fails. Default 0. */
  staleIfErrorS?: number | undefined
  /** Fresh in browsers. Short, since no purge reaches them: default 60, at most `freshS`; immutable: `freshS`. */
  browserS?: number | undefined
  /** Most important first: what does not fit what CDNs allow is left out. */
  tags?: readonly string[] | undefined
  /** The answer at this URL never changes. */
  immutable?: boolean | undefined
  /** For one client only: no shared cache keeps it, and it has no tags. */
  private?: boolean | undefined
}

/**
 * The caching headers of an answer: `CDN-Cache-Control` (RFC 9213) for shared caches, `Cache-Control` for browsers,
 * and tags as `Cache-Tag` and `Surrogate-Key`. Never `s-maxage`: it implies proxy-revalidate (RFC 9111 section
 * 5.2.2.10) and so switches off the stale windows.
 * @throws RangeError if a time is not a whole number of seconds
 */
export function cacheHeaders(options: CacheHeadersOptions): Record<string, string> {
  const { freshS, staleWhileRevalidateS = 0, staleIfErrorS = 0, immutable = false, tags = [] } = options
  const browserS = options.browserS ?? (immutable ? freshS : Math.min(60, freshS))
  for (const [name, seconds] of Object.entries({ freshS, staleWhileRevalidateS, staleIfErrorS, browserS })) {
    if (!Number.isSafeInteger(seconds) || seconds < 0) {
      throw new RangeError(`${name} must be a whole number of seconds, not ${seconds}`)
    }
  }
  const forBrowsers = `max-age=${browserS}${immutable ? ', immutable' : ''}`
  if (options.private === true) return { 'Cache-Control': `private, ${forBrowsers}` }
  const shared = ['public', `max-age=${freshS}`]
  if (staleWhileRevalidateS > 0) shared.push(`stale-while-revalidate=${staleWhileRevalidateS}`)
  if (staleIfErrorS > 0) shared.push(`stale-if-error=${staleIfErrorS}`)
  const headers: Record<string, string> = {
    'CDN-Cache-Control': shared.join(', '),
    'Cache-Control': `public, ${forBrowsers}`,
  }
  const rendered = renderableTags(tags)
  if (rendered.length > 0) {
    headers['Cache-Tag'] = rendered.join(',')
    headers['Surrogate-Key'] = rendered.join(' ')
  }
  return headers
}

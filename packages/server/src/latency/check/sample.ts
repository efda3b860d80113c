/**
 * How an answer came to be, by what it says of itself. `hit`: fresh from a cache. `stale`: from a cache that
 * refreshes behind. `collapsed`: waited for another request's fetch. `miss`: made or fetched for this request.
 * `unknown`: it does not say.
 */
export type CacheClass = 'hit' | 'stale' | 'collapsed' | 'miss' | 'unknown'

export const cacheClasses: readonly CacheClass[] = ['hit', 'stale', 'collapsed', 'miss', 'unknown']

/** One request and its answer. Times in milliseconds since the request was due, which is not when it was sent. */
export interface Sample {
  /** The first byte of the answer. */
  ttfbMs: number
  /** The last byte of it. */
  totalMs: number
  cacheClass: CacheClass
  bytes: number
}

/** Headers as `node:http` gives them. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The class by `Cache-Status` (RFC 9211), the cache nearest to the client last; else by the `X-Cache-Status` of
 * many caches, `CF-Cache-Status` and `X-Cache`.
 */
export function cacheClassOf(headers: AnswerHeaders): CacheClass {
  const simple = textOf(headers['x-cache-status']) ?? textOf(headers['cf-cache-status'])
  if (simple?.toUpperCase() === 'STALE' || simple?.toUpperCase() === 'UPDATING') return 'stale'
  const status = textOf(headers['cache-status'])
  if (status !== undefined) {
    const nearest = status.split(',').at(-1) ?? ''
    const parameters = nearest.split(';').map((part) => part.trim().toLowerCase())
    if (parameters.includes('collapsed') || parameters.includes('collapsed=?1')) return 'collapsed'
    if (parameters.includes('hit')) return isStale(parameters) ? 'stale' : 'hit'
    if (parameters.some((part) => part.startsWith('fwd'))) return 'miss'
  }
  const word = (simple ?? textOf(headers['x-cache']) ?? '').toUpperCase()
  if (word.includes('HIT') || word === 'REVALIDATED') return 'hit'
  if (/MISS|EXPIRED|BYPASS|DYNAMIC/u.test(word)) return 'miss'
  return 'unknown'
}

/** A negative time to live: served although it was no longer fresh (RFC 9211 §2.3). */
function isStale(parameters: readonly string[]): boolean {
  return parameters.some((part) => /^ttl=-[1-9]/u.test(part))
}

function textOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ')
}

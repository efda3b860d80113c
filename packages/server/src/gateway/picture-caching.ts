import type { PictureGrant } from '../access/picture-access.ts'

/** Only shared caches read these: what they must not keep has none of them. */
const sharedCacheHeaders = [
  'cdn-cache-control',
  'surrogate-control',
  'cache-tag',
  'surrogate-key',
  'cdn-tag',
  'xkey',
] as const

/**
 * An answer as this reader may have it cached. The edge keeps one answer for all that may see it; who they are, and
 * for how long, is known only here.
 */
export function withGrant(response: Response, grant: PictureGrant, now: number): Response {
  const { headers } = response
  if (response.status >= 400) return response
  if (grant.caching !== 'public') {
    for (const name of sharedCacheHeaders) headers.delete(name)
    headers.set(
      'cache-control',
      (headers.get('cache-control') ?? 'no-store').replace(/^public\b/u, 'private'),
    )
  }
  // A browser's own cache must not show one key's picture to another.
  if (grant.caching === 'keyed') headers.append('vary', 'Authorization, X-API-Key')
  if (grant.endsAtS !== undefined) limitTo(headers, Math.max(0, Math.floor(grant.endsAtS - now / 1000)))
  return response
}

/** No cache may show a picture for longer than its signature holds, and none may show it stale then. */
function limitTo(headers: Headers, restS: number): void {
  for (const name of ['cache-control', 'cdn-cache-control', 'surrogate-control'] as const) {
    const value = headers.get(name)
    if (value === null) continue
    // `Age` counts against `max-age` (RFC 9111 §4.2.3): what is left is to be left from now on.
    const ageS = Number(headers.get('age') ?? 0)
    const directives = value.split(',').map((part) => part.trim())
    const limited = directives.flatMap((directive) => {
      const [label = '', text = ''] = directive.split('=')
      const seconds = Number(text)
      if (label === 'max-age' || label === 's-maxage') return [`${label}=${Math.min(seconds, restS + ageS)}`]
      if (label.startsWith('stale-')) {
        const freshS = Number(/max-age=(\d+)/u.exec(value)?.[1] ?? 0) - ageS
        const staleS = Math.min(seconds, restS - Math.min(freshS, restS))
        return staleS > 0 ? [`${label}=${staleS}`] : []
      }
      return directive === 'immutable' ? [] : [directive]
    })
    headers.set(name, limited.join(', '))
  }
}

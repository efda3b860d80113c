import type { IncomingHttpHeaders } from 'node:http'

/** How long an answer may be used again (RFC 9111, as a shared cache). */
export interface Freshness {
  /** `false`: not to be kept at all. */
  storable: boolean
  /** 0: to be validated at each use. */
  freshMs: number
}

/**
 * Reads `Cache-Control` and `Age`. Only a time that the host gives counts: without one an answer is validated at
 * each use, which costs a 304. `Expires` and heuristics are not used.
 * @param maxFreshMs what a host says beyond this is cut
 */
export function freshnessOf(headers: IncomingHttpHeaders, maxFreshMs: number): Freshness {
  const directives = directivesOf(headers['cache-control'] ?? '')
  if (directives.has('no-store') || directives.has('private')) return { storable: false, freshMs: 0 }
  const mustValidate = directives.has('no-cache') || headers['vary']?.includes('*') === true
  const lifetimeS = seconds(directives.get('s-maxage') ?? directives.get('max-age'))
  const freshMs = mustValidate ? 0 : Math.max(0, lifetimeS - seconds(headers.age)) * 1000
  return { storable: true, freshMs: Math.min(freshMs, maxFreshMs) }
}

/** By lower-case name; of two with one name the first counts. */
function directivesOf(cacheControl: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>()
  for (const match of cacheControl.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/gu)) {
    const name = (match[1] ?? '').toLowerCase()
    if (!directives.has(name)) directives.set(name, match[2] ?? match[3] ?? '')
  }
  return directives
}

/** A malformed number is 0: stale (RFC 9111 §4.2.1). */
function seconds(text: string | undefined): number {
  return text !== undefined && /^\d{1,10}$/u.test(text.trim()) ? Number(text) : 0
}

/** Where RFC 9111 leaves a choice. */
export interface CacheProfile {
  /**
   * `honour`: request directives (`no-cache`, `max-age`, `min-fresh`, `max-stale`, `no-store`) are obeyed. A
   * reload then costs a validation, which all who reload at that time share. `ignore`: as most CDNs do,
   * a client cannot make this cache ask its origin (`only-if-cached` is still obeyed).
   */
  clientDirectives: 'honour' | 'ignore'
  /** Store answers with `Set-Cookie`. Off: one client's cookie must not reach another. */
  storeSetCookie: boolean
  /** Store any final status that has explicit freshness. Off: only statuses whose meaning is known here. */
  storeAnyStatus: boolean
  /**
   * Give a 5xx to all who wait for it even if it says `no-store`, as many error pages do. Strictly they would
   * each have to ask again (RFC 9111 section 5.2.2.5), and a failing origin would be asked a thousand times.
   */
  shareFailures: boolean
  /** Serve stale when the origin cannot be reached, even without `stale-if-error` (RFC 9111 section 4.2.4). */
  staleWhenDisconnected: boolean
  /**
   * Keep the answer to a POST for later GETs where the origin names the same URL in `Content-Location` and gives a
   * time (RFC 9110 section 9.3.3). Off: few who write such headers mean that. Never with a `keyOf` of one's own.
   */
  storePost: boolean
  /**
   * Languages in any order are the same wish, and a stored answer in the language that a client likes best is served
   * for another list of languages too. Off: origins may give order a meaning (RFC 9110 section 12.5.4).
   */
  negotiateLanguage: boolean
  /** Share of the time since `Last-Modified` for which an answer without explicit freshness is fresh; 0: none. */
  heuristicFraction: number
  maxHeuristicS: number
}

/** What is right in front of an application. */
export const safeProfile: Readonly<CacheProfile> = Object.freeze({
  clientDirectives: 'honour',
  storeSetCookie: false,
  storeAnyStatus: false,
  shareFailures: true,
  staleWhenDisconnected: false,
  storePost: false,
  negotiateLanguage: false,
  heuristicFraction: 0.1,
  maxHeuristicS: 86_400,
})

/** All that RFC 9111 permits a shared cache. */
export const conformanceProfile: Readonly<CacheProfile> = Object.freeze({
  ...safeProfile,
  storeSetCookie: true,
  storeAnyStatus: true,
  shareFailures: false,
  staleWhenDisconnected: true,
  storePost: true,
  negotiateLanguage: true,
})

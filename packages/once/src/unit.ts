/** What is shared: one piece of work that costs. All three fields are its identity. */
export interface Unit {
  /** What sort of work: `fetch`, `decode`, `variant`… A small closed set; the ledger counts by it. */
  kind: string
  /** What determines the result, usually `keyOf` of everything that goes in. */
  key: string
  /** The sharing domain. Equal work of two domains never meets. */
  domain: string
}

/**
 * The identity of a unit as one string. The lengths go first, so that no two different units are written
 * alike: with a mere separator, a kind or a domain that contains it would share with a stranger.
 */
export function identityOf(unit: Unit): string {
  return `${unit.kind.length}:${unit.domain.length}:${unit.kind}${unit.domain}${unit.key}`
}

import type { HeaderList } from '../headers/header-list.ts'
import type { Freshness } from '../policy/freshness.ts'
import type { Fill } from '../tags/purge-epochs.ts'

/** A whole answer of the origin, as it is kept. Nothing in it changes; a validated answer is a new one. */
export interface StoredResponse {
  /** Domain and key: all variants of one thing share it. */
  readonly primaryKey: string
  readonly status: number
  /** Without hop-by-hop fields and those that must not be stored. */
  readonly headers: HeaderList
  readonly body: Uint8Array<ArrayBuffer>
  /** Names and values of the request headers that select this variant. */
  readonly varyNames: readonly string[]
  readonly varyKey: string
  readonly freshness: Freshness
  /** How long the origin took, milliseconds: what a hit saves. */
  readonly fillDurationMs: number
}

/** A stored answer and what purges have done to it since. */
export interface StoredEntry {
  readonly response: StoredResponse
  /** When a soft purge marked it stale, milliseconds since 1970. */
  readonly softPurgedAtMs: number | undefined
}

/** Figures of a store. */
export interface EdgeStoreStats {
  objects: number
  bytes: number
  maxBytes: number
  /** Put out to make room, expired ones included. */
  evictions: number
}

/**
 * Where the edge keeps answers: entries by primary key, and an index of the names that purges hit. One object
 * for both, because only then a purge can be O(1) and a fill that began before it be refused.
 */
export interface EdgeStore {
  /** The variants of a key, newest first, without those that a hard purge has hit. */
  get(primaryKey: string): readonly StoredEntry[]
  /** The entry was of use: it should stay longer. */
  touch(entry: StoredEntry): void
  /** Every fill begins before its origin is asked, and must be ended. */
  beginFill(): Fill
  endFill(fill: Fill): void
  /**
   * Keeps an answer in place of the same variant. False, and nothing kept, if it is too big or if a hard purge
   * has hit one of its names since the fill began; marked stale if a soft one has.
   * @param names what purges may hit it by: made with `purgeNames`, so that no two domains meet
   */
  put(response: StoredResponse, names: readonly string[], fill: Fill): boolean
  delete(entry: StoredEntry): void
  /**
   * Purges names: hard, they are gone; soft, they are stale. Returns how many entries that hit; an entry with
   * several of the names counts once for each, and one that another name's purge has hit already may count
   * until its memory is reclaimed.
   */
  purge(names: readonly string[], options: { soft: boolean; nowMs: number }): number
  /** Has a hard purge hit one of these names since the fill began? */
  isPurgedSince(names: readonly string[], fill: Fill): boolean
  stats(): EdgeStoreStats
  close(): void
}

/** The key of the store: domain and key. The length goes first: else two domains could meet in one key. */
export function primaryKeyOf(domain: string, key: string): string {
  return `${domain.length}:${domain}${key}`
}

/** The names by which purges find an entry. The length of the domain keeps one domain's names from another's. */
export const purgeNames: {
  everywhere: string
  domain: (domain: string) => string
  tag: (domain: string, tag: string) => string
  key: (domain: string, key: string) => string
  url: (domain: string, url: string) => string
} = {
  everywhere: '*',
  domain: (domain) => `d${domain.length}:${domain}`,
  tag: (domain, tag) => `t${domain.length}:${domain}${tag}`,
  key: (domain, key) => `k${primaryKeyOf(domain, key)}`,
  url: (domain, url) => `u${primaryKeyOf(domain, url)}`,
}

/**
 * The primary key that such a name is made of: the name of a key always is, and that of a URL wherever URLs are the
 * keys. An index need not hold what can be looked up. Undefined for tags, domains and everything.
 */
export function primaryKeyIn(name: string): string | undefined {
  return name.startsWith('k') || isUrlName(name) ? name.slice(1) : undefined
}

/** Is it the name of a URL? What is found under it as a key may have another URL where `keyOf` makes the keys. */
export function isUrlName(name: string): boolean {
  return name.startsWith('u')
}

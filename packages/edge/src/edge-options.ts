import type { LedgerWriter } from '@darkroom/once'
import type { FieldLookup, HeaderList } from './headers/header-list.ts'
import type { CacheProfile } from './policy/profile.ts'
import type { VaryFold } from './policy/vary.ts'
import type { CdnTagField } from './tags/cdn-fields.ts'
import type { EdgeStore, EdgeStoreStats } from './store/edge-store.ts'

/** Why the origin is asked: nothing usable is stored, what is stored needs validation, or it is no use to store. */
export type OriginReason = 'miss' | 'revalidate' | 'bypass'

/** What the origin is told besides the request. */
export interface OriginContext {
  reason: OriginReason
  domain: string
  /** Tags of the answer that need no header, and are therefore not capped by what CDNs allow. */
  addTags: (tags: readonly string[]) => void
  /** An interim answer (1xx) for the caller that this run is for; undefined where nobody would read it. */
  inform?: InformCaller | undefined
}

/** Takes an interim answer (RFC 9110 section 15.2). */
export type InformCaller = (status: number, headers: Headers) => void

/**
 * Who makes the answers. No caller can abort a run that others may share, and one that everybody has left is
 * finished for the store: the request's signal is aborted by the time limit alone. The caller's conditions and
 * ranges are taken out, and validators of what is stored are put in: answer those with 304.
 */
export type Origin = (request: Request, context: OriginContext) => Promise<Response> | Response

/** A structured logger; pino fits. */
export interface EdgeLog {
  warn(fields: Record<string, unknown>, message: string): void
}

/** What an edge needs. */
export interface EdgeOptions {
  origin: Origin
  store: EdgeStore
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: (() => number) | undefined
  ledger?: LedgerWriter | undefined
  log?: EdgeLog | undefined
  /** The name in `Cache-Status`. Default `darkroom`. */
  cacheName?: string | undefined
  /**
   * What determines the answer besides `Vary` and the domain. Default: the URL. Two requests of one key get one
   * answer, so whatever changes the answer must be in the key or in `Vary`.
   */
  keyOf?: ((request: Request) => string) | undefined
  /** Bodies above are streamed through and not stored. Default 32 MiB. */
  maxObjectBytes?: number | undefined
  /** Wait at most this long for another request's answer, then ask alone. Default: for ever. */
  joinTimeoutMs?: number | undefined
  /** Give the origin up when its headers take longer; a `TimeoutError`. Default: never. */
  originTimeoutMs?: number | undefined
  /** After a failed background refresh, the next one starts no sooner. Default 1000. */
  refreshRetryMs?: number | undefined
  /** Leave `Cache-Tag` and `Surrogate-Key` on answers: only where a CDN stands in front. Default false. */
  forwardSurrogateHeaders?: boolean | undefined
  /**
   * The CDNs in front (`cdnTagFields`): answers carry all of their tags in the field of each, or are kept from CDNs
   * where one of them would cut the list; what is stale here is stale at once there. Instead of
   * `forwardSurrogateHeaders`.
   */
  cdnTagFields?: readonly CdnTagField[] | undefined
  /** Folds selecting request headers, for instance `Accept` to the formats that exist. */
  foldVary?: VaryFold | undefined
  /** Departures from `safeProfile`. */
  profile?: Partial<CacheProfile> | undefined
}

/** One request's own circumstances. */
export interface EdgeFetchOptions {
  /** The sharing domain: part of every key and tag. Default: the empty one. */
  domain?: string | undefined
  /**
   * Called for a GET or HEAD before the origin is asked for this caller, and before it joins another's run:
   * a Response refuses, and is given to the caller. Hits never call it. A refused background refresh is
   * left out and the stale answer served all the same.
   */
  mayForward?: ((reason: 'miss' | 'revalidate') => MayForward | Promise<MayForward>) | undefined
  /** Is given the interim answers (1xx) of a run that this caller began; they are never stored or shared. */
  inform?: InformCaller | undefined
}

/** Nothing, or the refusal. */
export type MayForward = Response | undefined | void

/** What to purge. Within one domain, unless `allDomains`. */
export interface PurgeRequest {
  /** As of `fetch`. Default: the empty one. */
  domain?: string | undefined
  tags?: readonly string[] | undefined
  /** As `keyOf` makes them. */
  keys?: readonly string[] | undefined
  /** Absolute URLs as requested; all variants and all keys that share one. */
  urls?: readonly string[] | undefined
  everything?: boolean | undefined
  /** With `everything`: of every domain. */
  allDomains?: boolean | undefined
  /** Mark stale instead of dropping: served within the stale windows, and then validated. */
  soft?: boolean | undefined
}

/** Counts since the start, and what is stored now. */
export interface EdgeStats extends EdgeStoreStats {
  /** Served from the store without asking, stale ones not included. */
  hits: number
  staleHits: number
  /** Stale answers served because the origin failed. */
  staleOnError: number
  /** GETs answered by a run of the origin, other than by a 304. */
  misses: number
  /** GETs answered from the store after the origin said 304. */
  revalidated: number
  /** Of the last two: those that shared another request's run. */
  collapsed: number
  bypassed: number
  refused: number
  /** Background refreshes begun. */
  refreshes: number
  /** Runs of the origin under way. */
  inFlight: number
}

/** As much of a `Request` as a hit needs. `url` absolute and as `URL` writes it; names of fields in lower case. */
export interface PeekRequest {
  readonly method: string
  readonly url: string
  readonly headers: FieldLookup & Iterable<[name: string, value: string]>
}

/** A complete answer for a front door that writes to a socket itself. The body must not be written into. */
export interface PeekedAnswer {
  status: number
  /** The same list again for all hits of one answer within a second: what is made of it can be kept. */
  headers: HeaderList
  body: Uint8Array<ArrayBuffer>
}

/** A shared HTTP cache around an origin. */
export interface Edge {
  /**
   * Answers a request, from the store or from the origin.
   * @throws what the origin throws, to every caller that waited for it, unless a stale answer may be served
   * @throws the reason of the request's signal, at once, to this caller alone
   */
  fetch(request: Request, options?: EdgeFetchOptions): Promise<Response>
  /**
   * The answer to a plain GET that is a fresh hit; undefined for anything else, which `fetch` then answers. A
   * front door need not make a `Request` for it.
   */
  peek(request: PeekRequest, options?: Pick<EdgeFetchOptions, 'domain'>): PeekedAnswer | undefined
  /**
   * Visible to the next request when it returns. `purged`: about how many stored answers it hit; see
   * `EdgeStore.purge`.
   * @throws TypeError if a URL is not absolute
   */
  purge(request: PurgeRequest): Promise<{ purged: number }>
  stats(): EdgeStats
  /** Drops everything. Requests under way are finished; later ones reach the origin and nothing is stored. */
  close(): void
}

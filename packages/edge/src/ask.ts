import type { EdgeFetchOptions, PeekRequest } from './edge-options.ts'
import type { FieldLookup } from './headers/header-list.ts'
import { isInPreferredLanguage } from './policy/languages.ts'
import type { RequestDirectives } from './policy/request-directives.ts'
import { requestDirectivesOf } from './policy/request-directives.ts'
import type { CacheProfile } from './policy/profile.ts'
import type { VaryFold } from './policy/vary.ts'
import { varyKeyOf } from './policy/vary.ts'
import type { EdgeStore, StoredEntry, StoredResponse } from './store/edge-store.ts'
import { primaryKeyOf } from './store/edge-store.ts'

/** One request, read once. */
export interface Ask {
  request: Request
  /** Without its fragment. */
  url: string
  domain: string
  key: string
  /** Domain and key. */
  primaryKey: string
  directives: RequestDirectives
  mayForward: EdgeFetchOptions['mayForward']
  inform: EdgeFetchOptions['inform']
}

/** Reads what caching depends on of a request. */
export function readAsk(
  request: Request,
  options: EdgeFetchOptions,
  profile: CacheProfile,
  keyOf: ((request: Request) => string) | undefined,
): Ask {
  const url = withoutFragment(request.url)
  const domain = options.domain ?? ''
  const key = keyOf === undefined ? url : keyOf(request)
  return {
    request,
    url,
    domain,
    key,
    primaryKey: primaryKeyOf(domain, key),
    directives: requestDirectivesOf(request.headers, profile),
    mayForward: options.mayForward,
    inform: options.inform,
  }
}

/** For a `keyOf` that may look at anything. */
export function wholeRequest(request: PeekRequest): Request {
  if (request instanceof Request) return request
  return new Request(request.url, { method: request.method, headers: [...request.headers] })
}

/** A URL as the cache compares it. */
export function withoutFragment(url: string): string {
  const hash = url.indexOf('#')
  return hash < 0 ? url : url.slice(0, hash)
}

/** What is stored for a request. */
export interface Selection {
  entry: StoredEntry | undefined
  /** How many variants are stored for the key, this one or others. */
  variants: number
  /** The selecting headers of this request, as far as the newest stored variant tells which those are. */
  varyKey: string
}

/** What selecting among stored answers needs of a request. */
export interface Selecting {
  primaryKey: string
  request: { headers: FieldLookup }
}

/** How requests are matched with variants. */
export interface Matching {
  fold: VaryFold | undefined
  /** `profile.negotiateLanguage` */
  negotiateLanguage: boolean
}

/** For what is done about one variant, rather than with whichever will do. */
export function exactly(fold: VaryFold | undefined): Matching {
  return { fold, negotiateLanguage: false }
}

/** The newest stored variant that fits the request (RFC 9111 section 4.1). */
export function selectEntry(ask: Selecting, store: EdgeStore, matching: Matching): Selection {
  const { fold } = matching
  const variants = store.get(ask.primaryKey)
  const headers = ask.request.headers
  const newest = variants[0]?.response
  const varyKey = newest === undefined ? '' : varyKeyOf(newest.varyNames, headers, fold)
  const keyFor = ({ varyNames }: StoredResponse): string =>
    varyNames === newest?.varyNames ? varyKey : varyKeyOf(varyNames, headers, fold)
  const entry =
    variants.find(({ response }) => response.varyKey === keyFor(response)) ??
    (matching.negotiateLanguage
      ? variants.find(({ response }) =>
          isInPreferredLanguage(response, keyFor(response), headers.get('accept-language')),
        )
      : undefined)
  return { entry, variants: variants.length, varyKey }
}

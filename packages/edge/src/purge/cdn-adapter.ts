import type { CdnTagField } from '../tags/cdn-fields.ts'

/** One purge, small enough for one adapter: see `limits`. Exactly one of `tags`, `urls`, `everything`. */
export interface CdnPurge {
  /** As answers carry them, see `surrogateTag`. */
  tags?: readonly string[] | undefined
  /** Absolute URLs as readers ask for them. */
  urls?: readonly string[] | undefined
  everything?: boolean | undefined
  /** Mark stale where the CDN can; where it cannot the copies are dropped, which `softens` tells beforehand. */
  soft: boolean
  /** The same text for the same purge and for no other: a CDN that knows repeats tells them by it. */
  reference: string
}

/** What a purge names. */
export type CdnTarget = 'tags' | 'urls' | 'everything'

/** What became of a call. Reasons are for an operator and hold no secret. */
export type CdnOutcome =
  | { outcome: 'done' }
  /** Nothing is known of the copies: to be repeated. */
  | { outcome: 'retry'; reason: string; status?: number | undefined; retryAfterMs?: number | undefined }
  /** The key is wrong or may not purge: repeating changes nothing until somebody mends it. */
  | { outcome: 'unauthorized'; reason: string; status: number }
  /** This purge will never be taken; another may. */
  | { outcome: 'refused'; reason: string; status?: number | undefined }

/** A CDN in front of a cache: how it is told to drop copies, and how answers tell it their tags. */
export interface CdnAdapter {
  /** `cloudflare`. */
  readonly name: string
  /** How many names one purge may have. */
  readonly limits: { readonly tags: number; readonly urls: number }
  /** Whether it marks stale instead of dropping, by what a purge names. */
  readonly softens: Readonly<Record<CdnTarget, boolean>>
  /** The field that it reads tags from. */
  readonly tagField: CdnTagField
  /**
   * Purges once: never repeats, never follows a redirect. Repeating a purge does no harm.
   * @returns after the CDN has taken it; the signal's abort is a `retry`
   * @throws RangeError for a purge above `limits`
   */
  purge(purge: CdnPurge, signal: AbortSignal): Promise<CdnOutcome>
}

/** As much of `fetch` as adapters use; `redirect` is always `manual`, since redirects would carry the key away. */
export type CdnFetch = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    body?: string
    signal: AbortSignal
    redirect: 'manual'
  },
) => Promise<Response>

/** What every adapter is made with. */
export interface CdnOptions {
  /** Default: the global one. */
  fetch?: CdnFetch | undefined
  now?: (() => number) | undefined
  /** For the whole call. Default 20 s. */
  timeoutMs?: number | undefined
}

/** @throws RangeError */
export function targetOf(purge: CdnPurge, { limits, name }: Pick<CdnAdapter, 'limits' | 'name'>): CdnTarget {
  const { tags = [], urls = [], everything = false } = purge
  const targets: CdnTarget[] = []
  if (tags.length > 0) targets.push('tags')
  if (urls.length > 0) targets.push('urls')
  if (everything) targets.push('everything')
  const [target] = targets
  if (target === undefined || targets.length > 1)
    throw new RangeError('a purge names tags, URLs or everything: one of them')
  const count = target === 'tags' ? tags.length : target === 'urls' ? urls.length : 1
  if (target !== 'everything' && count > limits[target])
    throw new RangeError(`${name} takes at most ${limits[target]} ${target} a purge, not ${count}`)
  return target
}

import { cdnTagFields } from '../tags/cdn-fields.ts'
import type { CdnAdapter, CdnOptions } from './cdn-adapter.ts'
import { targetOf } from './cdn-adapter.ts'
import type { CdnRequest } from './cdn-call.ts'
import { callCdn, jsonOf, textOf } from './cdn-call.ts'

export interface BunnyOptions extends CdnOptions {
  pullZoneId: string
  /** The account's API key. */
  apiKey: string
  /** Default `https://api.bunny.net`. */
  baseUrl?: string | undefined
}

/**
 * bunny.net: `POST /pullzone/{id}/purgeCache`, with `CacheTag` for one tag and without a body for everything;
 * `POST /purge?url=` for one URL. It has no soft purge: whatever is asked for softly is
 * dropped. A star at the end of a tag is a wildcard.
 * Per documentation, not run against the service: https://docs.bunny.net/cdn/purge-cache and
 * https://docs.bunny.net/api-reference/core/pull-zone/purge-cache (November 2026).
 */
export function createBunny(options: BunnyOptions): CdnAdapter {
  const { pullZoneId, apiKey, baseUrl = 'https://api.bunny.net' } = options
  const zone = `${baseUrl}/pullzone/${encodeURIComponent(pullZoneId)}/purgeCache`
  const adapter: CdnAdapter = {
    name: 'bunny',
    limits: { tags: 1, urls: 1 },
    softens: { tags: false, urls: false, everything: false },
    tagField: cdnTagFields.bunny,
    purge: async (purge, signal) => {
      const target = targetOf(purge, adapter)
      const request: CdnRequest =
        target === 'tags'
          ? { url: zone, body: { CacheTag: purge.tags?.[0] } }
          : target === 'urls'
            ? { url: `${baseUrl}/purge?url=${encodeURIComponent(purge.urls?.[0] ?? '')}&async=false` }
            : { url: zone }
      return await callCdn(
        { ...request, headers: { accesskey: apiKey } },
        { ...options, secrets: [apiKey], faultOf: (body) => textOf(jsonOf(body), 'Message') },
        signal,
      )
    },
  }
  return adapter
}

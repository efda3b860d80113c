import { cdnTagFields } from '../tags/cdn-fields.ts'
import type { CdnAdapter, CdnOptions, CdnPurge, CdnTarget } from './cdn-adapter.ts'
import { targetOf } from './cdn-adapter.ts'
import { callCdn, fieldOf, jsonOf, textOf } from './cdn-call.ts'

export interface CloudflareOptions extends CdnOptions {
  zoneId: string
  /** An API token with the permission Zone · Cache Purge · Purge. */
  apiToken: string
  /** Default `https://api.cloudflare.com/client/v4`. */
  baseUrl?: string | undefined
}

/**
 * Cloudflare: `POST /zones/{zone_id}/purge_cache`, and `invalidate_cache` for soft purges, at most 100 names a call.
 * Both take `tags`, `files` or `purge_everything`, and answer 200 with `success`, which may be false.
 * Per documentation, not run against the service: https://developers.cloudflare.com/cache/how-to/purge-cache/ and
 * https://developers.cloudflare.com/cache/guides/invalidate-cache/ (November 2026).
 */
export function createCloudflare(options: CloudflareOptions): CdnAdapter {
  const { zoneId, apiToken, baseUrl = 'https://api.cloudflare.com/client/v4' } = options
  const adapter: CdnAdapter = {
    name: 'cloudflare',
    limits: { tags: 100, urls: 100 },
    softens: { tags: true, urls: true, everything: true },
    tagField: cdnTagFields.cloudflare,
    purge: async (purge, signal) => {
      const body = bodyOf(targetOf(purge, adapter), purge)
      const action = purge.soft ? 'invalidate_cache' : 'purge_cache'
      return await callCdn(
        {
          url: `${baseUrl}/zones/${encodeURIComponent(zoneId)}/${action}`,
          headers: { authorization: `Bearer ${apiToken}` },
          body,
        },
        { ...options, secrets: [apiToken], judge, faultOf },
        signal,
      )
    },
  }
  return adapter
}

function bodyOf(target: CdnTarget, { tags, urls }: CdnPurge): object {
  if (target === 'tags') return { tags }
  return target === 'urls' ? { files: urls } : { purge_everything: true }
}

/** A 200 that is no success has purged nothing; one that is no JSON did not come from Cloudflare's API. */
function judge(status: number, body: string): 'retry' | undefined {
  return status === 200 && fieldOf(jsonOf(body), 'success') !== true ? 'retry' : undefined
}

/** `{"errors": [{"code": 10000, "message": "Authentication error"}]}` */
function faultOf(body: string): string | undefined {
  const errors = fieldOf(jsonOf(body), 'errors')
  if (!Array.isArray(errors)) return undefined
  return errors
    .map((error: unknown) => `${textOf(error, 'message') ?? ''} (${String(fieldOf(error, 'code'))})`)
    .join('; ')
}

import { cdnTagFields } from '../tags/cdn-fields.ts'
import type { CdnAdapter, CdnOptions, CdnOutcome } from './cdn-adapter.ts'
import { targetOf } from './cdn-adapter.ts'
import type { CdnRequest } from './cdn-call.ts'
import { callCdn, jsonOf, textOf } from './cdn-call.ts'

export interface FastlyOptions extends CdnOptions {
  serviceId: string
  /** An API token with the scopes purge_select and purge_all for the service. */
  apiToken: string
  /** Default `https://api.fastly.com`. */
  baseUrl?: string | undefined
}

/**
 * Fastly: `POST /service/{id}/purge` with up to 256 surrogate keys, `POST /purge/{url}` for one URL,
 * `POST /service/{id}/purge_all`. `Fastly-Soft-Purge: 1` marks stale; purge_all has no soft form and drops.
 * Per documentation, not run against the service: https://www.fastly.com/documentation/reference/api/purging/ and
 * https://www.fastly.com/documentation/guides/full-site-delivery/purging/soft-purges (November 2026).
 */
export function createFastly(options: FastlyOptions): CdnAdapter {
  const { serviceId, apiToken, baseUrl = 'https://api.fastly.com' } = options
  const service = `${baseUrl}/service/${encodeURIComponent(serviceId)}`
  const adapter: CdnAdapter = {
    name: 'fastly',
    limits: { tags: 256, urls: 1 },
    softens: { tags: true, urls: true, everything: false },
    tagField: cdnTagFields.fastly,
    purge: async (purge, signal): Promise<CdnOutcome> => {
      const target = targetOf(purge, adapter)
      const request: CdnRequest =
        target === 'tags'
          ? { url: `${service}/purge`, body: { surrogate_keys: purge.tags } }
          : target === 'urls'
            ? { url: `${baseUrl}/purge/${withoutScheme(purge.urls?.[0] ?? '')}` }
            : { url: `${service}/purge_all` }
      const soft: Record<string, string> =
        purge.soft && adapter.softens[target] ? { 'fastly-soft-purge': '1' } : {}
      return await callCdn(
        { ...request, headers: { 'fastly-key': apiToken, ...soft } },
        { ...options, secrets: [apiToken], faultOf },
        signal,
      )
    },
  }
  return adapter
}

/** `{"msg": "Provided credentials are missing or invalid"}` */
function faultOf(body: string): string | undefined {
  const said = jsonOf(body)
  return textOf(said, 'msg') ?? textOf(said, 'detail')
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//u, '')
}

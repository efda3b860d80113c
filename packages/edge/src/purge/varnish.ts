import { cdnTagFields } from '../tags/cdn-fields.ts'
import type { CdnAdapter, CdnOptions } from './cdn-adapter.ts'
import { targetOf } from './cdn-adapter.ts'
import { callCdn } from './cdn-call.ts'

export interface VarnishOptions extends CdnOptions {
  /** Where one Varnish listens for purges: several are several adapters, so that one that is down holds up none. */
  url: string
  /** Sent as `X-Purge-Key`, for a VCL that asks for it. */
  purgeKey?: string | undefined
  /** Default `varnish`; another name for each where there are several. */
  name?: string | undefined
}

/**
 * Varnish with `vmod_xkey` (varnish-modules) and the VCL of `examples/varnish`: `PURGE` with the tags in `xkey-purge`
 * or `xkey-softpurge`; a URL in `X-Purge-Host` and `X-Purge-Path`, with `X-Purge-Soft: 1` where it is to be marked
 * stale; `X-Purge-Everything: 1`, which is a ban and has no soft form. At most 50 tags a call, since their field may
 * not be longer than `http_req_hdr_len` (8 kB).
 * Run against Varnish 7.1 (Debian). xkey: https://github.com/varnish/varnish-modules
 */
export function createVarnish(options: VarnishOptions): CdnAdapter {
  const { url, purgeKey, name = 'varnish' } = options
  const adapter: CdnAdapter = {
    name,
    limits: { tags: 50, urls: 1 },
    softens: { tags: true, urls: true, everything: false },
    tagField: cdnTagFields.varnish,
    purge: async (purge, signal) => {
      const target = targetOf(purge, adapter)
      const key: Record<string, string> = purgeKey === undefined ? {} : { 'x-purge-key': purgeKey }
      const what: Record<string, string> =
        target === 'tags'
          ? { [purge.soft ? 'xkey-softpurge' : 'xkey-purge']: (purge.tags ?? []).join(' ') }
          : target === 'urls'
            ? { ...placeOf(purge.urls?.[0] ?? ''), ...(purge.soft ? { 'x-purge-soft': '1' } : {}) }
            : { 'x-purge-everything': '1' }
      return await callCdn(
        { url, method: 'PURGE', headers: { ...key, ...what } },
        { ...options, secrets: purgeKey === undefined ? [] : [purgeKey], judge },
        signal,
      )
    },
  }
  return adapter
}

function placeOf(url: string): Record<string, string> {
  const { host, pathname, search } = new URL(url)
  return { 'x-purge-host': host, 'x-purge-path': pathname + search }
}

/**
 * Our VCL answers 200 with `Purged`. A VCL that does not know these fields may answer 200 for anything, and a backend
 * behind it 404 or 405: then nothing was purged, and somebody has to look.
 */
function judge(status: number, body: string): 'refused' | undefined {
  return status === 200 && !body.includes('Purged') ? 'refused' : undefined
}

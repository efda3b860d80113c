import type { CdnAdapter, CdnTagField } from '@darkroom/edge'
import {
  cdnTagFields,
  createBunny,
  createCloudflare,
  createCloudFront,
  createFastly,
  createVarnish,
} from '@darkroom/edge'
import { signerOf } from './aws-signer.ts'
import type { CdnConfig, CdnSettings } from './variables.ts'

/** The CDNs of the configuration, ready to be called; of several Varnishes each is one, by its address. */
export function cdnAdapters({ cdns }: Pick<CdnSettings, 'cdns'>): CdnAdapter[] {
  return cdns.flatMap(adaptersOf)
}

function adaptersOf(cdn: CdnConfig): CdnAdapter[] {
  switch (cdn.name) {
    case 'cloudflare':
      return [createCloudflare(cdn)]
    case 'fastly':
      return [createFastly(cdn)]
    case 'bunny':
      return [createBunny(cdn)]
    case 'varnish':
      return cdn.urls.map((url) =>
        createVarnish({
          url,
          purgeKey: cdn.purgeKey,
          name: cdn.urls.length === 1 ? 'varnish' : `varnish:${new URL(url).host}`,
        }),
      )
    default:
      return [createCloudFront({ ...cdn, sign: signerOf(cdn) })]
  }
}

/**
 * How answers tell CDNs their tags; `undefined`: there is none in front. Where one is and it is not said which, the
 * two fields that most read.
 */
export function tagFieldsOf({ tags, cdns }: CdnSettings): readonly CdnTagField[] | undefined {
  if (!tags) return undefined
  if (cdns.length === 0) return [cdnTagFields.cloudflare, cdnTagFields.fastly]
  return cdns.map(({ name }) => cdnTagFields[name])
}

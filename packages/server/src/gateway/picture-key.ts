import type { PictureFormat } from '@darkroom/picture'
import type { ImageAsk } from '../request/image-query.ts'
import { canonicalImageQuery } from '../request/image-query.ts'
import type { LiveAsk } from '../request/live-query.ts'
import { canonicalLiveQuery } from '../request/live-query.ts'

/** The edge keys entries by URL; they live under a host of their own, whatever `Host` a reader used. */
export const edgeBase = 'http://edge.internal'

/** The one path and query of all equal prompt URLs, in one format. */
export function livePath(scope: string, ask: LiveAsk, format: PictureFormat): string {
  return `/live/${scope}?${canonicalLiveQuery(ask, { format })}`
}

/** The one path and query of all equal asks for a stored picture or a variant of it. */
export function imagePath(ask: ImageAsk, format: PictureFormat | undefined): string {
  const query = canonicalImageQuery(ask, format)
  return `/images/${ask.id}${query === '' ? '' : `?${query}`}`
}

import type { PictureFormat } from '@darkroom/picture'
import type { ImageAsk } from '../request/image-query.ts'
import { canonicalImageQuery } from '../request/image-query.ts'
import type { LiveAsk } from '../request/live-query.ts'
import { canonicalLiveQuery } from '../request/live-query.ts'

/** The edge keys entries by URL; they live under a host of their own, whatever `Host` a reader used. */
export const edgeBase = 'http://edge.internal'

/** Queries of asks that come again and again, by format: `parseLiveUrl` gives the same ask for the same text. */
const liveQueries = new WeakMap<LiveAsk, Map<PictureFormat, string>>()

/** The one path and query of all equal prompt URLs, in one format. */
export function livePath(scope: string, ask: LiveAsk, format: PictureFormat): string {
  let queries = liveQueries.get(ask)
  if (queries === undefined) liveQueries.set(ask, (queries = new Map()))
  let query = queries.get(format)
  if (query === undefined) queries.set(format, (query = canonicalLiveQuery(ask, { format })))
  return `/live/${scope}?${query}`
}

/** The one path and query of all equal asks for a stored picture or a variant of it. */
export function imagePath(ask: ImageAsk, format: PictureFormat | undefined): string {
  const query = canonicalImageQuery(ask, format)
  return `/images/${ask.id}${query === '' ? '' : `?${query}`}`
}

import type { CdnTagField } from '@darkroom/edge'
import { cdnFields, surrogateTag } from '@darkroom/edge'
import { defaultProject } from '../access/rights.ts'
import type { CdnOrder } from '../cdn/cdn-orders.ts'
import { isImageId } from '../request/image-query.ts'
import type { PurgeOrder } from './purges.ts'

/** Beginnings of what answers carry; other names are in our own edge alone. */
const shownPrefixes = ['scope:', 'model:', 'url:'] as const

/** More names than this and a CDN is told to drop the project's copies: some take a tag a call, or so many a day. */
const maxNames = 1000

/** All copies of one project, or of a domain that projects share. */
function projectTag(domain: string): string {
  return surrogateTag(`project:${domain}`)
}

/**
 * A tag as CDNs know it. One CDN has the copies of all projects: names are apart there, ids of pictures too, since
 * whoever has seen a page knows them, so that no project drops another's. Those of the default project have no mark.
 */
function cdnTag(domain: string, tag: string): string {
  const name = domain === defaultProject ? tag : `${domain}/${tag}`
  // A star at the end is a wildcard in purges of bunny.net.
  return surrogateTag(name.replaceAll('*', '%2A'))
}

/** Without the mark of the caller's own project: as answers show it, it may be purged. */
export function withoutMark(project: string, tag: string): string {
  return tag.startsWith(`${project}/`) ? tag.slice(project.length + 1) : tag
}

/** What CDNs are told of a purge: only names that a copy can bear. */
export function cdnOrderOf({ domain, tags = [], everything = false, soft }: PurgeOrder): CdnOrder {
  if (domain === undefined) return { tags: [], everything, soft }
  if (everything) return { tags: [projectTag(domain)], everything: false, soft }
  const shown = tags.filter((tag) => isImageId(tag) || shownPrefixes.some((prefix) => tag.startsWith(prefix)))
  const names = shown.length > maxNames ? [projectTag(domain)] : shown.map((tag) => cdnTag(domain, tag))
  return { tags: names, everything: false, soft }
}

/**
 * An answer of our edge as the CDNs in front are to have it: tags under their names, in the fields that they read.
 * @param domain under which the edge has it
 */
export function forCdns(
  { headers, status }: Response,
  domain: string,
  fields: readonly CdnTagField[] | undefined,
): void {
  if (fields === undefined || status >= 400) return
  const listed = headers.get('cache-tag')
  const tags = listed === null ? [] : listed.split(',').map((tag) => cdnTag(domain, tag))
  const { remove, set } = cdnFields(fields, {
    tags: tags.length === 0 ? [] : [...tags, projectTag(domain)],
    stale: headers.get('x-cache-status') === 'STALE',
    get: (name) => headers.get(name),
  })
  for (const name of remove) headers.delete(name)
  for (const [name, value] of set) headers.set(name, value)
}

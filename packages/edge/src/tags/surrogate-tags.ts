import { keyOf } from '@darkroom/once'
import type { HeaderList } from '../headers/header-list.ts'
import { headerOf } from '../headers/header-list.ts'

/** The strictest that any CDN allows: Akamai's length of a tag, CloudFront's number, Bunny's length of the list. */
export const maxTagLength = 128
const maxRenderedTags = 50
const maxRenderedBytes = 1024

/** More tags, or longer lists, than any application has: such an answer is not stored rather than half tagged. */
const maxReadTags = 1024
const maxReadCharacters = 65_536

/**
 * A tag as it stands in headers: printable ASCII without space or comma, since they separate tags at one CDN or
 * another; other characters percent-encoded; cut at 128 characters, ending in the hash of the whole.
 * Applying it twice changes nothing, so that a purge may name a tag in either form. Empty if nothing is left.
 */
export function surrogateTag(tag: string): string {
  const clean = tag
    .trim()
    .toWellFormed()
    .replace(/[^\x21-\x2b\x2d-\x7e]/gu, (character) => encodeURIComponent(character))
  if (clean.length <= maxTagLength) return clean
  const hash = keyOf(clean)
  return `${clean.slice(0, maxTagLength - hash.length - 1)}~${hash}`
}

/**
 * Tags as headers may carry them everywhere: clean, distinct, at most 50 and 1,024 bytes in all, in the given
 * order; those that do not fit are left out, so put the ones that purges depend on first.
 */
export function renderableTags(tags: readonly string[]): string[] {
  const kept = new Set<string>()
  let bytes = 0
  for (const tag of tags) {
    const clean = surrogateTag(tag)
    if (clean === '' || kept.has(clean)) continue
    if (kept.size === maxRenderedTags || bytes + clean.length + 1 > maxRenderedBytes) break
    kept.add(clean)
    bytes += clean.length + 1
  }
  return [...kept]
}

/** The response headers in which an origin names tags. */
export const tagHeaderNames: readonly string[] = ['cache-tag', 'surrogate-key']

/** The tags of an answer: commas separate them in `Cache-Tag`, spaces in `Surrogate-Key`. Undefined: too many. */
export function tagsOf(headers: HeaderList): string[] | undefined {
  const commaSeparated = headerOf(headers, 'cache-tag') ?? ''
  const spaceSeparated = headerOf(headers, 'surrogate-key') ?? ''
  if (commaSeparated.length + spaceSeparated.length > maxReadCharacters) return undefined
  const tags = new Set([...commaSeparated.split(','), ...spaceSeparated.split(/\s+/)].map(surrogateTag))
  tags.delete('')
  return tags.size > maxReadTags ? undefined : [...tags]
}

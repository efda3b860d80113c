import { stronglyEqual, entityTagsOf } from '../headers/entity-tag.ts'
import type { HeaderList } from '../headers/header-list.ts'
import { headerOf, withoutHopByHop } from '../headers/header-list.ts'

/** Fields of a request that only its own client's copy can answer; the shared answer is asked for without. */
const privateConditions = [
  'if-none-match',
  'if-modified-since',
  'if-range',
  'range',
  // Only for the origin; a request that has them is passed through and never gets here with them.
  'if-match',
  'if-unmodified-since',
]

/**
 * The headers of the request that goes to the origin on behalf of everybody: without the caller's own
 * conditions and ranges, so that the answer is whole, and with those that validate what is stored.
 * @param stored the headers of the stored answer to validate, if there is one
 */
export function forwardedHeaders(request: Headers, stored: HeaderList | undefined): Headers {
  const headers = new Headers(withoutHopByHop([...request]))
  for (const name of privateConditions) headers.delete(name)
  if (stored === undefined) return headers
  const etag = headerOf(stored, 'etag')
  const lastModified = headerOf(stored, 'last-modified')
  if (etag !== undefined) headers.set('if-none-match', etag)
  if (lastModified !== undefined) headers.set('if-modified-since', lastModified)
  return headers
}

/** Has it a validator, so that asking the origin may cost a 304 only? */
export function canBeValidated(stored: HeaderList): boolean {
  return headerOf(stored, 'etag') !== undefined || headerOf(stored, 'last-modified') !== undefined
}

/**
 * Does this 304 speak about the stored answer (RFC 9111 section 4.3.3)? Not when it carries another strong
 * validator: then it confirms something that is not here.
 */
export function confirms(notModified: HeaderList, stored: HeaderList): boolean {
  const etag = headerOf(notModified, 'etag')
  const storedEtag = headerOf(stored, 'etag')
  if (etag === undefined || etag.startsWith('W/')) return true
  if (storedEtag === undefined) return false
  return stronglyEqual(entityTagsOf(etag)[0] ?? etag, entityTagsOf(storedEtag)[0] ?? storedEtag)
}

/** Describe the bytes, which a 304 does not bring: they stay as stored (RFC 9111 section 3.2). */
const bodyFields: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
])

/** The stored fields, each replaced by that of the 304 where it has one (RFC 9111 section 3.2). */
export function mergeNotModified(stored: HeaderList, notModified: HeaderList): HeaderList {
  const updates = notModified.filter(([name]) => !bodyFields.has(name))
  const replaced = new Set(updates.map(([name]) => name))
  // A 304 straight from the origin has no Age: the old one is about the old answer.
  replaced.add('age')
  return [...stored.filter(([name]) => !replaced.has(name)), ...updates]
}

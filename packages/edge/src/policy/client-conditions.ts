import { entityTagsOf, stronglyEqual, weaklyEqual } from '../headers/entity-tag.ts'
import type { FieldLookup, HeaderList } from '../headers/header-list.ts'
import { headerOf } from '../headers/header-list.ts'
import { parseHttpDate } from '../headers/http-date.ts'

/** A span of bytes, both ends included. */
export interface ByteRange {
  first: number
  last: number
}

/** Does the client have this very answer (RFC 9110 section 13.2.2, RFC 9111 section 4.3.2)? */
export function isNotModified(request: Headers, answer: HeaderList, nowMs: number): boolean {
  const ifNoneMatch = request.get('if-none-match')
  if (ifNoneMatch !== null) {
    const wanted = entityTagsOf(ifNoneMatch)
    if (wanted[0] === '*') return true
    const etag = entityTagsOf(headerOf(answer, 'etag') ?? '')[0]
    return etag !== undefined && wanted.some((tag) => weaklyEqual(tag, etag))
  }
  const sinceMs = parseHttpDate(request.get('if-modified-since') ?? undefined, nowMs)
  if (sinceMs === undefined) return false
  const modified = headerOf(answer, 'last-modified') ?? headerOf(answer, 'date')
  const modifiedMs = parseHttpDate(modified, nowMs)
  return modifiedMs !== undefined && modifiedMs <= sinceMs
}

/**
 * The single byte range that a request asks for (RFC 9110 section 14.2). Undefined: the whole answer, because
 * there is no range, it is not valid, there are several, or `If-Range` names another answer.
 */
export function rangeOf(
  request: Headers,
  answer: HeaderList,
  lengthBytes: number,
  nowMs: number,
): ByteRange | 'unsatisfiable' | undefined {
  const range = request.get('range')
  if (range === null) return undefined
  const found = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(range)
  if (found === null || !ifRangeHolds(request, answer, nowMs)) return undefined
  const [, from = '', to = ''] = found
  if (from === '') {
    if (to === '') return undefined
    const wantedBytes = Math.min(Number(to), lengthBytes)
    if (wantedBytes === 0) return 'unsatisfiable'
    return { first: lengthBytes - wantedBytes, last: lengthBytes - 1 }
  }
  const first = Number(from)
  if (to !== '' && Number(to) < first) return undefined
  if (first >= lengthBytes) return 'unsatisfiable'
  return { first, last: to === '' ? lengthBytes - 1 : Math.min(Number(to), lengthBytes - 1) }
}

/** Strong comparison only: parts of two different answers must never be put together (RFC 9110 section 13.1.5). */
function ifRangeHolds(request: Headers, answer: HeaderList, nowMs: number): boolean {
  const condition = request.get('if-range')
  if (condition === null) return true
  const tag = entityTagsOf(condition)[0]
  if (tag !== undefined) return stronglyEqual(tag, headerOf(answer, 'etag') ?? '')
  const lastModified = headerOf(answer, 'last-modified')
  const lastModifiedMs = parseHttpDate(lastModified, nowMs)
  const dateMs = parseHttpDate(headerOf(answer, 'date'), nowMs)
  // A date is a strong validator only if the answer was a second old at least when it was sent (8.8.2.2).
  if (lastModifiedMs === undefined || dateMs === undefined || dateMs - lastModifiedMs < 1000) return false
  return parseHttpDate(condition, nowMs) === lastModifiedMs
}

/** Conditions that only the origin may evaluate (RFC 9111 section 4.3.2): such a request is passed through. */
export function isForOriginOnly(request: FieldLookup): boolean {
  return request.has('if-match') || request.has('if-unmodified-since')
}

/** Can the answer to it be anything but the whole? */
export function isConditionalOrRange(request: FieldLookup): boolean {
  return request.has('range') || request.has('if-none-match') || request.has('if-modified-since')
}

/** Asks for the whole answer, and for nothing special of the cache. */
export function isPlain(request: FieldLookup): boolean {
  if (isConditionalOrRange(request) || isForOriginOnly(request)) return false
  return !request.has('cache-control') && !request.has('pragma')
}

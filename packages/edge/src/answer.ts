import type { Bytes } from './body/shared-body.ts'
import { withSource } from './body/response-source.ts'
import { SharedBody, bodyOf } from './body/shared-body.ts'
import type { CacheStatus, ShortCacheStatus } from './headers/cache-status.ts'
import { formatCacheStatus } from './headers/cache-status.ts'
import type { HeaderList } from './headers/header-list.ts'
import { headerOf, withoutHopByHop } from './headers/header-list.ts'
import { isNotModified, rangeOf } from './policy/client-conditions.ts'
import type { CdnTagField } from './tags/cdn-fields.ts'
import { cdnFields } from './tags/cdn-fields.ts'
import { tagHeaderNames, tagsOf } from './tags/surrogate-tags.ts'

/** What an answer says about this cache, and what it must not show. */
export interface AnswerLabel {
  cacheName: string
  forwardSurrogateHeaders: boolean
  /** The CDNs in front, where there are any: tags and times are then written for them. */
  cdnTagFields?: readonly CdnTagField[] | undefined
  status: CacheStatus
  short: ShortCacheStatus
  /** Seconds; undefined leaves the field as it came. */
  ageS?: number | undefined
}

/** A whole answer, stored or just arriving. */
export interface WholeSource {
  status: number
  headers: HeaderList
  body: Bytes | SharedBody
}

/** Left out of a 304: they describe a body that is not sent (RFC 9110 section 15.4.5). */
const representationFields: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
])

/** The header fields of a whole answer for one client. */
export function labelled(source: HeaderList, label: AnswerLabel): [name: string, value: string][] {
  const { cacheName, forwardSurrogateHeaders, status, short, ageS } = label
  const headers: [string, string][] = []
  let cacheStatus = formatCacheStatus(cacheName, status)
  for (const [name, value] of source) {
    if (name === 'x-cache-status' || (name === 'age' && ageS !== undefined)) continue
    if (!forwardSurrogateHeaders && tagHeaderNames.includes(name)) continue
    // Caches nearer to the origin come first (RFC 9211 section 2).
    if (name === 'cache-status') cacheStatus = `${value}, ${cacheStatus}`
    else headers.push([name, value])
  }
  if (ageS !== undefined) headers.push(['age', String(ageS)])
  headers.push(['cache-status', cacheStatus], ['x-cache-status', short])
  return label.cdnTagFields === undefined ? headers : forCdns(headers, source, label.cdnTagFields, short)
}

function forCdns(
  headers: readonly [name: string, value: string][],
  source: HeaderList,
  fields: readonly CdnTagField[],
  short: ShortCacheStatus,
): [name: string, value: string][] {
  const { remove, set } = cdnFields(fields, {
    tags: tagsOf(source),
    stale: short === 'STALE',
    get: (name) => headerOf(source, name),
  })
  const replaced = new Set([...remove, ...set.map(([name]) => name)])
  return [
    ...headers.filter(([name]) => !replaced.has(name)),
    ...set.map(([name, value]): [string, string] => [name, value]),
  ]
}

/** The answer to one client's GET or HEAD from a whole answer: all of it, a part, a 304, or only the headers. */
export async function answerFrom(
  request: Request,
  source: WholeSource,
  label: AnswerLabel,
  nowMs: number,
): Promise<Response> {
  const { status, body } = source
  const lengthBytes = body instanceof SharedBody ? body.lengthBytes : body.byteLength
  const headers = new Headers(labelled(source.headers, label))
  if (status >= 200 && status < 300 && isNotModified(request.headers, source.headers, nowMs)) {
    return notModified(headers)
  }
  if (isNullBodyStatus(status)) return new Response(null, { status, headers })
  if (request.method === 'HEAD') {
    headers.set('content-length', String(lengthBytes))
    return new Response(null, { status, headers })
  }
  if (status !== 200) {
    headers.set('content-length', String(lengthBytes))
    return withSource(new Response(streamOrBytes(body), { status, headers }), body)
  }
  if (!headers.has('accept-ranges')) headers.set('accept-ranges', 'bytes')
  const range = rangeOf(request.headers, source.headers, lengthBytes, nowMs)
  if (range === 'unsatisfiable') return unsatisfiable(headers, lengthBytes)
  if (range === undefined) {
    headers.set('content-length', String(lengthBytes))
    return withSource(new Response(streamOrBytes(body), { status, headers }), body)
  }
  const whole = body instanceof SharedBody ? await body.whole : body
  headers.set('content-range', `bytes ${range.first}-${range.last}/${lengthBytes}`)
  headers.set('content-length', String(range.last - range.first + 1))
  return new Response(bodyOf(whole.subarray(range.first, range.last + 1)), { status: 206, headers })
}

/** An answer that is not kept, for its one client, with its own body. */
export function passedOn(response: Response, label: AnswerLabel): Response {
  const headers = new Headers(labelled(withoutHopByHop([...response.headers]), label))
  const body = isNullBodyStatus(response.status) ? null : response.body
  return new Response(body, { status: response.status, statusText: response.statusText, headers })
}

function notModified(headers: Headers): Response {
  for (const name of representationFields) headers.delete(name)
  if (headers.has('etag')) headers.delete('last-modified')
  return new Response(null, { status: 304, headers })
}

function unsatisfiable(headers: Headers, lengthBytes: number): Response {
  for (const name of [
    ...representationFields,
    'etag',
    'last-modified',
    'cache-control',
    'cdn-cache-control',
  ]) {
    headers.delete(name)
  }
  headers.delete('expires')
  headers.set('content-range', `bytes */${lengthBytes}`)
  headers.set('content-length', '0')
  return new Response(null, { status: 416, headers })
}

function streamOrBytes(body: Bytes | SharedBody): Bytes | ReadableStream<Uint8Array> {
  return body instanceof SharedBody ? body.stream() : bodyOf(body)
}

/** A Response of these statuses may not have a body (Fetch standard). */
function isNullBodyStatus(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

/** What `only-if-cached` is answered where nothing is stored that may be used (RFC 9111 §5.2.1.7). */
export function notStored(): Response {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  return new Response('Not stored here, and only-if-cached was asked for.\n', { status: 504, headers })
}

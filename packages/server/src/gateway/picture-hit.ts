import type { Edge } from '@darkroom/edge'
import { edgeBase } from './picture-key.ts'

/** What of a request's fields may reach the edge: conditions, ranges and cache directives, nothing of who asks. */
const edgeFields = [
  'cache-control',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'range',
  'pragma',
] as const

const noFields = new Headers()

/** The request as the edge is asked, at the key of a picture. */
export function edgeRequest(
  { method, headers, signal }: Request,
  key: string,
  traceparent: string | undefined,
): Request {
  const kept = new Headers()
  for (const name of edgeFields) {
    const value = headers.get(name)
    if (value !== null) kept.set(name, value)
  }
  if (traceparent !== undefined) kept.set('traceparent', traceparent)
  return new Request(`${edgeBase}${key}`, { method, headers: kept, signal })
}

/**
 * The answer to a plain GET that the edge has fresh in memory; undefined for all else, which goes through
 * `edge.fetch`. Most requests are such hits: they need no second `Request`, and their bytes no stream. Whoever calls
 * this has asked whether the caller may see the picture.
 * @param domain whose picture it is: hits of one project are none of another
 */
export function pictureHit(
  edge: Pick<Edge, 'peek'>,
  request: Request,
  key: string,
  domain: string,
): Response | undefined {
  if (request.method !== 'GET' || edgeFields.some((name) => request.headers.has(name))) return undefined
  const hit = edge.peek({ method: 'GET', url: `${edgeBase}${key}`, headers: noFields }, { domain })
  if (hit === undefined) return undefined
  return new Response(hit.body.byteLength === 0 ? null : hit.body, {
    status: hit.status,
    headers: new Headers(hit.headers as [string, string][]),
  })
}

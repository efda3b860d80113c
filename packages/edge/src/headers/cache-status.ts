import { keyOf } from '@darkroom/once'
import { isToken, serializeString } from './structured-fields.ts'

/** Why a request went to the origin (RFC 9211 section 2.2). */
export type ForwardReason = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale'

/** What this cache did with one request (RFC 9211 section 2). `hit` and `forward` exclude each other. */
export interface CacheStatus {
  hit?: boolean
  forward?: ForwardReason
  /** The status that the origin answered with. */
  forwardStatus?: number | undefined
  /** The answer was put in the store. */
  stored?: boolean
  /** This request waited for another one's answer. */
  collapsed?: boolean
  /** Seconds of freshness left; negative when stale. */
  ttlS?: number | undefined
  key?: string
  detail?: string
}

/** What `X-Cache-Status` says. */
export type ShortCacheStatus = 'HIT' | 'MISS' | 'STALE'

/** A key longer than this is shown as its hash, so that a long prompt does not come back as a long header. */
const maxShownKeyLength = 256

/** One member of `Cache-Status`, for the cache of this name. */
export function formatCacheStatus(cacheName: string, status: CacheStatus): string {
  const parts = [isToken(cacheName) ? cacheName : serializeString(cacheName)]
  if (status.hit === true) parts.push('hit')
  if (status.forward !== undefined) parts.push(`fwd=${status.forward}`)
  if (status.forwardStatus !== undefined) parts.push(`fwd-status=${status.forwardStatus}`)
  if (status.stored === true) parts.push('stored')
  if (status.collapsed === true) parts.push('collapsed')
  if (status.ttlS !== undefined) parts.push(`ttl=${status.ttlS}`)
  if (status.key !== undefined) parts.push(`key=${serializeString(shownKey(status.key))}`)
  if (status.detail !== undefined) parts.push(`detail=${status.detail}`)
  return parts.join('; ')
}

function shownKey(key: string): string {
  return key.length <= maxShownKeyLength ? key : `sha256-${keyOf(key.toWellFormed())}`
}

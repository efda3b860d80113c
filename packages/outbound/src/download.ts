import { hash as digest } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isAccepted, mediaTypeOf } from './body/media-type.ts'
import { readBody } from './body/read-body.ts'
import type { Freshness } from './cache/freshness.ts'
import { freshnessOf } from './cache/freshness.ts'
import type { ConnectionLimit } from './connect/connection-limit.ts'
import type { Deadline } from './connect/deadline.ts'
import type { Exchanger, ExchangeRequest } from './connect/exchange.ts'
import { retryAfterMs } from './connect/retry-after.ts'
import type { FetchedResource, Terms } from './fetched-resource.ts'
import type { Guard } from './guard/guard.ts'
import type { Target } from './guard/target.ts'
import { parseRedirect } from './guard/target.ts'
import { OutboundError } from './outbound-error.ts'
import type { OutboundSettings } from './outbound-options.ts'

/** Everything that a run needs besides its terms. */
export interface Equipment {
  guard: Guard
  limit: ConnectionLimit
  exchanger: Exchanger
  settings: OutboundSettings
}

/** What a run brought. */
export interface Download {
  resource: FetchedResource
  freshness: Freshness
  /** Of bodies, over the wire: 0 for a 304. */
  receivedBytes: number
}

/** One hop: either it is the end, or it names the next one. */
type Hop = { download: Download } | { next: Target }

/**
 * Downloads a URL, or validates what is there already.
 * @param kept an older copy: it is asked about where it came from, and given again after a 304
 * @throws OutboundError with any code but CLOSED
 * @throws the reason of the deadline's signal
 */
export async function download(
  equipment: Equipment,
  terms: Terms,
  deadline: Deadline,
  kept: FetchedResource | undefined,
): Promise<Download> {
  const seen = new Set<string>()
  let target = terms.target
  for (;;) {
    if (seen.has(target.href)) throw new OutboundError('REDIRECT_LOOP')
    if (seen.size > equipment.settings.maxRedirects) throw new OutboundError('REDIRECT_LIMIT')
    seen.add(target.href)
    const hop = await runHop(equipment, { ...terms, target }, deadline, kept)
    if ('download' in hop) return hop.download
    target = hop.next
  }
}

async function runHop(
  equipment: Equipment,
  terms: Terms,
  deadline: Deadline,
  kept: FetchedResource | undefined,
): Promise<Hop> {
  const { settings } = equipment
  // Validators belong to the URL that gave them, not to one that redirects there.
  const known = kept?.finalUrl === terms.target.href ? kept : undefined
  const headers = {
    Accept: terms.accept.join(', '),
    'Accept-Encoding': 'identity',
    'User-Agent': settings.userAgent,
    ...(known?.etag !== undefined && { 'If-None-Match': known.etag }),
    ...(known?.lastModified !== undefined && { 'If-Modified-Since': known.lastModified }),
  }
  return connected(
    equipment,
    { method: 'GET', target: terms.target, headers, deadline },
    terms.domain,
    async (response) => {
      const status = response.statusCode ?? 0
      if ([301, 302, 303, 307, 308].includes(status)) return { next: nextTarget(response, terms.target) }
      if (status === 304 && known !== undefined) return { download: validated(response, known, settings) }
      if (status !== 200 && status !== 203) throw statusError(response, settings.now())
      return { download: await received(response, terms, deadline, settings) }
    },
  )
}

/**
 * Waits for a place, checks the addresses anew, connects to one of them, and gives back place and connection.
 * @throws OutboundError
 */
export async function connected<T>(
  equipment: Equipment,
  request: Pick<ExchangeRequest, 'method' | 'target' | 'headers' | 'body' | 'deadline'>,
  domain: string,
  use: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  const { guard, limit, exchanger, settings } = equipment
  const { target, deadline } = request
  const { connectMs, headersMs } = settings.timeouts
  const release = await limit.acquire(new URL(target.href).origin, domain, deadline.signal)
  let response: IncomingMessage | undefined
  try {
    deadline.phase(connectMs)
    const addresses = await guard.addressesOf(target, deadline.signal)
    response = await exchanger.exchange({ ...request, addresses, connectMs, headersMs })
    deadline.phase(undefined)
    return await use(response)
  } finally {
    deadline.phase(undefined)
    response?.destroy()
    release()
  }
}

/**
 * The `Location` of a redirect. The guard looks at it when its turn comes, like at any other URL.
 * @throws OutboundError REDIRECT_INVALID, REDIRECT_DOWNGRADE, and what `parseTarget` throws
 */
function nextTarget(response: IncomingMessage, from: Target): Target {
  const next = parseRedirect(response.headers.location ?? '', from)
  // What was asked for under TLS must not come over a wire that anybody can write to.
  if (from.secure && !next.secure) throw new OutboundError('REDIRECT_DOWNGRADE')
  return next
}

function validated(response: IncomingMessage, known: FetchedResource, settings: OutboundSettings): Download {
  const { etag, 'last-modified': lastModified } = response.headers
  const resource = {
    ...known,
    etag: validatorOf(etag) ?? known.etag,
    lastModified: validatorOf(lastModified) ?? known.lastModified,
    validatedAtMs: settings.now(),
  }
  const freshness = freshnessOf(response.headers, settings.cache.maxFreshMs)
  return { resource, freshness, receivedBytes: 0 }
}

async function received(
  response: IncomingMessage,
  terms: Terms,
  deadline: Deadline,
  settings: OutboundSettings,
): Promise<Download> {
  const { headers } = response
  const mediaType = mediaTypeOf(headers['content-type'])
  if (!isAccepted(mediaType, terms.accept)) throw new OutboundError('MEDIA_TYPE')
  const { maxBytes } = terms
  const { bytes, receivedBytes } = await readBody(response, {
    maxBytes,
    timeouts: settings.timeouts,
    deadline,
  })
  const atMs = settings.now()
  const resource: FetchedResource = {
    bytes,
    mediaType,
    finalUrl: terms.target.href,
    etag: validatorOf(headers.etag),
    lastModified: validatorOf(headers['last-modified']),
    hash: digest('sha256', bytes, 'hex'),
    fetchedAtMs: atMs,
    validatedAtMs: atMs,
  }
  return { resource, freshness: freshnessOf(headers, settings.cache.maxFreshMs), receivedBytes }
}

function statusError(response: IncomingMessage, nowMs: number): OutboundError {
  return new OutboundError('HTTP_STATUS', {
    status: response.statusCode,
    retryAfterMs: retryAfterMs(response.headers['retry-after'], nowMs),
  })
}

/** A validator is sent back as it came; one of absurd length is not worth it. */
function validatorOf(header: string | undefined): string | undefined {
  return header !== undefined && header !== '' && header.length <= 1024 ? header : undefined
}

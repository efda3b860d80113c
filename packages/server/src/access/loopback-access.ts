import { DarkroomError } from '../errors.ts'
import { isLoopbackHost } from '../request/loopback-host.ts'

/**
 * The rules of `DARKROOM_AUTH=off` (DESIGN 4.5): the server trusts whoever can reach it, so it makes sure that
 * this is the person at the machine and not a page in that person's browser.
 */
export interface LoopbackAccess {
  /** For every request. @throws DarkroomError forbidden_host, forwarding_refused, cross_site_refused */
  check(request: Request): void
  /** Before a generation is caused. @throws DarkroomError cross_site_refused */
  checkMayGenerate(request: Request): void
}

const forwardingHeaders = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
] as const

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** @param allowedOrigins origins of pages that may write and cause generations, from `DARKROOM_CORS_ORIGINS` */
export function createLoopbackAccess(allowedOrigins: readonly string[]): LoopbackAccess {
  const refuseCrossSite = (request: Request): void => {
    if (!isCrossSite(request, allowedOrigins)) return
    throw new DarkroomError(
      'cross_site_refused',
      'A page of another site may show pictures but not cause work. Add its origin to DARKROOM_CORS_ORIGINS if it is yours.',
    )
  }
  return {
    check: (request) => {
      requireLoopbackHost(request)
      for (const name of forwardingHeaders) {
        if (!request.headers.has(name)) continue
        throw new DarkroomError(
          'forwarding_refused',
          `With DARKROOM_AUTH=off requests must not come through a proxy: ${name} is refused.`,
        )
      }
      if (!safeMethods.has(request.method)) refuseCrossSite(request)
    },
    checkMayGenerate: refuseCrossSite,
  }
}

/** A name that somebody made to resolve to 127.0.0.1 (DNS rebinding) must not open the door. */
function requireLoopbackHost(request: Request): void {
  if (isLoopbackHost(new URL(request.url).hostname)) return
  throw new DarkroomError(
    'forbidden_host',
    'With DARKROOM_AUTH=off only 127.0.0.1, [::1] and localhost are served as Host.',
  )
}

/**
 * Fetch Metadata (W3C) where the browser sends it, `Origin` (RFC 6454) where it does not; a program sends
 * neither and is no page. Another port of this machine is the same site.
 */
function isCrossSite(request: Request, allowedOrigins: readonly string[]): boolean {
  const origin = request.headers.get('origin')
  if (origin !== null && allowedOrigins.includes(origin)) return false
  const site = request.headers.get('sec-fetch-site')
  if (site !== null) return site === 'cross-site'
  if (origin === null) return false
  return !URL.canParse(origin) || new URL(origin).hostname !== new URL(request.url).hostname
}

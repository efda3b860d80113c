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

/** What proxies and CDNs add about the one who asked, besides all that begins with `x-forwarded`. */
const forwardingHeaders: ReadonlySet<string> = new Set([
  'forwarded',
  'x-original-forwarded-for',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'via',
])

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
      for (const name of request.headers.keys()) {
        if (!forwardingHeaders.has(name) && !name.startsWith('x-forwarded')) continue
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
  const { hostname } = new URL(request.url)
  // With an absolute-form target the URL is not made from Host; both must be ours.
  const header = request.headers.get('host')
  const fromHeader = header === null ? hostname : URL.parse(`http://${header}`)?.hostname
  if (isLoopbackHost(hostname) && fromHeader !== undefined && isLoopbackHost(fromHeader)) return
  throw new DarkroomError(
    'forbidden_host',
    'With DARKROOM_AUTH=off only 127.0.0.1, [::1] and localhost are served as Host.',
  )
}

/**
 * Fetch Metadata (W3C) where the browser sends it, the page's origin where it does not; a program sends neither and
 * is no page. A page that this machine itself serves is the user's own, on whatever port and under whatever name
 * for the loopback address. A page cannot forge `Origin` or `Referer`; without both, what the browser says counts.
 */
function isCrossSite(request: Request, allowedOrigins: readonly string[]): boolean {
  const origin = pageOrigin(request)
  if (origin !== undefined && (allowedOrigins.includes(origin) || isLoopbackOrigin(origin))) return false
  const site = request.headers.get('sec-fetch-site')
  return site === null ? origin !== undefined : site === 'cross-site'
}

/** The origin of the page that asks: an `<img>` without `crossorigin` sends no `Origin`, but its `Referer` has it. */
function pageOrigin(request: Request): string | undefined {
  const origin = request.headers.get('origin')
  if (origin !== null) return origin
  const referer = request.headers.get('referer')
  return referer !== null && URL.canParse(referer) ? new URL(referer).origin : undefined
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname)
}

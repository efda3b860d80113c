import { OutboundError } from '../outbound-error.ts'
import type { IpAddress } from './ip-address.ts'
import { parseAddress } from './ip-address.ts'

/** A URL that has the form of one which may be fetched. Whether its host may is not known yet. */
export interface Target {
  /** Canonical, without fragment: the identity of what is fetched. */
  href: string
  secure: boolean
  /** Lower case, in ASCII, without a trailing dot, IPv6 without brackets. */
  host: string
  /** When the host is written as an address, in whatever notation. */
  address: IpAddress | undefined
  port: number
  /** Path and query, as they go into the request line. */
  path: string
}

/** Longer URLs are refused: most servers do. */
const maxUrlLength = 8192

/** Names that never lead to the public internet (RFC 6761, 6762, 7686, 8375, 9476, and ICANN's `.internal`). */
const localNames = new Set(
  'alt arpa corp example home internal intranet invalid lan local localdomain localhost mail onion private test'.split(
    ' ',
  ),
)

/**
 * Reads a URL by the WHATWG rules, which turn every notation of a host into one (percent-encoding, IDNA, full-width
 * digits, decimal, octal and hexadecimal numbers), and refuses what those rules repair: other software
 * repairs it in other ways, and a difference between two readers is how guards are passed.
 * @throws OutboundError URL_INVALID, URL_SCHEME, URL_CREDENTIALS, HOST_FORBIDDEN
 */
export function parseTarget(text: string): Target {
  if (typeof text !== 'string' || text.length > maxUrlLength) throw new OutboundError('URL_INVALID')
  // White space, controls and backslashes are dropped or turned by the parser.
  // oxlint-disable-next-line no-control-regex -- controls are what is looked for
  if (/[\u0000-\u0020\u007f\\]/u.test(text) || !text.isWellFormed()) throw new OutboundError('URL_INVALID')
  const scheme = /^([a-z][a-z\d+.-]*):/iu.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) throw new OutboundError('URL_INVALID')
  if (scheme !== 'http' && scheme !== 'https') throw new OutboundError('URL_SCHEME')
  // Exactly two slashes and then a host: `http:host` and `http:///host` are repaired by the parser.
  const authority = /^[a-z]+:\/\/([^/?#]+)/iu.exec(text)?.[1]
  if (authority === undefined || !URL.canParse(text)) throw new OutboundError('URL_INVALID')
  // Empty ones (`http://@host`) too, which the parser drops.
  if (authority.includes('@')) throw new OutboundError('URL_CREDENTIALS')
  if (authority.endsWith(':')) throw new OutboundError('URL_PORT')
  return targetOf(new URL(text))
}

/**
 * Where a redirect leads.
 * @param location the header as node gives it: one character per byte
 * @throws OutboundError REDIRECT_INVALID, and what `parseTarget` throws
 */
export function parseRedirect(location: string, from: Target): Target {
  const reference = Buffer.from(location, 'latin1').toString('utf8').trim()
  if (reference === '' || location.length > maxUrlLength || !URL.canParse(reference, from.href)) {
    throw new OutboundError('REDIRECT_INVALID')
  }
  // An absolute reference is read as strictly as a URL of a user; the others cannot name a scheme.
  if (/^[a-z][a-z\d+.-]*:/iu.test(reference)) return parseTarget(reference.replaceAll(' ', '%20'))
  return parseTarget(new URL(reference, from.href).href)
}

function targetOf(url: URL): Target {
  url.hash = ''
  url.hostname = url.hostname.replace(/\.$/u, '')
  const host = url.hostname.replace(/^\[(.*)\]$/u, '$1')
  const address = parseAddress(host)
  if (address === undefined && !isHostName(host)) throw new OutboundError('HOST_FORBIDDEN')
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  return { href: url.href, secure, host, address, port, path: `${url.pathname}${url.search}` }
}

/** RFC 1123 §2.1, with the underscores that real names have. The last label begins with a letter, as all of them do. */
function isHostName(host: string): boolean {
  const label = /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/u
  const labels = host.split('.')
  return host.length <= 253 && labels.every((part) => label.test(part)) && /^[a-z]/u.test(labels.at(-1) ?? '')
}

/** `localhost` and what is below it: this machine, by definition and without asking DNS (RFC 6761 §6.3). */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost')
}

/** A name that only a private network resolves: a single label, or one below a name kept for such networks. */
export function isLocalName(host: string): boolean {
  const labels = host.split('.')
  return labels.length < 2 || localNames.has(labels.at(-1) ?? '')
}

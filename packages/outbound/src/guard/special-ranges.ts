import type { IpAddress, IpRange } from './ip-address.ts'
import { isInRange, parseRange } from './ip-address.ts'

/**
 * IPv4 addresses that are not a host on the public internet: IANA's registries of special-purpose addresses
 * (RFC 6890) and of multicast, and one public address at which a cloud serves its machines' secrets.
 */
const ipv4Ranges = [
  ['0.0.0.0/8', 'this network (RFC 791): on Linux, this machine'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'carrier-grade NAT (RFC 6598); the metadata service of Alibaba Cloud'],
  ['127.0.0.0/8', 'loopback (RFC 1122)'],
  ['168.63.129.16/32', 'the platform service of Azure'],
  ['169.254.0.0/16', 'link-local (RFC 3927); the metadata services of most clouds'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.0.0.0/24', 'protocol assignments (RFC 6890)'],
  ['192.0.2.0/24', 'documentation (RFC 5737)'],
  ['192.31.196.0/24', 'AS112 (RFC 7535)'],
  ['192.52.193.0/24', 'automatic multicast tunnelling (RFC 7450)'],
  ['192.88.99.0/24', '6to4 relays (RFC 7526)'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['192.175.48.0/24', 'AS112 (RFC 7534)'],
  ['198.18.0.0/15', 'benchmarking (RFC 2544)'],
  ['198.51.100.0/24', 'documentation (RFC 5737)'],
  ['203.0.113.0/24', 'documentation (RFC 5737)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['240.0.0.0/4', 'reserved (RFC 1112), and broadcast'],
] as const

/** The only part of IPv6 that holds public hosts (RFC 4291 §2.4, IANA's global unicast registry). */
const globalUnicast = rangeOf('2000::/3')

/** IPv6 addresses by name; what is outside `2000::/3` is forbidden whether it stands here or not. */
const ipv6Ranges = [
  ['::/128', 'unspecified (RFC 4291): on Linux, this machine'],
  ['::1/128', 'loopback (RFC 4291)'],
  ['::ffff:0:0/96', 'IPv4-mapped (RFC 4291)'],
  ['::ffff:0:0:0/96', 'IPv4-translated (RFC 2765)'],
  ['::/96', 'IPv4-compatible (RFC 4291)'],
  ['64:ff9b::/96', 'NAT64 (RFC 6052)'],
  ['64:ff9b:1::/48', 'NAT64 of the local network (RFC 8215)'],
  ['100::/64', 'discard (RFC 6666)'],
  ['100:0:0:1::/64', 'dummy prefix (RFC 9780)'],
  ['2001::/32', 'Teredo (RFC 4380)'],
  ['2001::/23', 'protocol assignments (RFC 2928)'],
  ['2001:db8::/32', 'documentation (RFC 3849)'],
  ['2002::/16', '6to4 (RFC 3056)'],
  ['2620:4f:8000::/48', 'AS112 (RFC 7534)'],
  ['3ffe::/16', '6bone, returned (RFC 3701)'],
  ['3fff::/20', 'documentation (RFC 9637)'],
  ['5f00::/16', 'segment routing (RFC 9602)'],
  ['fc00::/7', 'unique local (RFC 4193); the metadata services of AWS and Google Cloud'],
  ['fe80::/10', 'link-local (RFC 4291)'],
  ['fec0::/10', 'site-local (RFC 3879)'],
  ['ff00::/8', 'multicast (RFC 4291)'],
] as const

const specialRanges: readonly { range: IpRange; what: string }[] = [...ipv4Ranges, ...ipv6Ranges].map(
  ([text, what]) => ({ range: rangeOf(text), what }),
)

/** Why an address is no host on the public internet; `undefined` when it may be one. */
export function specialPurposeOf(address: IpAddress): string | undefined {
  const special = specialRanges.find(({ range }) => isInRange(address, range))
  if (special !== undefined) return special.what
  if (address.family === 4) return undefined
  if (!isInRange(address, globalUnicast)) return 'not global unicast (RFC 4291)'
  return isIsatap(address) ? 'ISATAP (RFC 5214)' : undefined
}

/** ISATAP hides an IPv4 address behind `0:5efe` or `200:5efe` in the interface part, below any prefix. */
function isIsatap({ bytes }: IpAddress): boolean {
  const [first = 0, ...rest] = bytes.slice(8, 12)
  return (first & 0xfd) === 0 && rest[0] === 0 && rest[1] === 0x5e && rest[2] === 0xfe
}

function rangeOf(text: string): IpRange {
  const range = parseRange(text)
  if (range === undefined) throw new TypeError(`${text} is no range`)
  return range
}

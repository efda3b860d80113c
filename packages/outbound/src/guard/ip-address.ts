import { isIPv4, isIPv6 } from 'node:net'

/** An IP address as its bytes in network order: 4 or 16. */
export interface IpAddress {
  family: 4 | 6
  bytes: readonly number[]
  /** As it was written. */
  text: string
}

/** All addresses that begin with the same bits. */
export interface IpRange {
  family: 4 | 6
  bytes: readonly number[]
  prefixBits: number
}

/**
 * Reads the plain notations that resolvers and sockets use: four decimal numbers, or RFC 4291 §2.2 without a zone.
 * Other notations (octal, hexadecimal, short forms) are turned into these by the URL parser, or are none.
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { family: 4, bytes: text.split('.').map(Number), text }
  // A zone (`fe80::1%eth0`) names an interface of this machine: nothing that a stranger may choose.
  if (isIPv6(text) && !text.includes('%')) return { family: 6, bytes: bytesOfIpv6(text), text }
  return undefined
}

/** Reads `10.0.0.0/8`, `fd00::/8`, or a single address. Bits behind the prefix are ignored. */
export function parseRange(text: string): IpRange | undefined {
  const [base = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(base.replace(/^\[(.*)\]$/u, '$1'))
  if (address === undefined || rest.length > 0) return undefined
  const widthBits = address.bytes.length * 8
  if (prefix === undefined) return { ...address, prefixBits: widthBits }
  if (!/^\d{1,3}$/u.test(prefix) || Number(prefix) > widthBits) return undefined
  return { ...address, prefixBits: Number(prefix) }
}

/** An IPv4 address is in no IPv6 range, nor the other way round: mapped addresses are IPv6 ones. */
export function isInRange(address: IpAddress, range: IpRange): boolean {
  if (address.family !== range.family) return false
  const wholeBytes = range.prefixBits >> 3
  for (let index = 0; index < wholeBytes; index += 1) {
    if (address.bytes[index] !== range.bytes[index]) return false
  }
  const restBits = range.prefixBits & 7
  if (restBits === 0) return true
  const differing = (address.bytes[wholeBytes] ?? 0) ^ (range.bytes[wholeBytes] ?? 0)
  return differing >> (8 - restBits) === 0
}

/** Of text that `isIPv6` has accepted. */
function bytesOfIpv6(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const front = bytesOfGroups(head)
  if (tail === undefined) return front
  const back = bytesOfGroups(tail)
  return [...front, ...Array.from({ length: 16 - front.length - back.length }, () => 0), ...back]
}

function bytesOfGroups(groups: string): number[] {
  if (groups === '') return []
  return groups.split(':').flatMap((group) => {
    // The last 32 bits may be written as an IPv4 address.
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

import type { IpAddress, IpRange } from './ip-address.ts'
import { isInRange, parseRange } from './ip-address.ts'

/** What the operator lets through although it is not public. */
export interface AllowList {
  /** The name itself is listed, or a parent as `*.parent`: whatever it resolves to is let through, at any port. */
  hasHost(host: string): boolean
  /** The address is in a listed range: it is let through, at any port. */
  hasAddress(address: IpAddress): boolean
}

/**
 * Reads CIDR ranges (`10.0.0.0/8`, `fd00::/8`), addresses (`127.0.0.1`), hosts (`minio`) and names below a host
 * (`*.corp.internal`, without `corp.internal` itself).
 * @throws RangeError naming every entry that is none of these
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const ranges: IpRange[] = []
  const hosts = new Set<string>()
  const suffixes: string[] = []
  const faults: string[] = []
  for (const entry of entries) {
    const range = parseRange(entry)
    const host = range === undefined ? hostOf(entry.replace(/^\*\./u, '')) : undefined
    if (range !== undefined) ranges.push(range)
    else if (host === undefined) faults.push(JSON.stringify(entry))
    else if (entry.startsWith('*.')) suffixes.push(`.${host}`)
    else hosts.add(host)
  }
  if (faults.length > 0) {
    throw new RangeError(`Neither a CIDR range, an address nor a host name: ${faults.join(', ')}`)
  }
  return {
    hasHost: (host) => hosts.has(host) || suffixes.some((suffix) => host.endsWith(suffix)),
    hasAddress: (address) => ranges.some((range) => isInRange(address, range)),
  }
}

/** A host name as the URL parser writes it. A port, a path or an address in another notation is none. */
function hostOf(entry: string): string | undefined {
  if (!/^[\p{L}\p{M}\p{N}_.-]+$/u.test(entry) || !URL.canParse(`http://${entry}/`)) return undefined
  const host = new URL(`http://${entry}/`).hostname
  return parseRange(host) === undefined ? host.replace(/\.$/u, '') : undefined
}

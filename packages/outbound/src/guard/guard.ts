import { networkInterfaces } from 'node:os'
import { OutboundError } from '../outbound-error.ts'
import type { Resolve } from '../connect/resolve.ts'
import { settleOrAbort } from '../connect/settle-or-abort.ts'
import type { AllowList } from './allow-list.ts'
import type { IpAddress } from './ip-address.ts'
import { isInRange, parseAddress, parseRange } from './ip-address.ts'
import { isWebPort } from './ports.ts'
import { specialPurposeOf } from './special-ranges.ts'
import type { Target } from './target.ts'
import { isLocalhost, isLocalName } from './target.ts'

/** Decides where connections may go. */
export interface Guard {
  /**
   * All that can be said without asking DNS.
   * @throws OutboundError URL_PORT, HOST_FORBIDDEN, ADDRESS_FORBIDDEN
   */
  check(target: Target): void
  /**
   * The addresses of a target, all of them checked: connect to one of these and to nothing else. One forbidden
   * address among several refuses them all: it is an attack or a mistake, and either way not to be relied on.
   * @throws OutboundError as `check`, and DNS_FAILED
   */
  addressesOf(target: Target, signal: AbortSignal): Promise<readonly IpAddress[]>
}

/** What the guard asks. */
export interface GuardOptions {
  allow: AllowList
  /** Names of strangers. */
  resolve: Resolve
  /** Names on the allow list: they may stand in this machine's hosts file alone. */
  resolveAllowed: Resolve
  /** The addresses of this machine. Default: those that it has at the time. */
  ownAddresses?: (() => readonly string[]) | undefined
}

/** More addresses than any honest name has are cut off. */
const maxAddresses = 32

const loopback: readonly IpAddress[] = ['127.0.0.1', '::1'].flatMap((text) => parseAddress(text) ?? [])

export function createGuard(options: GuardOptions): Guard {
  const { allow, ownAddresses = addressesOfThisMachine } = options

  const assertPublic = (address: IpAddress): void => {
    if (allow.hasAddress(address)) return
    const own = (): string | undefined =>
      isAmong(address, ownAddresses()) ? 'an address of this machine' : undefined
    const special = specialPurposeOf(address) ?? own()
    if (special === undefined) return
    throw new OutboundError('ADDRESS_FORBIDDEN', { cause: new Error(`${address.text} is ${special}`) })
  }

  const check = (target: Target): void => {
    const { host, address, port } = target
    if (allow.hasHost(host)) return
    if (address !== undefined) {
      assertPublic(address)
      if (!isWebPort(port) && !allow.hasAddress(address)) throw new OutboundError('URL_PORT')
    } else if (isLocalhost(host)) {
      // Every address of it is forbidden, or one of them is listed.
      if (!loopback.some((one) => allow.hasAddress(one))) loopback.forEach(assertPublic)
    } else if (isLocalName(host)) throw new OutboundError('HOST_FORBIDDEN')
  }

  const addressesOf = async (target: Target, signal: AbortSignal): Promise<readonly IpAddress[]> => {
    check(target)
    const { host, address, port } = target
    if (address !== undefined) return [address]
    if (allow.hasHost(host)) return resolved(options.resolveAllowed, host, signal)
    if (isLocalhost(host)) return loopback.filter((one) => allow.hasAddress(one))
    const addresses = await resolved(options.resolve, host, signal)
    addresses.forEach(assertPublic)
    // Only now: in an allowed range every port is.
    if (!isWebPort(port) && !addresses.every((one) => allow.hasAddress(one)))
      throw new OutboundError('URL_PORT')
    return addresses
  }

  return { check, addressesOf }
}

/** Public ones matter: from within they reach services that a firewall hides from everybody else. */
function addressesOfThisMachine(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map((entry) => entry.address),
  )
}

function isAmong(address: IpAddress, texts: readonly string[]): boolean {
  return texts.some((text) => {
    const range = parseRange(text)
    return range !== undefined && isInRange(address, range)
  })
}

async function resolved(resolve: Resolve, host: string, signal: AbortSignal): Promise<readonly IpAddress[]> {
  let texts: readonly string[]
  try {
    texts = await settleOrAbort(resolve(host, signal), signal)
  } catch (error) {
    signal.throwIfAborted()
    throw new OutboundError('DNS_FAILED', { cause: error })
  }
  if (texts.length === 0)
    throw new OutboundError('DNS_FAILED', { cause: new Error(`${host} has no address`) })
  return texts.slice(0, maxAddresses).map((text) => {
    const address = parseAddress(text)
    if (address !== undefined) return address
    throw new OutboundError('ADDRESS_FORBIDDEN', { cause: new Error(`${text} is no plain address`) })
  })
}

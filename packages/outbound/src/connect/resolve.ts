import { promises as dns } from 'node:dns'

/** Every address of a host name, in the order in which to try them. Rejects or gives none if there is none. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>

/** How DNS is asked. */
export interface DnsOptions {
  /** `address` or `address:port`. Default: those of this machine. */
  servers?: readonly string[] | undefined
  /** For one try at one server. Default 2000. */
  timeoutMs?: number | undefined
  /** Default 2. */
  tries?: number | undefined
}

/**
 * Asks DNS for A and AAAA records and nothing else: no hosts file, no search domains, and no thread of the pool
 * that file reads and picture encoding need, which a stranger's slow name server would block in `dns.lookup`.
 */
export function createDnsResolve(options: DnsOptions = {}): Resolve {
  const { servers, timeoutMs = 2000, tries = 2 } = options
  return async (host, signal) => {
    // One each, so that giving up one name cancels no other; it also follows changes of /etc/resolv.conf.
    const resolver = new dns.Resolver({ timeout: timeoutMs, tries })
    if (servers !== undefined) resolver.setServers([...servers])
    const cancel = (): void => resolver.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      const answers = await Promise.allSettled([resolver.resolve6(host), resolver.resolve4(host)])
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      const failed = answers.find((answer) => answer.status === 'rejected')
      // One family may be missing, or its server broken: the other is enough.
      if (addresses.length === 0 && failed !== undefined) throw failed.reason
      return addresses
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
}

/** Asks the operating system, its hosts file included. For names that the operator has listed. */
export const resolveBySystem: Resolve = async (host) => {
  const addresses = await dns.lookup(host, { all: true, order: 'verbatim' })
  return addresses.map(({ address }) => address)
}

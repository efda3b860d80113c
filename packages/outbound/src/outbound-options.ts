import type { LedgerWriter } from '@darkroom/once'
import { normalAccept } from './body/media-type.ts'
import type { Timeouts } from './connect/deadline.ts'
import type { Resolve } from './connect/resolve.ts'

/** How the door is set up. Every default is meant for the open internet. */
export interface OutboundOptions {
  /**
   * What is let through although it is not public: CIDR ranges, addresses, hosts, `*.parent` (from
   * `DARKROOM_OUTBOUND_ALLOW`). Default: nothing. Tests and development list `127.0.0.1`.
   */
  allow?: readonly string[] | undefined
  /** Default: DNS alone, for names of strangers, and the operating system for names on the allow list. */
  resolve?: Resolve | undefined
  /** Of a body, as sent and as decoded. Default 32 MiB. */
  maxBytes?: number | undefined
  /** Default: connect 5 s, headers 10 s, 10 KiB in each 10 s of the body, 60 s in all. */
  timeouts?: Partial<Timeouts> | undefined
  /** Default 5. */
  maxRedirects?: number | undefined
  /** Connections to one scheme, host and port at a time. Default 6. */
  maxConnectionsPerOrigin?: number | undefined
  /** All connections at a time: with `maxBytes` it bounds the memory of what is under way. Default 32. */
  maxConnections?: number | undefined
  /** Fetches that may wait for a connection to one origin; more are refused (`BUSY`). Default 1000. */
  maxWaitingPerOrigin?: number | undefined
  /** Media ranges of answers. Default: images, and unknown bytes, as which many hosts serve images. */
  accept?: readonly string[] | undefined
  /** What is kept between uses, and for how long a host may say that it need not be asked. Default 64 MiB, 1 h. */
  cache?: { maxBytes?: number | undefined; maxFreshMs?: number | undefined } | undefined
  ledger?: LedgerWriter | undefined
  /** Certificate authorities in PEM, trusted besides the well-known ones: those of a private network. */
  certificateAuthorities?: readonly string[] | undefined
  /** Default `darkroom-outbound`. */
  userAgent?: string | undefined
  /** Wall clock in milliseconds since 1970. */
  now?: (() => number) | undefined
}

/** Options with their defaults, checked. */
export type OutboundSettings = {
  [Name in Exclude<keyof OutboundOptions, 'timeouts' | 'cache' | 'resolve' | 'ledger'>]-?: Exclude<
    OutboundOptions[Name],
    undefined
  >
} & {
  timeouts: Timeouts
  cache: { maxBytes: number; maxFreshMs: number }
  resolve: Resolve | undefined
  ledger: LedgerWriter | undefined
}

const mebibyte = 1024 * 1024

/** @throws RangeError naming the option that is out of range */
export function settingsOf(options: OutboundOptions): OutboundSettings {
  const { timeouts, cache } = options
  return {
    allow: options.allow ?? [],
    resolve: options.resolve,
    ledger: options.ledger,
    maxBytes: atLeast(1, 'maxBytes', options.maxBytes ?? 32 * mebibyte),
    timeouts: {
      connectMs: atLeast(1, 'connectMs', timeouts?.connectMs ?? 5_000),
      headersMs: atLeast(1, 'headersMs', timeouts?.headersMs ?? 10_000),
      bodyIdleMs: atLeast(1, 'bodyIdleMs', timeouts?.bodyIdleMs ?? 10_000),
      minBytes: atLeast(1, 'minBytes', timeouts?.minBytes ?? 10 * 1024),
      totalMs: atLeast(1, 'totalMs', timeouts?.totalMs ?? 60_000),
    },
    maxRedirects: atLeast(0, 'maxRedirects', options.maxRedirects ?? 5),
    maxConnectionsPerOrigin: atLeast(1, 'maxConnectionsPerOrigin', options.maxConnectionsPerOrigin ?? 6),
    maxConnections: atLeast(1, 'maxConnections', options.maxConnections ?? 32),
    maxWaitingPerOrigin: atLeast(0, 'maxWaitingPerOrigin', options.maxWaitingPerOrigin ?? 1000),
    accept: normalAccept(options.accept ?? ['image/*', 'application/octet-stream', 'binary/octet-stream']),
    cache: {
      maxBytes: atLeast(0, 'cache.maxBytes', cache?.maxBytes ?? 64 * mebibyte),
      maxFreshMs: atLeast(0, 'cache.maxFreshMs', cache?.maxFreshMs ?? 3_600_000),
    },
    certificateAuthorities: options.certificateAuthorities ?? [],
    userAgent: options.userAgent ?? 'darkroom-outbound',
    now: options.now ?? Date.now,
  }
}

/** Above this timers fire at once, and no buffer is that large. */
const largest = 2 ** 31 - 1

/** @throws RangeError */
export function atLeast(least: number, name: string, value: number): number {
  if (Number.isInteger(value) && value >= least && value <= largest) return value
  throw new RangeError(`${name} is ${value}, not a whole number from ${least} to ${largest}`)
}

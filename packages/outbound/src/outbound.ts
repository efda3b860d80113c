import type { Axis, Flight, Memo, Outcome, Work } from '@darkroom/once'
import { createMemo, keyOf } from '@darkroom/once'
import { normalAccept } from './body/media-type.ts'
import { createConnectionLimit } from './connect/connection-limit.ts'
import type { Deadline } from './connect/deadline.ts'
import { createDeadline } from './connect/deadline.ts'
import { createExchanger } from './connect/exchange.ts'
import { createDnsResolve, resolveBySystem } from './connect/resolve.ts'
import type { Equipment } from './download.ts'
import { download } from './download.ts'
import type { FetchedResource, Terms } from './fetched-resource.ts'
import { parseAllowList } from './guard/allow-list.ts'
import { createGuard } from './guard/guard.ts'
import type { Target } from './guard/target.ts'
import { parseTarget } from './guard/target.ts'
import { OutboundError } from './outbound-error.ts'
import type { OutboundOptions, OutboundSettings } from './outbound-options.ts'
import { atLeast, settingsOf } from './outbound-options.ts'
import type { Message, Receipt } from './send.ts'
import { send } from './send.ts'

/** What one caller asks for besides the URL. */
export interface FetchOptions {
  /** Aborting it rejects this caller; the download ends when all its callers have left. */
  signal?: AbortSignal | undefined
  /** Media ranges. Default: those of the door. */
  accept?: readonly string[] | undefined
  /** Not above that of the door, which is the default. */
  maxBytes?: number | undefined
  /** The sharing domain: equal fetches of two domains never meet. Default `default`. */
  domain?: string | undefined
  /** Where the ledger counts this ask. */
  axis?: Axis | undefined
}

/** The one door for every URL that a user gives. */
export interface Outbound {
  /**
   * Downloads a URL once for all who ask at the same time, and validates a copy that is still there.
   * @throws OutboundError
   * @throws the reason of `options.signal`, to this caller alone
   * @throws RangeError for options that are out of range
   */
  fetch(url: string, options?: FetchOptions): Promise<Outcome<FetchedResource>>
  /**
   * Posts a message through the same guard.
   * @throws OutboundError; what the host answered is no error
   * @throws the reason of `message.signal`
   */
  send(url: string, message: Message): Promise<Receipt>
  /**
   * What can be refused without asking DNS, for requests that name a URL to be fetched later.
   * @throws OutboundError
   */
  check(url: string): void
  /** Ends everything under way with `CLOSED`, drops what is kept, and waits until the connections are gone. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A resource in the cache. */
interface Entry {
  resource: FetchedResource
  freshUntilMs: number
  /** When it was last downloaded or validated, on the door's own counter. */
  turn: number
}

/**
 * @example
 * const outbound = createOutbound({ allow: ['10.20.0.0/16', 'minio'] })
 * const { value, how } = await outbound.fetch('https://example.com/base.jpg', { signal })
 * @throws RangeError naming the option that is wrong
 */
export function createOutbound(options: OutboundOptions = {}): Outbound {
  return new Door(settingsOf(options))
}

class Door implements Outbound {
  readonly #settings: OutboundSettings
  readonly #equipment: Equipment
  readonly #memo: Memo<Entry>
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  /** Orders asks and answers: clocks have ties, and may be set back. */
  #turn = 0

  constructor(settings: OutboundSettings) {
    const allow = parseAllowList(settings.allow)
    const resolve = settings.resolve ?? createDnsResolve()
    const resolveAllowed = settings.resolve ?? resolveBySystem
    this.#settings = settings
    this.#equipment = {
      settings,
      guard: createGuard({ allow, resolve, resolveAllowed }),
      limit: createConnectionLimit(settings),
      exchanger: createExchanger(settings.certificateAuthorities),
    }
    this.#memo = createMemo<Entry>({
      whenAbandoned: 'abort',
      maxBytes: settings.cache.maxBytes,
      sizeOf: ({ resource }) => resource.bytes.byteLength,
      ledger: settings.ledger,
    })
  }

  async fetch(url: string, options: FetchOptions = {}): Promise<Outcome<FetchedResource>> {
    const terms = this.#termsOf(url, options)
    const { accept, maxBytes, domain, target } = terms
    const unit = { kind: 'fetch', key: keyOf({ url: target.href, accept, maxBytes }), domain }
    this.#turn += 1
    const askedAt = this.#turn
    const { value: lease, ...outcome } = await this.#memo.get(
      unit,
      (flight) => this.#whileOpen([flight.signal], (deadline) => this.#run(unit, terms, flight, deadline)),
      {
        signal: options.signal,
        axis: options.axis,
        // Fresh, or said to be current after this caller asked: that is the run that it joined.
        accept: (entry) => entry.turn > askedAt || this.#settings.now() < entry.freshUntilMs,
      },
    )
    // The bytes are the garbage collector's: what a caller holds needs no lease.
    using entry = lease
    return { ...outcome, value: entry.value.resource }
  }

  async send(url: string, message: Message): Promise<Receipt> {
    const target = this.#targetOf(url)
    const wanted = message.signal === undefined ? [] : [message.signal]
    return this.#whileOpen(wanted, (deadline) => send(this.#equipment, target, message, deadline))
  }

  check(url: string): void {
    this.#targetOf(url)
  }

  async close(): Promise<void> {
    this.#closing.abort(new OutboundError('CLOSED'))
    this.#memo.clear()
    await Promise.allSettled(this.#running)
    this.#equipment.exchanger.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #targetOf(url: string): Target {
    this.#closing.signal.throwIfAborted()
    const target = parseTarget(url)
    this.#equipment.guard.check(target)
    return target
  }

  #termsOf(url: string, options: FetchOptions): Terms {
    const { accept, maxBytes = this.#settings.maxBytes, domain = 'default' } = options
    return {
      target: this.#targetOf(url),
      accept: accept === undefined ? this.#settings.accept : normalAccept(accept),
      maxBytes: Math.min(atLeast(1, 'maxBytes', maxBytes), this.#settings.maxBytes),
      domain,
    }
  }

  async #run(
    unit: Parameters<Memo<Entry>['get']>[0],
    terms: Terms,
    flight: Flight,
    deadline: Deadline,
  ): Promise<Work<Entry>> {
    using kept = this.#memo.peek(unit)
    const { resource, freshness, receivedBytes } = await download(
      this.#equipment,
      terms,
      deadline,
      kept?.value.resource,
    )
    const validatable = resource.etag !== undefined || resource.lastModified !== undefined
    const worthKeeping = freshness.freshMs > 0 || validatable
    // Those who wait get it all the same; for those who come later there is nothing.
    if (!freshness.storable || !worthKeeping) this.#memo.delete(unit)
    this.#turn += 1
    const freshUntilMs = resource.validatedAtMs + freshness.freshMs
    return { value: { resource, freshUntilMs, turn: this.#turn }, bytes: receivedBytes }
  }

  /** Gives work a deadline, and lets `close` end it and wait for it. */
  async #whileOpen<T>(wanted: readonly AbortSignal[], work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = createDeadline(this.#settings.timeouts.totalMs, [...wanted, this.#closing.signal])
    const running = work(deadline)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
      deadline.end()
    }
  }
}

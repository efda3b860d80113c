import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Flights, LedgerWriter } from '@darkroom/once'
import { createFlights } from '@darkroom/once'
import type { Outbound, OutboundOptions } from '@darkroom/outbound'
import { createOutbound } from '@darkroom/outbound'
import type { BaseOrigin } from './base-input.ts'
import { readPath, tooLarge } from './read-path.ts'
import type { SourcedBase } from './sourced-base.ts'

/** How bases are got. */
export interface BaseSourceOptions {
  /** The door for URLs, shared with others and closed by its owner; or options for one of its own. */
  outbound?: Outbound | Omit<OutboundOptions, 'ledger'> | undefined
  /** Of a base, wherever it comes from. Default 32 MiB; a URL's is also bounded by its door. */
  maxBaseBytes?: number | undefined
  ledger?: LedgerWriter | undefined
}

/** What one carousel asks for. */
export interface SourceTerms {
  domain: string
  signal?: AbortSignal | undefined
}

/** The only place that takes a URL: everything behind it is given bytes. */
export interface BaseSource {
  /**
   * The bytes of a base: one fetch for all who ask for a URL at a time, one reading of a file likewise.
   * @throws CarouselError BASE_INVALID, BASE_TOO_LARGE
   * @throws OutboundError
   * @throws the reason of `terms.signal`
   */
  get(origin: BaseOrigin, terms: SourceTerms): Promise<SourcedBase>
  close(): Promise<void>
}

export const defaultMaxBaseBytes: number = 32 * 1024 * 1024

export function createBaseSource(options: BaseSourceOptions = {}): BaseSource {
  return new Source(options)
}

class Source implements BaseSource {
  readonly #options: BaseSourceOptions
  readonly #maxBytes: number
  readonly #files: Flights<{ bytes: Uint8Array; hash: string }>
  readonly #shared: Outbound | undefined
  #own: Outbound | undefined

  constructor(options: BaseSourceOptions) {
    this.#options = options
    this.#maxBytes = options.maxBaseBytes ?? defaultMaxBaseBytes
    this.#files = createFlights({ whenAbandoned: 'abort', ledger: options.ledger })
    this.#shared = isOutbound(options.outbound) ? options.outbound : undefined
  }

  async get(origin: BaseOrigin, terms: SourceTerms): Promise<SourcedBase> {
    terms.signal?.throwIfAborted()
    if (origin.kind === 'url') return this.#fetch(origin.url, terms)
    if (origin.kind === 'path') return this.#read(resolve(origin.path), terms)
    const { bytes } = origin
    if (bytes.byteLength > this.#maxBytes) throw tooLarge(this.#maxBytes)
    return { bytes, hash: hashOf(bytes), how: 'given', durationMs: 0 }
  }

  async close(): Promise<void> {
    await this.#own?.close()
  }

  async #fetch(url: string, { domain, signal }: SourceTerms): Promise<SourcedBase> {
    const { value, how, durationMs } = await this.#outbound().fetch(url, {
      domain,
      signal,
      maxBytes: this.#maxBytes,
    })
    return { bytes: value.bytes, hash: value.hash, how, durationMs }
  }

  /** A file may have changed since it was read: only readings at the same time are one. */
  async #read(path: string, { domain, signal }: SourceTerms): Promise<SourcedBase> {
    const { value, how, durationMs } = await this.#files.run(
      { kind: 'fetch', key: path, domain },
      async (flight) => {
        const bytes = await readPath(path, this.#maxBytes, flight.signal)
        return { value: { bytes, hash: hashOf(bytes) }, bytes: bytes.byteLength }
      },
      { signal },
    )
    return { ...value, how, durationMs }
  }

  /** Made when the first URL comes: most programs that have bytes in hand never need it. */
  #outbound(): Outbound {
    if (this.#shared !== undefined) return this.#shared
    const options = isOutbound(this.#options.outbound) ? {} : this.#options.outbound
    this.#own ??= createOutbound({ ...options, ledger: this.#options.ledger })
    return this.#own
  }
}

function isOutbound(outbound: BaseSourceOptions['outbound']): outbound is Outbound {
  return outbound !== undefined && 'fetch' in outbound
}

/** About 0.6 ms a mebibyte: shorter than a turn on another thread for what a base usually has. */
function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

import { setImmediate } from 'node:timers/promises'
import type { LedgerWriter, Lease, Memo, Outcome } from '@darkroom/once'
import { createMemo } from '@darkroom/once'
import type { PictureFacts } from '@darkroom/picture'
import { inspectPicture } from '@darkroom/picture'
import { CarouselError } from '../carousel-error.ts'
import type { SlideSize } from '../carousel-request.ts'
import type { SourcedBase } from '../source/sourced-base.ts'
import { decodeBase } from './decode-base.ts'
import type { DecodedBase } from './decoded-base.ts'
import { minBaseSidePx, scaleFor } from './decode-size.ts'
import { createWants } from './wants.ts'
import type { Wants } from './wants.ts'

export interface DecodedBasesOptions {
  /** Pixels kept for the next use. */
  maxBytes: number
  /** Of a base, as its header declares them. */
  maxPixels?: number | undefined
  ledger?: LedgerWriter | undefined
}

/** A base whose bytes are there, and who asks for it. */
export interface KnownBase {
  base: SourcedBase
  facts: PictureFacts
  domain: string
}

/** Bases as pixels, each decoded once for all who want it. */
export interface DecodedBases {
  /**
   * What the header says, read once.
   * @throws PictureError for what is no picture or has more pixels than the limit
   * @throws CarouselError BASE_TOO_SMALL
   */
  facts(base: SourcedBase, domain: string): Promise<PictureFacts>
  /**
   * Says that a size will be asked for, until the answer is disposed of: a decoding that begins meanwhile is made
   * large enough for it.
   */
  want(base: SourcedBase, domain: string, size: SlideSize): Disposable
  /**
   * The pixels, at a scale that covers the size. Kept pixels that do not are replaced by larger ones.
   * @throws PictureError TRUNCATED, DECODE_FAILED
   */
  get(
    known: KnownBase,
    size: SlideSize,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<Lease<DecodedBase>>>
  /** Pixel buffers that somebody uses or that are kept. */
  readonly live: number
  readonly bytes: number
  clear(): void
}

export function createDecodedBases(options: DecodedBasesOptions): DecodedBases {
  return new Bases(options)
}

class Bases implements DecodedBases {
  readonly #limits: { maxPixels?: number }
  readonly #facts: Memo<PictureFacts>
  readonly #pixels: Memo<DecodedBase>
  readonly #wants: Wants = createWants()
  #live = 0

  constructor({ maxBytes, maxPixels, ledger }: DecodedBasesOptions) {
    this.#limits = maxPixels === undefined ? {} : { maxPixels }
    // A header is a few numbers: counted as 1, kept by the thousand.
    this.#facts = createMemo({ whenAbandoned: 'finish', maxBytes: 1000, sizeOf: () => 1 })
    this.#pixels = createMemo({
      whenAbandoned: 'abort',
      maxBytes,
      sizeOf: (decoded) => decoded.data.byteLength,
      dispose: () => (this.#live -= 1),
      ledger,
    })
  }

  get live(): number {
    return this.#live
  }

  get bytes(): number {
    return this.#pixels.bytes
  }

  async facts({ bytes, hash }: SourcedBase, domain: string): Promise<PictureFacts> {
    const { value: lease } = await this.#facts.get({ kind: 'inspect', key: hash, domain }, async () => ({
      value: await inspectPicture(bytes, this.#limits),
    }))
    using facts = lease
    assertLargeEnough(facts.value)
    return facts.value
  }

  want({ hash }: SourcedBase, domain: string, size: SlideSize): Disposable {
    return this.#wants.add(unitOf(hash, domain), size)
  }

  async get(
    { base, facts, domain }: KnownBase,
    size: SlideSize,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<Lease<DecodedBase>>> {
    const unit = unitOf(base.hash, domain)
    const needed = scaleFor(facts, size)
    return this.#pixels.get(
      unit,
      async (flight) => {
        // Carousels that were given the same bytes at the same moment say what they want first.
        await setImmediate()
        const wanted = this.#wants.of(unit).map((other) => scaleFor(facts, other))
        const decoded = await decodeBase(base.bytes, facts, Math.max(needed, ...wanted), flight.signal)
        this.#live += 1
        return { value: decoded }
      },
      { signal, accept: (decoded) => decoded.scale >= needed },
    )
  }

  clear(): void {
    this.#pixels.clear()
    this.#facts.clear()
  }
}

function unitOf(hash: string, domain: string): { kind: 'decode'; key: string; domain: string } {
  return { kind: 'decode', key: hash, domain }
}

function assertLargeEnough({ widthPx, heightPx }: PictureFacts): void {
  if (Math.min(widthPx, heightPx) >= minBaseSidePx) return
  throw new CarouselError(
    'BASE_TOO_SMALL',
    `The base has ${widthPx} × ${heightPx} pixels; it needs at least ${minBaseSidePx} on each side.`,
    { param: 'base' },
  )
}

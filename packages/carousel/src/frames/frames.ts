import type { LedgerWriter, Lease, Memo, Outcome } from '@darkroom/once'
import { createMemo, keyOf } from '@darkroom/once'
import type { AnalysedBases } from '../analyse/analysed-bases.ts'
import { frameAnalysisOf } from '../analyse/frame-analysis.ts'
import type { SlideSize } from '../carousel-request.ts'
import type { DecodedBase } from '../decode/decoded-base.ts'
import type { DecodedBases, KnownBase } from '../decode/decoded-bases.ts'
import type { Frame } from '../frame.ts'
import type { WorkCounts } from '../work-counts.ts'
import { choosePart } from './choose-part.ts'
import { cutPixels } from './cut-pixels.ts'

export interface FramesOptions {
  bases: DecodedBases
  analyses: AnalysedBases
  /** Pixels kept for the next use, those of bases that are shown whole not counted. */
  maxBytes: number
  ledger?: LedgerWriter | undefined
}

/** What making a frame took, and all that went before it: what each further slide is spared. */
export interface FrameCosts {
  decodeMs: number
  analyseMs: number
  /** The cutting alone. */
  frameMs: number
}

/** A frame with what it holds on to. */
interface HeldFrame {
  frame: Frame
  costs: FrameCosts
  /** The base whose pixels are the frame's own, where nothing was cut or scaled. */
  base: Lease<DecodedBase> | undefined
}

/** The right to use a frame's pixels, until it is released. */
export interface FrameLease extends Disposable {
  readonly frame: Frame
  readonly costs: FrameCosts
}

/** Bases at the sizes of slides, each made once. */
export interface Frames {
  /**
   * @param counts where decodings, analyses and frames are counted
   * @throws PictureError for a base that cannot be decoded
   * @throws the reason of `signal`
   */
  get(
    known: KnownBase,
    size: SlideSize,
    counts: WorkCounts,
    signal: AbortSignal | undefined,
  ): Promise<FrameLease>
  /** Frames that somebody uses or that are kept. */
  readonly live: number
  readonly bytes: number
  clear(): void
}

export function createFrames(options: FramesOptions): Frames {
  return new FrameMemo(options)
}

class FrameMemo implements Frames {
  readonly #options: FramesOptions
  readonly #memo: Memo<HeldFrame>
  #live = 0

  constructor(options: FramesOptions) {
    this.#options = options
    this.#memo = createMemo({
      whenAbandoned: 'abort',
      maxBytes: options.maxBytes,
      sizeOf: bytesOf,
      dispose: ({ base }) => {
        this.#live -= 1
        base?.release()
      },
      ledger: options.ledger,
    })
  }

  get live(): number {
    return this.#live
  }

  get bytes(): number {
    return this.#memo.bytes
  }

  async get(
    known: KnownBase,
    size: SlideSize,
    counts: WorkCounts,
    signal: AbortSignal | undefined,
  ): Promise<FrameLease> {
    const { hash } = known.base
    const unit = {
      kind: 'frame',
      key: keyOf({ base: hash, widthPx: size.widthPx, heightPx: size.heightPx }),
      domain: known.domain,
    }
    const outcome = await this.#memo.get(
      unit,
      async (flight) => ({ value: await this.#make(known, size, counts, flight.signal) }),
      { signal },
    )
    counts.add('frames', outcome.how, outcome.value.value.costs.frameMs)
    // Whoever did not make the frame shared in the work before it just the same.
    if (outcome.how !== 'ran') {
      counts.add('decodes', outcome.how)
      counts.add('analyses', outcome.how)
    }
    const { value: lease } = outcome
    return {
      get frame() {
        return lease.value.frame
      },
      get costs() {
        return lease.value.costs
      },
      [Symbol.dispose]: () => lease.release(),
    }
  }

  async #make(
    known: KnownBase,
    size: SlideSize,
    counts: WorkCounts,
    signal: AbortSignal,
  ): Promise<HeldFrame> {
    const { bases, analyses } = this.#options
    const decoding = counted('decodes', await bases.get(known, size, signal), counts)
    try {
      const decoded = decoding.value
      const key = { hash: known.base.hash, domain: known.domain }
      using analysis = counted('analyses', await analyses.get(key, decoded, signal), counts)
      const startedAtMs = performance.now()
      const part = choosePart(analysis.value, size)
      const data = await cutPixels(decoded, part, size, signal)
      const { widthPx, heightPx } = size
      const frame: Frame = {
        data,
        widthPx,
        heightPx,
        analysis: frameAnalysisOf(analysis.value, part, widthPx, heightPx),
      }
      const costs = {
        decodeMs: decoded.durationMs,
        analyseMs: analysis.value.durationMs,
        frameMs: performance.now() - startedAtMs,
      }
      this.#live += 1
      // Its own pixels: the base must not be disposed of before the frame.
      if (data === decoded.data) return { frame, costs, base: decoding }
      decoding.release()
      return { frame, costs, base: undefined }
    } catch (error) {
      decoding.release()
      throw error
    }
  }

  clear(): void {
    this.#memo.clear()
  }
}

function counted<T>(kind: 'decodes' | 'analyses', outcome: Outcome<T>, counts: WorkCounts): T {
  counts.add(kind, outcome.how, outcome.durationMs)
  return outcome.value
}

/** The grids are five of the frame's, and their integral images twice as wide. */
function bytesOf({ frame, base }: HeldFrame): number {
  const gridBytes = frame.analysis.columns * frame.analysis.rows * (6 * 4 + 5 * 8)
  return gridBytes + (base === undefined ? frame.data.byteLength : 0)
}

import type { RowRange } from '../frame.ts'
import type { SlideFit } from '../slide.ts'

/** A slide as pixels, before it is encoded. */
export interface RenderedSlide {
  /** RGB, 8 bits a channel; its own copy. */
  readonly data: Uint8Array
  readonly widthPx: number
  readonly heightPx: number
  /**
   * Rows that differ from the frame, in order and apart from each other: an encoder may take all others from what
   * it has made of the frame before. Looked for when asked: `data` must still be this slide's.
   */
  readonly touchedRows: readonly RowRange[]
  /** Whether it has small text in a strong colour, or a logo, which need colour at full resolution. */
  readonly hasFineColor: boolean
  readonly fit: SlideFit
}

import type { PictureMark } from '@darkroom/picture'
import type { SlideFormat } from '../carousel-request.ts'
import type { Frame } from '../frame.ts'
import type { RenderedSlide } from '../render/rendered-slide.ts'

/** What determines an encoded slide besides its pixels. */
export interface EncodeSettings {
  format: SlideFormat
  /** 1–100; without effect on PNG. */
  quality: number
  /** Of the base: a slide made from a marked picture is marked like it. */
  mark: PictureMark | undefined
}

/**
 * Pixels to a file. The frame is what all slides of a size have in common, and `slide.touchedRows` says where this
 * one differs: an encoder may share the rest between slides, keyed by the frame (a `WeakMap`), as long as what
 * comes out is the same as if it had not. The slide's pixels are used again once `encode` has settled: do not keep
 * them.
 */
export interface SlideEncoder {
  /**
   * @throws PictureError DECODE_FAILED if the library fails
   * @throws the reason of `signal`, while it waits for its turn
   */
  encode(
    slide: RenderedSlide,
    frame: Frame,
    settings: EncodeSettings,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array>
}

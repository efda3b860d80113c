import type { PictureFacts } from '@darkroom/picture'

/** The pixels of a base: upright, in sRGB, on white where it was transparent, at a share of its own size. */
export interface DecodedBase {
  /** RGB, 8 bits a channel, row-major, `widthPx × heightPx × 3` bytes. Shared: not to be written into. */
  readonly data: Uint8Array
  readonly widthPx: number
  readonly heightPx: number
  /** Of the base's own size: 0..1. */
  readonly scale: number
  readonly facts: PictureFacts
  /** What decoding took. */
  readonly durationMs: number
}

import type { LedgerWriter } from '@darkroom/once'
import type { AnalysedBases } from './analyse/analysed-bases.ts'
import type { DecodedBases } from './decode/decoded-bases.ts'
import type { SlideEncoder } from './encode/slide-encoder.ts'
import type { Frames } from './frames/frames.ts'
import type { PixelPool } from './render/pixel-pool.ts'
import type { BaseSource } from './source/base-source.ts'
import type { Fonts } from './text/fonts.ts'

/** What all carousels of a maker share. */
export interface Studio {
  source: BaseSource
  bases: DecodedBases
  analyses: AnalysedBases
  frames: Frames
  fonts: Fonts
  encoder: SlideEncoder
  pool: PixelPool
  /** Slides of one carousel under way at a time. */
  concurrency: number
  ledger: LedgerWriter | undefined
}

import type { SlideText } from '../slide.ts'
import type { Fonts } from '../text/fonts.ts'
import type { Part } from './part.ts'
import type { Theme } from './theme.ts'

/** What a layout sets, and the room it has. */
export interface LayoutInput {
  readonly text: SlideText
  /** Which point of the carousel this is, from 1; points alone are counted. */
  readonly number: number
  readonly theme: Theme
  /** See `SlideGeometry`. */
  readonly unitPx: number
  /** Of all sizes and gaps: 1, and less where a text would not have room otherwise. */
  readonly scale: number
  readonly widthPx: number
  readonly heightPx: number
  /** The slide reads from right to left. */
  readonly mirrored: boolean
  readonly handle: string | undefined
  readonly fonts: Fonts
}

/** One kind of slide: its parts from top to bottom, at most `heightPx` in sum. */
export interface SlideLayout {
  compose(input: LayoutInput): Part[]
}

import type { Typeface } from './measure.ts'

/** How a text is set. Sizes in pixels of the slide. */
export interface TextStyle {
  /** A family that `Fonts` knows; scripts it lacks are taken from the families behind it. */
  family: string
  /** 100–900. */
  weight: number
  /** Weight of `**bold**`. */
  emphasisWeight: number
  sizePx: number
  /** Shrinks to fit down to this; then the text ends in an ellipsis. */
  minSizePx: number
  /** Of the size; the least, as scripts with high marks need more. */
  lineHeight: number
  /** Of the size; only where letters neither join nor fill a square. */
  letterSpacingEm: number
  /** `start` is left, or right in a text that runs from right to left. */
  align: 'start' | 'center' | 'end'
  /** Default: as many as fit. */
  maxLines?: number | undefined
  /** `upper`: Latin, Greek, Cyrillic and Armenian in capitals (ß as SS, Greek without accents); others stay. */
  transform?: 'none' | 'upper' | undefined
}

/** Inside of which a text is set, in pixels. */
export interface TextBox {
  widthPx: number
  heightPx: number
}

/** A text wrapped and measured, ready to be drawn at any place and in any colour. */
export interface TextBlock {
  readonly fontSizePx: number
  readonly lineHeightPx: number
  readonly lines: readonly TextLine[]
  /** Of the widest line. */
  readonly widthPx: number
  /**
   * From the top of usual high letters (H, d) in the first line to the bottom of usual deep ones (p) in the last, or
   * of the ink where that reaches further.
   */
  readonly heightPx: number
  /** Height of a capital letter: its top lies at `lines[0].baselinePx - capHeightPx`. */
  readonly capHeightPx: number
  readonly direction: 'ltr' | 'rtl'
  readonly align: TextStyle['align']
  /** Everything is there, inside the box. */
  readonly fits: boolean
  readonly truncated: boolean
  /** Grapheme clusters that no font has, each once, in order, as far as a text was looked at that is far too long; a question mark in a frame is drawn for each. */
  readonly missingGlyphs: readonly string[]
}

/** One line. */
export interface TextLine {
  /** Logical order, without markup. */
  readonly text: string
  readonly widthPx: number
  /** From the top of the block. */
  readonly baselinePx: number
  /** In visual order. */
  readonly segments: readonly TextSegment[]
}

/** A part of a line that is drawn at once. */
export interface TextSegment {
  readonly text: string
  /** From the left of the line. */
  readonly leftPx: number
  readonly widthPx: number
  readonly emphasis: boolean
  /** No font has it: a mark is drawn. */
  readonly missing: boolean
  readonly typeface: Typeface
}

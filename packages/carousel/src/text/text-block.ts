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
  /** Of the size. */
  lineHeight: number
  /** Of the size. */
  letterSpacingEm: number
  /** `start` is left, or right in a text that runs from right to left. */
  align: 'start' | 'center' | 'end'
  /** Default: as many as fit. */
  maxLines?: number | undefined
  /** `upper`: as the text's language writes capitals; scripts without case stay. */
  transform?: 'none' | 'upper' | undefined
}

/** A text wrapped and measured, ready to be drawn at any place and in any colour. */
export interface TextBlock {
  readonly fontSizePx: number
  readonly lineHeightPx: number
  readonly lines: readonly TextLine[]
  /** Of the ink and the lines' own height: what the block takes. */
  readonly widthPx: number
  readonly heightPx: number
  readonly direction: 'ltr' | 'rtl'
  readonly fits: boolean
  readonly truncated: boolean
  readonly missingGlyphs: readonly string[]
}

/** One line, in visual order. */
export interface TextLine {
  /** Logical order, without markup. */
  readonly text: string
  readonly widthPx: number
  /** From the top of the block. */
  readonly baselinePx: number
}

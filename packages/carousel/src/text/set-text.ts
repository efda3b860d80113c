import { capitals } from './capitals.ts'
import { blockOf, fitsAt, largestFit } from './fit.ts'
import type { Fonts } from './fonts.ts'
import type { PlainText } from './markup.ts'
import { beginningOf } from './itemise.ts'
import { parseMarkup } from './markup.ts'
import type { Pieced } from './paragraph.ts'
import { paragraphOf, piecesWithin } from './paragraph.ts'
import type { TextBlock, TextBox, TextStyle } from './text-block.ts'
import { truncate } from './truncate.ts'

/**
 * Wraps and measures a text: at the style's size, or the largest below it at which it fits the box; at the least
 * size it ends in an ellipsis instead (`truncated`). Depends on nothing but its arguments.
 * @param markup as users write it: `**bold**`
 * @throws CarouselError `FONT_INVALID` when the style names a family that there is not
 */
export function setText(markup: string, style: TextStyle, box: TextBox, fonts: Fonts): TextBlock {
  const parsed = parseMarkup(markup)
  const leastPx = Math.min(style.sizePx, style.minSizePx)
  const prepare = (text: PlainText): Pieced => {
    const paragraph = paragraphOf(text, style, fonts)
    // Words are broken only where they would be too wide at the least size.
    return { paragraph, pieces: piecesWithin(paragraph, box.widthPx / leastPx) }
  }
  const text = style.transform === 'upper' ? capitals(parsed) : parsed
  // What is far too long is not measured to its end.
  const beginning = beginningOf(text, longTextUnits)
  const start = beginning === text ? undefined : prepare(beginning)
  const isFarTooLong = start !== undefined && !fitsAt(start, leastPx, box)
  const whole = isFarTooLong ? start : prepare(text)
  const fitting = isFarTooLong ? undefined : largestFit(whole, box)
  for (let sizePx = fitting ?? 0; sizePx >= leastPx; sizePx--) {
    const block = blockOf(whole, sizePx, box)
    if (block.fits) return block
  }
  const fits = (cut: Pieced): boolean => fitsAt(cut, leastPx, box) && blockOf(cut, leastPx, box).fits
  const block = blockOf(truncate(whole, leastPx, box, prepare, fits), leastPx, box)
  return { ...block, fits: false, truncated: true, missingGlyphs: whole.paragraph.missing }
}

/** More than a slide shows. */
const longTextUnits = 1000

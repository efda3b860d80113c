import { inVisualOrder } from './direction.ts'
import { heightsOf } from './line-heights.ts'
import type { Paragraph } from './paragraph.ts'
import { partsOf } from './paragraph.ts'
import type { TextBlock, TextBox, TextLine, TextSegment } from './text-block.ts'
import type { Piece, WrappedLine } from './wrap.ts'
import { wrapEvenly, wrapGreedily } from './wrap.ts'

/** A paragraph in pieces that are no wider than some limit. */
export interface Pieced {
  paragraph: Paragraph
  pieces: readonly Piece[]
}

/** Does it go into the box at this size? */
export function fitsAt({ paragraph, pieces }: Pieced, sizePx: number, box: TextBox): boolean {
  const limit = box.widthPx / sizePx
  if (pieces.some((piece) => piece.width > limit)) return false
  const count = wrapGreedily(pieces, limit).length
  if (count > (paragraph.style.maxLines ?? Infinity)) return false
  // Cheaper than to wrap evenly, and enough where it is much too long.
  if ((count - 1) * paragraph.style.lineHeight * sizePx > box.heightPx) return false
  return heightsOf(paragraph, pieces, wrapEvenly(pieces, limit)).height * sizePx <= box.heightPx
}

/** A little smaller is better than a word in two pieces. */
const leastShareForWholeWords = 0.85

/**
 * The style's size, or the largest one below it, in whole steps, that fits; nothing where not even the least does.
 * A text without spaces may be set up to 15 % smaller than it could be, if that keeps its words whole.
 */
export function largestFit(pieced: Pieced, box: TextBox): number | undefined {
  const largest = largestThatFits(pieced, box)
  if (largest === undefined || !breaksWords(pieced, largest, box)) return largest
  const least = Math.max(pieced.paragraph.style.minSizePx, largest * leastShareForWholeWords)
  for (let smaller = largest - 1; smaller >= least; smaller--) {
    if (!breaksWords(pieced, smaller, box) && fitsAt(pieced, smaller, box)) return smaller
  }
  return largest
}

function breaksWords({ pieces }: Pieced, sizePx: number, box: TextBox): boolean {
  if (pieces.every((piece) => piece.cost < 0.8)) return false
  return wrapEvenly(pieces, box.widthPx / sizePx).some((line) => (pieces[line.to - 1]?.cost ?? 0) >= 0.8)
}

function largestThatFits(pieced: Pieced, box: TextBox): number | undefined {
  const { sizePx, minSizePx } = pieced.paragraph.style
  if (fitsAt(pieced, sizePx, box)) return sizePx
  if (minSizePx >= sizePx || !fitsAt(pieced, minSizePx, box)) return undefined
  let fitting = minSizePx
  let tooLarge = sizePx
  while (tooLarge - fitting > 1) {
    const middle = fitting + Math.max(1, Math.floor((tooLarge - fitting) / 2))
    if (fitsAt(pieced, middle, box)) fitting = middle
    else tooLarge = middle
  }
  return fitting
}

/** Set at a size. */
export function blockOf({ paragraph, pieces }: Pieced, sizePx: number, box: TextBox): TextBlock {
  const wrapped = wrapEvenly(pieces, box.widthPx / sizePx)
  const heights = heightsOf(paragraph, pieces, wrapped)
  const lines = wrapped.map((line, i) =>
    composeLine(paragraph, pieces, line, sizePx, (heights.top + i * heights.pitch) * sizePx),
  )
  const widthPx = lines.reduce((widest, line) => Math.max(widest, line.widthPx), 0)
  const heightPx = heights.height * sizePx
  return {
    fontSizePx: sizePx,
    lineHeightPx: heights.pitch * sizePx,
    lines,
    widthPx,
    heightPx,
    capHeightPx: heights.capHeight * sizePx,
    direction: paragraph.direction,
    align: paragraph.style.align,
    fits: widthPx <= box.widthPx && heightPx <= box.heightPx,
    truncated: false,
    missingGlyphs: paragraph.missing,
  }
}

function composeLine(
  paragraph: Paragraph,
  pieces: readonly Piece[],
  line: WrappedLine,
  sizePx: number,
  baselinePx: number,
): TextLine {
  const start = pieces[line.from]?.start ?? 0
  const end = pieces[line.to - 1]?.end ?? start
  const segments: TextSegment[] = []
  let leftPx = 0
  for (const part of inVisualOrder(partsOf(paragraph, start, end))) {
    const widthPx = part.extent.width * sizePx
    const { text, emphasis, missing, typeface } = part
    segments.push({ text, leftPx, widthPx, emphasis, missing, typeface })
    leftPx += widthPx
  }
  return { text: paragraph.text.slice(start, end), widthPx: leftPx, baselinePx, segments }
}

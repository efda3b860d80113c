import { inVisualOrder } from './direction.ts'
import { heightsOf } from './line-heights.ts'
import type { Paragraph, Pieced } from './paragraph.ts'
import type { TextBlock, TextBox, TextLine, TextSegment } from './text-block.ts'
import type { Piece, WrappedLine } from './wrap.ts'
import { wrapEvenly, wrapGreedily } from './wrap.ts'

/** Does it go into the box at this size? */
export function fitsAt(pieced: Pieced, sizePx: number, box: TextBox): boolean {
  const { paragraph, pieces } = pieced
  const limit = box.widthPx / sizePx
  if (pieces.some((piece) => piece.width > limit)) return false
  const count = wrapGreedily(pieces, limit).length
  if (count > (paragraph.style.maxLines ?? Infinity)) return false
  // Cheaper than to wrap evenly, and enough where it is much too long.
  if ((count - 1) * Math.floor(paragraph.style.lineHeight * sizePx) > box.heightPx) return false
  return heightsOf(pieced, wrapEvenly(pieces, limit), sizePx).heightPx <= box.heightPx
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
  // Not 1: of sizes that are no whole numbers the difference of neighbours can be a little more.
  while (tooLarge - fitting > 1.001) {
    const middle = fitting + Math.max(1, Math.floor((tooLarge - fitting) / 2))
    if (fitsAt(pieced, middle, box)) fitting = middle
    else tooLarge = middle
  }
  return fitting
}

/** Widths are floating-point sums. */
const tolerancePx = 0.01

/** Set at a size. Measures whole lines: where letters of two words stand closer or wider, it may no longer fit. */
export function blockOf(pieced: Pieced, sizePx: number, box: TextBox): TextBlock {
  const { paragraph, pieces } = pieced
  const wrapped = wrapEvenly(pieces, box.widthPx / sizePx)
  const { topPx, pitchPx, heightPx, capHeightPx } = heightsOf(pieced, wrapped, sizePx)
  const lines = wrapped.map((line, i) => composeLine(paragraph, pieces, line, sizePx, topPx + i * pitchPx))
  const widthPx = lines.reduce((widest, line) => Math.max(widest, line.widthPx), 0)
  return {
    fontSizePx: sizePx,
    lineHeightPx: pitchPx,
    lines,
    widthPx,
    heightPx,
    capHeightPx,
    direction: paragraph.direction,
    align: paragraph.style.align,
    fits: widthPx <= box.widthPx + tolerancePx && heightPx <= box.heightPx,
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
  let spacingPx = 0
  for (const part of inVisualOrder(paragraph.partsOf(start, end))) {
    spacingPx = part.typeface.letterSpacingEm * sizePx
    const widthPx = part.extent.width * sizePx
    const { text, emphasis, missing, typeface } = part
    segments.push({ text, leftPx, widthPx, emphasis, missing, typeface })
    leftPx += widthPx
  }
  return { text: paragraph.text.slice(start, end), widthPx: leftPx - spacingPx, baselinePx, segments }
}

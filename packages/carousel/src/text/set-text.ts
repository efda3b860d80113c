import { inVisualOrder } from './direction.ts'
import type { Fonts } from './fonts.ts'
import type { PlainText } from './markup.ts'
import { parseMarkup } from './markup.ts'
import { capitals } from './capitals.ts'
import type { Paragraph } from './paragraph.ts'
import { paragraphOf, pieceOf } from './paragraph.ts'
import type { TextBlock, TextLine, TextSegment, TextStyle } from './text-block.ts'
import type { Piece, WrappedLine } from './wrap.ts'
import { wrapEvenly, wrapGreedily } from './wrap.ts'

/** Inside of which a text is set, in pixels. */
export interface TextBox {
  widthPx: number
  heightPx: number
}

/**
 * Wraps and measures a text: at the style's size, or the largest below it at which it fits the box; at the least
 * size it ends in an ellipsis instead (`truncated`). Depends on nothing but its arguments.
 * @param markup as users write it: `**bold**`
 * @throws CarouselError `FONT_INVALID` when the style names a family that there is not
 */
export function setText(markup: string, style: TextStyle, box: TextBox, fonts: Fonts): TextBlock {
  const parsed = parseMarkup(markup)
  const plain = style.transform === 'upper' ? capitals(parsed) : parsed
  const paragraph = paragraphOf(plain, style, fonts)
  const pieces = breakTooWide(paragraph, box)
  const fitting = largestFit(pieces, paragraph, box)
  if (fitting !== undefined) return blockOf(paragraph, pieces, fitting, box, false)
  return truncate(paragraph, box, fonts)
}

/** Room between the ink of one line and the next, of the size. */
const leastInkGap = 0.03

interface Metrics {
  pitchPx: number
  topPx: number
  heightPx: number
}

/** How high lines are, from the ink that is in them. */
function metricsOf(
  paragraph: Paragraph,
  pieces: readonly Piece[],
  lines: readonly WrappedLine[],
  sizePx: number,
): Metrics {
  const inks = lines.map((line) => {
    const inside = pieces.slice(line.from, line.to)
    return {
      ascent: Math.max(0, ...inside.map((piece) => piece.ascent)),
      descent: Math.max(0, ...inside.map((piece) => piece.descent)),
    }
  })
  const primary = primaryTables(paragraph)
  let pitch = Math.max(paragraph.style.lineHeight, ...paragraph.runs.map((run) => run.face.minLineHeight))
  for (let i = 1; i < inks.length; i++) {
    pitch = Math.max(pitch, (inks[i - 1]?.descent ?? 0) + (inks[i]?.ascent ?? 0) + leastInkGap)
  }
  const top = Math.max(primary.capHeight, inks[0]?.ascent ?? 0)
  const bottom = inks.at(-1)?.descent ?? 0
  const height = top + bottom + pitch * Math.max(0, lines.length - 1)
  return { pitchPx: pitch * sizePx, topPx: top * sizePx, heightPx: height * sizePx }
}

function primaryTables(paragraph: Paragraph): { capHeight: number } {
  const face = paragraph.runs.find((run) => !run.face.isEmoji)?.face ?? paragraph.runs[0]?.face
  const run = paragraph.runs.find((each) => each.face === face)
  const tables = face?.files[run?.files[0] ?? 0]?.load()
  return { capHeight: (tables?.capHeight ?? 0.7) * (face?.scale ?? 1) }
}

function fitsAt(sizePx: number, pieces: readonly Piece[], paragraph: Paragraph, box: TextBox): boolean {
  const limit = box.widthPx / sizePx
  if (pieces.some((piece) => piece.width > limit)) return false
  const lines = wrapGreedily(pieces, limit)
  if (lines.length > (paragraph.style.maxLines ?? Infinity)) return false
  return metricsOf(paragraph, pieces, wrapEvenly(pieces, limit), sizePx).heightPx <= box.heightPx
}

function largestFit(pieces: readonly Piece[], paragraph: Paragraph, box: TextBox): number | undefined {
  const { sizePx, minSizePx } = paragraph.style
  if (fitsAt(sizePx, pieces, paragraph, box)) return sizePx
  if (minSizePx >= sizePx || !fitsAt(minSizePx, pieces, paragraph, box)) return undefined
  let fitting = minSizePx
  let tooLarge = sizePx
  while (tooLarge - fitting > 1) {
    const middle = Math.round((fitting + tooLarge) / 2)
    if (middle <= fitting || middle >= tooLarge) break
    if (fitsAt(middle, pieces, paragraph, box)) fitting = middle
    else tooLarge = middle
  }
  return fitting
}

/** Breaks what is too wide even at the least size between any two grapheme clusters. */
function breakTooWide(paragraph: Paragraph, box: TextBox): readonly Piece[] {
  const limit = box.widthPx / Math.min(paragraph.style.sizePx, paragraph.style.minSizePx)
  if (paragraph.pieces.every((piece) => piece.width <= limit)) return paragraph.pieces
  const boundaries = [...paragraph.boundaries]
  return paragraph.pieces.flatMap((piece) => {
    if (piece.width <= limit) return [piece]
    const inside = [...boundaries.filter((at) => at > piece.start && at < piece.end), piece.end]
    let start = piece.start
    return inside.map((at, i): Piece => {
      const isLast = i === inside.length - 1
      const part = pieceOf(paragraph.text, start, at, { cost: 1, required: false }, paragraph.parts)
      start = at
      return isLast ? { ...part, gap: piece.gap, cost: piece.cost, required: piece.required } : part
    })
  })
}

function blockOf(
  paragraph: Paragraph,
  pieces: readonly Piece[],
  sizePx: number,
  box: TextBox,
  truncated: boolean,
): TextBlock {
  const wrapped = wrapEvenly(pieces, box.widthPx / sizePx)
  const metrics = metricsOf(paragraph, pieces, wrapped, sizePx)
  const lines = wrapped.map((line, i) =>
    composeLine(paragraph, pieces, line, sizePx, metrics.topPx + i * metrics.pitchPx),
  )
  return {
    fontSizePx: sizePx,
    lineHeightPx: metrics.pitchPx,
    lines,
    widthPx: Math.max(0, ...lines.map((line) => line.widthPx)),
    heightPx: metrics.heightPx,
    capHeightPx: primaryTables(paragraph).capHeight * sizePx,
    direction: paragraph.direction,
    align: paragraph.style.align,
    fits: !truncated && metrics.heightPx <= box.heightPx,
    truncated,
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
  for (const part of inVisualOrder(paragraph.parts(start, end))) {
    const widthPx = part.extent.width * sizePx
    segments.push({ text: part.text, leftPx, widthPx, emphasis: part.emphasis, typeface: part.typeface })
    leftPx += widthPx
  }
  return { text: paragraph.text.slice(start, end), widthPx: leftPx, baselinePx, segments }
}

const ellipsis = '…'

/** At the least size: what fits, and an ellipsis. */
function truncate(paragraph: Paragraph, box: TextBox, fonts: Fonts): TextBlock {
  const { style } = paragraph
  const sizePx = Math.min(style.sizePx, style.minSizePx)
  const cuts = [...paragraph.boundaries]
  // The longest beginning that fits: more text never takes less room.
  let fitting = 0
  let tooLong = cuts.length
  let block: TextBlock | undefined
  const attempt = (count: number): TextBlock | undefined => {
    const cut = cutAt(paragraph, cuts[count] ?? 0)
    const shorter = paragraphOf(cut, style, fonts)
    const shorterPieces = breakTooWide(shorter, box)
    if (!fitsAt(sizePx, shorterPieces, shorter, box)) return undefined
    return blockOf(shorter, shorterPieces, sizePx, box, true)
  }
  while (tooLong - fitting > 1) {
    const middle = (fitting + tooLong) >>> 1
    const tried = attempt(middle)
    if (tried === undefined) tooLong = middle
    else {
      fitting = middle
      block = tried
    }
  }
  if (block !== undefined) return { ...block, missingGlyphs: paragraph.missing }
  // Not even one cluster fits: it is shown all the same, and said not to.
  const least = paragraphOf(cutAt(paragraph, cuts[1] ?? 0), style, fonts)
  return { ...blockOf(least, least.pieces, sizePx, box, true), missingGlyphs: paragraph.missing }
}

function cutAt(plain: PlainText, at: number): PlainText {
  const kept = plain.text.slice(0, at).replace(/[\s,;:.\-–—、。，．]+$/u, '')
  const emphasis = new Uint8Array(kept.length + 1)
  emphasis.set(plain.emphasis.subarray(0, kept.length))
  emphasis[kept.length] = plain.emphasis[kept.length - 1] ?? 0
  return { text: kept + ellipsis, emphasis }
}

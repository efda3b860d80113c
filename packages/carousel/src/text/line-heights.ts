import type { Paragraph, Pieced } from './paragraph.ts'
import type { Typeface } from './measure.ts'
import { drawnExtentOf } from './measure.ts'
import type { Piece, WrappedLine } from './wrap.ts'

/** Vertical measures of a wrapped text. Whole pixels: Skia draws baselines on whole ones. */
export interface LineHeights {
  /** From one baseline to the next. */
  pitchPx: number
  /** From the top to the first baseline. */
  topPx: number
  /** From the top to the bottom. */
  heightPx: number
  capHeightPx: number
}

/** Room between the ink of one line and of the next, of the size. */
const leastInkGapEm = 0.03

/**
 * How high lines stand. The top and bottom are those of letters that most lines have, so that texts of different
 * words stand alike, or of the ink where that reaches further; lines keep the ink of their neighbours apart.
 */
export function heightsOf(
  { paragraph, pieces }: Pieced,
  lines: readonly WrappedLine[],
  sizePx: number,
): LineHeights {
  const { capHeight, ascent, descent } = usualOf(paragraph)
  const capHeightPx = capHeight * sizePx
  const lineHeight = paragraph.runs.reduce(
    (most, run) => Math.max(most, run.face.minLineHeight),
    paragraph.style.lineHeight,
  )
  let pitchPx = Math.round(lineHeight * sizePx)
  if (lines.length === 0) return { pitchPx, topPx: 0, heightPx: 0, capHeightPx }
  const inks = lines.map((line) => inkOf(pieces, line))
  for (let i = 1; i < inks.length; i++) {
    const ink = (inks[i - 1]?.descent ?? 0) + (inks[i]?.ascent ?? 0) + leastInkGapEm
    pitchPx = Math.max(pitchPx, Math.ceil(ink * sizePx))
  }
  const topPx = Math.ceil(Math.max(ascent, inks[0]?.ascent ?? 0) * sizePx)
  const bottomPx = Math.ceil(Math.max(descent, inks.at(-1)?.descent ?? 0) * sizePx)
  return { pitchPx, topPx, heightPx: topPx + pitchPx * (lines.length - 1) + bottomPx, capHeightPx }
}

function inkOf(pieces: readonly Piece[], line: WrappedLine): { ascent: number; descent: number } {
  let ascent = 0
  let descent = 0
  for (let i = line.from; i < line.to; i++) {
    ascent = Math.max(ascent, pieces[i]?.ascent ?? 0)
    descent = Math.max(descent, pieces[i]?.descent ?? 0)
  }
  return { ascent, descent }
}

/** Of the face that the text begins in. */
function usualOf({ runs, style }: Paragraph): { capHeight: number; ascent: number; descent: number } {
  const face = (runs.find((run) => !run.face.isEmoji && !run.missing) ?? runs[0])?.face
  if (face === undefined) return { capHeight: 0, ascent: 0, descent: 0 }
  const tables = face.files[0]?.load()
  const capHeight = (tables?.capHeight ?? 0) * face.scale
  const reference = style.transform === 'upper' && face.reference !== '' ? 'H' : face.reference
  if (reference === '' || tables?.codePoints.has(reference.codePointAt(0) ?? 0) !== true) {
    return { capHeight, ascent: 0, descent: 0 }
  }
  const typeface: Typeface = {
    face,
    files: [0],
    weight: style.weight,
    opticalSizePx: style.sizePx,
    letterSpacingEm: 0,
    direction: 'ltr',
  }
  return { capHeight, ...drawnExtentOf(reference, typeface) }
}

import type { Paragraph } from './paragraph.ts'
import type { Typeface } from './measure.ts'
import { extentOf } from './measure.ts'
import type { Piece, WrappedLine } from './wrap.ts'

/** Vertical measures of a wrapped text, as shares of its size. */
export interface LineHeights {
  /** From one baseline to the next. */
  pitch: number
  /** From the top to the first baseline. */
  top: number
  /** From the top to the bottom. */
  height: number
  capHeight: number
}

/** Room between the ink of one line and of the next. */
const leastInkGap = 0.03

/**
 * How high lines stand. The top and bottom are those of letters that most lines have, so that texts of different
 * words stand alike, or of the ink where that reaches further; lines keep the ink of their neighbours apart.
 */
export function heightsOf(
  paragraph: Paragraph,
  pieces: readonly Piece[],
  lines: readonly WrappedLine[],
): LineHeights {
  const { capHeight, ascent, descent } = usualOf(paragraph)
  if (lines.length === 0) return { pitch: paragraph.style.lineHeight, top: 0, height: 0, capHeight }
  const inks = lines.map((line) => inkOf(pieces, line))
  let pitch = paragraph.runs.reduce(
    (most, run) => Math.max(most, run.face.minLineHeight),
    paragraph.style.lineHeight,
  )
  for (let i = 1; i < inks.length; i++) {
    pitch = Math.max(pitch, (inks[i - 1]?.descent ?? 0) + (inks[i]?.ascent ?? 0) + leastInkGap)
  }
  const top = Math.max(ascent, inks[0]?.ascent ?? 0)
  const bottom = Math.max(descent, inks.at(-1)?.descent ?? 0)
  return { pitch, top, height: top + bottom + pitch * (lines.length - 1), capHeight }
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
  return { capHeight, ...extentOf(reference, typeface) }
}

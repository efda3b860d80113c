import { directionOf, levelsOf } from './direction.ts'
import type { Fonts } from './fonts.ts'
import type { ItemisedText, Run } from './itemise.ts'
import { itemise } from './itemise.ts'
import { lineBreaksOf } from './line-breaks.ts'
import type { PlainText } from './markup.ts'
import type { Extent, Typeface } from './measure.ts'
import { extentOf } from './measure.ts'
import type { TextStyle } from './text-block.ts'
import type { Piece } from './wrap.ts'

/** A text with fonts, directions and places to break: all that does not depend on the box. */
export interface Paragraph extends ItemisedText {
  direction: 'ltr' | 'rtl'
  style: TextStyle
  pieces: readonly Piece[]
  /** Parts of `start` to `end - 1` that one typeface draws in one direction, in logical order. */
  parts(start: number, end: number): Part[]
}

export interface Part {
  text: string
  level: number
  emphasis: boolean
  typeface: Typeface
  extent: Extent
}

/** @throws CarouselError `FONT_INVALID` when the style names a family that there is not */
export function paragraphOf(plain: PlainText, style: TextStyle, fonts: Fonts): Paragraph {
  const itemised = itemise(plain, style.family, fonts)
  const { text } = itemised
  const direction = directionOf(text)
  const levels = levelsOf(text, direction)
  const parts = (start: number, end: number): Part[] =>
    itemised.runs
      .filter((run) => run.start < end && run.end > start)
      .flatMap((run) => partsOfRun(run, Math.max(start, run.start), Math.min(end, run.end)))
  const partsOfRun = (run: Run, start: number, end: number): Part[] => {
    const found: Part[] = []
    let from = start
    for (let i = start + 1; i <= end; i++) {
      const level = levels?.[from] ?? 0
      if (i < end && (levels?.[i] ?? 0) === level) continue
      found.push(partOf(joined(text, from, i), run, level, style))
      from = i
    }
    return found
  }
  return { ...itemised, direction, style, parts, pieces: piecesOf(itemised, parts) }
}

function partOf(text: string, run: Run, level: number, style: TextStyle): Part {
  const typeface: Typeface = {
    face: run.face,
    files: run.files,
    weight: run.emphasis ? style.emphasisWeight : style.weight,
    opticalSizePx: style.sizePx,
    letterSpacingEm: run.face.spaced ? style.letterSpacingEm : 0,
    direction: level % 2 === 1 ? 'rtl' : 'ltr',
  }
  return { text, level, emphasis: run.emphasis, typeface, extent: extentOf(text, typeface) }
}

const joiner = '\u200D'
const joining = /^[\p{Script=Arabic}&&[\p{L}\p{M}]]$/v

/** A part of a text; Arabic letters that are drawn apart still take the forms that they have together. */
function joined(text: string, start: number, end: number): string {
  const before = joining.test(text[start - 1] ?? '') && joining.test(text[start] ?? '') ? joiner : ''
  const after = joining.test(text[end - 1] ?? '') && joining.test(text[end] ?? '') ? joiner : ''
  return before + text.slice(start, end) + after
}

function piecesOf(itemised: ItemisedText, parts: Paragraph['parts']): Piece[] {
  const pieces: Piece[] = []
  let start = 0
  for (const each of lineBreaksOf(itemised.text, itemised.boundaries, itemised.language)) {
    if (each.at > start) pieces.push(pieceOf(itemised.text, start, each.at, each, parts))
    start = each.at
  }
  return pieces
}

/** The piece between two places, measured. */
export function pieceOf(
  text: string,
  start: number,
  next: number,
  { cost, required }: { cost: number; required: boolean },
  parts: Paragraph['parts'],
): Piece {
  let end = next
  while (end > start && /[ \n]/u.test(text[end - 1] ?? '')) end--
  const piece: Piece = { start, end, width: 0, gap: 0, ascent: 0, descent: 0, cost, required }
  for (const part of parts(start, end)) {
    piece.width += part.extent.width
    piece.ascent = Math.max(piece.ascent, part.extent.ascent)
    piece.descent = Math.max(piece.descent, part.extent.descent)
  }
  if (end < next && !required) for (const part of parts(end, next)) piece.gap += part.extent.width
  return piece
}

import { directionOf, levelsOf } from './direction.ts'
import type { Fonts } from './fonts.ts'
import type { ItemisedText, Run } from './itemise.ts'
import { drawnAs, itemise } from './itemise.ts'
import { lineBreaksOf } from './line-breaks.ts'
import type { PlainText } from './markup.ts'
import type { Extent, Typeface } from './measure.ts'
import { extentOf, missingExtent } from './measure.ts'
import type { TextStyle } from './text-block.ts'
import type { Piece } from './wrap.ts'

/** A text with fonts, directions and places to break: all that does not depend on the box. */
export interface Paragraph extends ItemisedText {
  direction: 'ltr' | 'rtl'
  style: TextStyle
  pieces: readonly Piece[]
  /** What one typeface draws in one direction, from `start` to before `end`, in logical order. */
  partsOf: PartsOf
}

/** A paragraph in pieces that are no wider than some limit. */
export interface Pieced {
  paragraph: Paragraph
  pieces: readonly Piece[]
}

/** What one typeface draws in one direction. */
export interface Part {
  text: string
  /** Embedding level (UAX #9). */
  level: number
  emphasis: boolean
  missing: boolean
  typeface: Typeface
  extent: Extent
}

type PartsOf = (start: number, end: number) => Part[]

/** @throws CarouselError `FONT_INVALID` when the style names a family that there is not */
export function paragraphOf(plain: PlainText, style: TextStyle, fonts: Fonts): Paragraph {
  const itemised = itemise(plain, style.family, fonts)
  const direction = directionOf(itemised.text)
  const partsOf = partsReader(itemised, levelsOf(itemised.text, direction), style)
  return { ...itemised, direction, style, partsOf, pieces: piecesOf(itemised, partsOf) }
}

function partsReader(itemised: ItemisedText, levels: Uint8Array | undefined, style: TextStyle): PartsOf {
  const { text, runs } = itemised
  return (start, end) => {
    const parts: Part[] = []
    for (let i = runIndexAt(runs, start); i < runs.length; i++) {
      const run = runs[i]
      if (run === undefined || run.start >= end) break
      let from = Math.max(start, run.start)
      const last = Math.min(end, run.end)
      for (let to = from + 1; to <= last; to++) {
        const level = levels?.[from] ?? 0
        if (to < last && (levels?.[to] ?? 0) === level) continue
        parts.push(partOf(joined(text, from, to), run, level, style))
        from = to
      }
    }
    return parts
  }
}

/** Index of the run that `at` lies in. */
function runIndexAt(runs: readonly Run[], at: number): number {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((runs[middle]?.end ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low
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
  const { emphasis, missing } = run
  const drawn = missing ? '?' : drawnAs(text)
  const extent = missing ? missingExtent : extentOf(drawn, typeface)
  return { text: drawn, level, emphasis, missing, typeface, extent }
}

const joiner = '\u200D'
const joining = /^[\p{Script=Arabic}&&[\p{L}\p{M}]]$/v

/** A stretch of a text; Arabic letters that are drawn apart still take the forms that they have together. */
function joined(text: string, start: number, end: number): string {
  const before = joining.test(text[start - 1] ?? '') && joining.test(text[start] ?? '') ? joiner : ''
  const after = joining.test(text[end - 1] ?? '') && joining.test(text[end] ?? '') ? joiner : ''
  return before + text.slice(start, end) + after
}

function piecesOf(itemised: ItemisedText, parts: PartsOf): Piece[] {
  const pieces: Piece[] = []
  let start = 0
  for (const each of lineBreaksOf(itemised)) {
    if (each.at > start) pieces.push(pieceOf(itemised.text, start, each.at, each, parts))
    start = each.at
  }
  return pieces
}

function pieceOf(
  text: string,
  start: number,
  next: number,
  { cost, required }: { cost: number; required: boolean },
  parts: PartsOf,
): Piece {
  let end = next
  while (end > start && /[ \n]/u.test(text[end - 1] ?? '')) end--
  const piece: Piece = { start, end, width: 0, gap: 0, ascent: 0, descent: 0, cost, required }
  let spacing = 0
  for (const part of parts(start, end)) {
    piece.width += part.extent.width
    piece.ascent = Math.max(piece.ascent, part.extent.ascent)
    piece.descent = Math.max(piece.descent, part.extent.descent)
    spacing = part.typeface.letterSpacingEm
  }
  // What letters are moved apart by stands behind each of them; behind the last of a line it is no part of it.
  piece.width -= spacing
  piece.gap += spacing
  if (end < next && !required) for (const part of parts(end, next)) piece.gap += part.extent.width
  return piece
}

/** Pieces of which none is wider than `limit`: those that are get broken between any two grapheme clusters. */
export function piecesWithin(paragraph: Paragraph, limit: number): readonly Piece[] {
  if (paragraph.pieces.every((piece) => piece.width <= limit)) return paragraph.pieces
  return paragraph.pieces.flatMap((piece) => {
    if (piece.width <= limit) return [piece]
    const ends = [...paragraph.boundaries.filter((at) => at > piece.start && at < piece.end), piece.end]
    return ends.map((end, i): Piece => {
      const start = ends[i - 1] ?? piece.start
      const part = pieceOf(paragraph.text, start, end, { cost: 1, required: false }, paragraph.partsOf)
      if (end < piece.end) return part
      return { ...part, gap: piece.gap, cost: piece.cost, required: piece.required }
    })
  })
}

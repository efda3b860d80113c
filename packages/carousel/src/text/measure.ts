import type { SKRSContext2D } from '@napi-rs/canvas'
import { createCanvas } from '@napi-rs/canvas'
import type { FontFace } from './font-face.ts'

/** Everything that decides the glyphs of a piece of text but its size. */
export interface Typeface {
  readonly face: FontFace
  /** Files that the text needs, by index; the first decides where two have a character. */
  readonly files: readonly number[]
  readonly weight: number
  /** Size that the drawing of letters is optimised for: fixed while a text shrinks, so that widths stay in proportion. */
  readonly opticalSizePx: number
  readonly letterSpacingEm: number
  readonly direction: 'ltr' | 'rtl'
}

/** Extent of a piece of text, as shares of its font size. */
export interface Extent {
  width: number
  /** Of the ink above the baseline. */
  ascent: number
  /** Of the ink below the baseline. */
  descent: number
}

/** Of the frame that is drawn for what no font has. */
export const missingExtent: Extent = { width: 0.66, ascent: 0.72, descent: 0 }

/** Widths scale with the size: Skia places glyphs by fractions of a pixel, without hints. Ink is told in whole ones. */
const referencePx = 400

const maxExtents = 20_000
const extents = new Map<string, Extent>()
let context: SKRSContext2D | undefined

/** Makes a context draw and measure in a typeface. */
export function applyTypeface(target: SKRSContext2D, typeface: Typeface, sizePx: number): void {
  target.font = `${sizePx * typeface.face.scale}px ${aliasesOf(typeface)}`
  target.fontVariationSettings = settingsOf(typeface)
  target.letterSpacing = `${typeface.letterSpacingEm * sizePx}px`
  target.direction = typeface.direction
  target.textAlign = 'left'
  target.textBaseline = 'alphabetic'
}

/** How wide and high a text is in a typeface. */
export function extentOf(text: string, typeface: Typeface): Extent {
  const key = `${keyOf(typeface)}\u0000${text}`
  const known = extents.get(key)
  if (known !== undefined) return known
  const extent = measure(text, typeface)
  // Skia tells the ink of one font of several only: each is asked for its own characters.
  if (typeface.files.length > 1) {
    for (const [file, characters] of charactersByFile(text, typeface)) {
      const { ascent, descent } = measure(characters, { ...typeface, files: [file] })
      extent.ascent = Math.max(extent.ascent, ascent)
      extent.descent = Math.max(extent.descent, descent)
    }
  }
  if (extents.size >= maxExtents) extents.clear()
  extents.set(key, extent)
  return extent
}

function measure(text: string, typeface: Typeface): Extent {
  context ??= createCanvas(1, 1).getContext('2d')
  applyTypeface(context, typeface, referencePx)
  const measured = context.measureText(text)
  return {
    width: measured.width / referencePx,
    ascent: measured.actualBoundingBoxAscent / referencePx,
    descent: measured.actualBoundingBoxDescent / referencePx,
  }
}

const probePx = 100
const probeCanvasPx = 320
const probes = new Map<string, Extent>()

/**
 * Like `extentOf`, by drawing and looking: Skia misses the dots of some Arabic letters in variable fonts. For a few
 * letters of a face, once for each weight.
 */
export function drawnExtentOf(letters: string, typeface: Typeface): Extent {
  const key = `${keyOf(typeface)}\u0000${letters}`
  const known = probes.get(key)
  if (known !== undefined) return known
  const probe = createCanvas(probeCanvasPx, probeCanvasPx).getContext('2d')
  applyTypeface(probe, typeface, probePx)
  probe.textAlign = 'center'
  const baselinePx = Math.round(probeCanvasPx * 0.6)
  probe.fillText(letters, probeCanvasPx / 2, baselinePx)
  const { data } = probe.getImageData(0, 0, probeCanvasPx, probeCanvasPx)
  const rowOf = (index: number): number => Math.floor(index / 4 / probeCanvasPx)
  const isInk = (value: number, index: number): boolean => index % 4 === 3 && value > 32
  const first = data.findIndex(isInk)
  const extent = { width: extentOf(letters, typeface).width, ascent: 0, descent: 0 }
  if (first !== -1) {
    extent.ascent = (baselinePx - rowOf(first)) / probePx
    extent.descent = Math.max(0, (rowOf(data.findLastIndex(isInk)) + 1 - baselinePx) / probePx)
  }
  if (probes.size >= maxProbes) probes.clear()
  probes.set(key, extent)
  return extent
}

const maxProbes = 500

function charactersByFile(text: string, typeface: Typeface): Map<number, string> {
  const characters = new Map<number, string>()
  for (const character of new Set(text)) {
    const codePoint = character.codePointAt(0) ?? 0
    const file = typeface.files.find((index) => typeface.face.files[index]?.load().codePoints.has(codePoint))
    if (file !== undefined) characters.set(file, (characters.get(file) ?? '') + character)
  }
  return characters
}

function aliasesOf(typeface: Typeface): string {
  return typeface.files
    .map((index) => {
      const file = typeface.face.files[index]
      file?.load()
      return `"${file?.alias ?? ''}"`
    })
    .join(', ')
}

function settingsOf(typeface: Typeface): string {
  const file = typeface.face.files[typeface.files[0] ?? 0]
  return file === undefined ? 'normal' : typeface.face.settings(typeface.weight, typeface.opticalSizePx, file)
}

function keyOf(typeface: Typeface): string {
  return [
    typeface.face.name,
    typeface.files.join('.'),
    typeface.weight,
    typeface.opticalSizePx,
    typeface.letterSpacingEm,
    typeface.direction,
  ].join(' ')
}

import { luminanceOfBlue, luminanceOfGreen, luminanceOfRed } from '../color.ts'
import type { Rgb } from '../color.ts'
import type { Tone } from '../layout/placement.ts'
import type { RectPx } from '../slide.ts'

/** RGB, 8 bits a channel, row-major. */
export interface Pixels {
  readonly data: Uint8Array
  readonly widthPx: number
  readonly heightPx: number
}

/** A rectangle cut to the picture; whole numbers. */
export function clip(rect: RectPx, { widthPx, heightPx }: Pick<Pixels, 'widthPx' | 'heightPx'>): RectPx {
  const leftPx = Math.min(widthPx, Math.max(0, Math.floor(rect.leftPx)))
  const topPx = Math.min(heightPx, Math.max(0, Math.floor(rect.topPx)))
  return {
    leftPx,
    topPx,
    widthPx: Math.max(0, Math.min(widthPx, Math.ceil(rect.leftPx + rect.widthPx)) - leftPx),
    heightPx: Math.max(0, Math.min(heightPx, Math.ceil(rect.topPx + rect.heightPx)) - topPx),
  }
}

/** Where ink lies, so that it can be left out: alpha above 0. */
export interface InkMask {
  /** RGBA. */
  readonly data: Uint8Array
  readonly rect: RectPx
}

/**
 * The pixel under or around a text that contrasts least with it: the brightest for light ink (`dark` tone), the
 * darkest for dark ink. Exact: every pixel of the rectangles counts, but for those under `mask`'s ink.
 */
export function worstPixel(
  pixels: Pixels,
  rects: readonly RectPx[],
  tone: Tone,
  mask?: InkMask,
): { color: Rgb; luminance: number } | undefined {
  const { data, widthPx } = pixels
  const bright = tone === 'dark'
  let worst = bright ? -Infinity : Infinity
  let at = -1
  // Green carries most of the luminance: by its byte alone nearly every pixel is known not to be worse.
  let least = 0
  let most = 255
  for (const asked of rects) {
    const rect = clip(asked, pixels)
    for (let y = rect.topPx; y < rect.topPx + rect.heightPx; y += 1) {
      let inkAt =
        mask === undefined
          ? -1
          : ((y - mask.rect.topPx) * mask.rect.widthPx + rect.leftPx - mask.rect.leftPx) * 4 + 3
      const end = (y * widthPx + rect.leftPx + rect.widthPx) * 3
      for (let i = (y * widthPx + rect.leftPx) * 3; i < end; i += 3, inkAt += 4) {
        const green = data[i + 1]!
        if (green < least || green > most) continue
        if (mask !== undefined && mask.data[inkAt]! > 0) continue
        const luminance =
          luminanceOfRed[data[i]!]! + luminanceOfGreen[green]! + luminanceOfBlue[data[i + 2]!]!
        if (bright ? luminance <= worst : luminance >= worst) continue
        worst = luminance
        at = i
        if (bright) least = leastGreenAbove(worst)
        else most = mostGreenBelow(worst)
      }
    }
  }
  if (at < 0) return undefined
  return { color: { r: data[at] ?? 0, g: data[at + 1] ?? 0, b: data[at + 2] ?? 0 }, luminance: worst }
}

/** The least byte of green that, with all of red and blue, is brighter than a luminance. */
function leastGreenAbove(luminance: number): number {
  const rest = luminanceOfRed[255]! + luminanceOfBlue[255]!
  let green = 0
  while (green < 255 && luminanceOfGreen[green]! + rest <= luminance) green += 1
  return green
}

/** The greatest byte of green that, without red and blue, is darker than a luminance. */
function mostGreenBelow(luminance: number): number {
  let green = 255
  while (green > 0 && luminanceOfGreen[green]! >= luminance) green -= 1
  return green
}

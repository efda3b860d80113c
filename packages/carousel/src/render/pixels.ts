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
 * darkest for dark ink. Exact: every pixel of the rectangles counts, but for those under `mask`'s ink. Most are told
 * by their bytes: none of the three is beyond the worst pixel's.
 */
export function worstPixel(
  pixels: Pixels,
  rects: readonly RectPx[],
  tone: Tone,
  mask?: InkMask,
): { color: Rgb; luminance: number } | undefined {
  const find = tone === 'dark' ? brightest : darkest
  let worst: Worst = { at: -1, luminance: tone === 'dark' ? -1 : 2 }
  for (const rect of rects) worst = find(pixels, clip(rect, pixels), mask, worst)
  const { at, luminance } = worst
  if (at < 0) return undefined
  const { data } = pixels
  return { color: { r: data[at] ?? 0, g: data[at + 1] ?? 0, b: data[at + 2] ?? 0 }, luminance }
}

/** Where a pixel begins. */
interface Worst {
  readonly at: number
  readonly luminance: number
}

function luminanceAt(data: Uint8Array, at: number): number {
  return (
    (luminanceOfRed[data[at] as number] as number) +
    (luminanceOfGreen[data[at + 1] as number] as number) +
    (luminanceOfBlue[data[at + 2] as number] as number)
  )
}

function brightest({ data, widthPx }: Pixels, rect: RectPx, mask: InkMask | undefined, so: Worst): Worst {
  let { at, luminance } = so
  let red = at < 0 ? -1 : (data[at] as number)
  let green = at < 0 ? -1 : (data[at + 1] as number)
  let blue = at < 0 ? -1 : (data[at + 2] as number)
  for (let y = rect.topPx; y < rect.topPx + rect.heightPx; y += 1) {
    const start = (y * widthPx + rect.leftPx) * 3
    const end = start + rect.widthPx * 3
    for (let i = start; i < end; i += 3) {
      if ((data[i + 1] as number) <= green && (data[i] as number) <= red && (data[i + 2] as number) <= blue)
        continue
      const found = luminanceAt(data, i)
      if (found <= luminance) continue
      if (mask !== undefined && isInk(mask, rect.leftPx + (i - start) / 3, y)) continue
      luminance = found
      at = i
      red = data[i] as number
      green = data[i + 1] as number
      blue = data[i + 2] as number
    }
  }
  return { at, luminance }
}

function darkest({ data, widthPx }: Pixels, rect: RectPx, mask: InkMask | undefined, so: Worst): Worst {
  let { at, luminance } = so
  let red = at < 0 ? 256 : (data[at] as number)
  let green = at < 0 ? 256 : (data[at + 1] as number)
  let blue = at < 0 ? 256 : (data[at + 2] as number)
  for (let y = rect.topPx; y < rect.topPx + rect.heightPx; y += 1) {
    const start = (y * widthPx + rect.leftPx) * 3
    const end = start + rect.widthPx * 3
    for (let i = start; i < end; i += 3) {
      if ((data[i + 1] as number) >= green && (data[i] as number) >= red && (data[i + 2] as number) >= blue)
        continue
      const found = luminanceAt(data, i)
      if (found >= luminance) continue
      if (mask !== undefined && isInk(mask, rect.leftPx + (i - start) / 3, y)) continue
      luminance = found
      at = i
      red = data[i] as number
      green = data[i + 1] as number
      blue = data[i + 2] as number
    }
  }
  return { at, luminance }
}

function isInk({ data, rect }: InkMask, x: number, y: number): boolean {
  return (data[((y - rect.topPx) * rect.widthPx + x - rect.leftPx) * 4 + 3] ?? 0) > 0
}

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

/** Red and blue together cannot make a pixel brighter than its green by more than this. */
const restOfWhite = 0.2126 + 0.0722

/**
 * The pixel under or around a text that contrasts least with it: the brightest for light ink (`dark` tone), the
 * darkest for dark ink. Exact: every pixel of the rectangles counts, but for those under `mask`'s ink. Most are told
 * by their green alone.
 */
export function worstPixel(
  pixels: Pixels,
  rects: readonly RectPx[],
  tone: Tone,
  mask?: InkMask,
): { color: Rgb; luminance: number } | undefined {
  const { data, widthPx } = pixels
  const isDark = tone === 'dark'
  let worst = isDark ? -1 : 2
  let at = -1
  // Greens from `from` to `to` may be worse than the worst so far.
  let from = 0
  let to = 255
  for (const asked of rects) {
    const rect = clip(asked, pixels)
    for (let y = rect.topPx; y < rect.topPx + rect.heightPx; y += 1) {
      const start = (y * widthPx + rect.leftPx) * 3
      const end = start + rect.widthPx * 3
      for (let i = start; i < end; i += 3) {
        const green = data[i + 1] as number
        if (green < from || green > to) continue
        const luminance =
          (luminanceOfRed[data[i] as number] as number) +
          (luminanceOfGreen[green] as number) +
          (luminanceOfBlue[data[i + 2] as number] as number)
        if (isDark ? luminance <= worst : luminance >= worst) continue
        if (mask !== undefined && isInk(mask, rect.leftPx + (i - start) / 3, y)) continue
        worst = luminance
        at = i
        if (isDark) while (from < 255 && (luminanceOfGreen[from] as number) + restOfWhite <= worst) from += 1
        else while (to > 0 && (luminanceOfGreen[to] as number) >= worst) to -= 1
      }
    }
  }
  if (at < 0) return undefined
  return { color: { r: data[at] ?? 0, g: data[at + 1] ?? 0, b: data[at + 2] ?? 0 }, luminance: worst }
}

function isInk({ data, rect }: InkMask, x: number, y: number): boolean {
  return (data[((y - rect.topPx) * rect.widthPx + x - rect.leftPx) * 4 + 3] ?? 0) > 0
}

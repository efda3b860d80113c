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
  const sign = tone === 'dark' ? 1 : -1
  let worst = -Infinity
  let at = -1
  for (const asked of rects) {
    const rect = clip(asked, pixels)
    for (let y = rect.topPx; y < rect.topPx + rect.heightPx; y += 1) {
      let inkAt =
        mask === undefined
          ? -1
          : ((y - mask.rect.topPx) * mask.rect.widthPx + rect.leftPx - mask.rect.leftPx) * 4 + 3
      const end = (y * widthPx + rect.leftPx + rect.widthPx) * 3
      for (let i = (y * widthPx + rect.leftPx) * 3; i < end; i += 3, inkAt += 4) {
        if (mask !== undefined && (mask.data[inkAt] as number) > 0) continue
        const luminance =
          (luminanceOfRed[data[i] as number] as number) +
          (luminanceOfGreen[data[i + 1] as number] as number) +
          (luminanceOfBlue[data[i + 2] as number] as number)
        if (luminance * sign > worst) {
          worst = luminance * sign
          at = i
        }
      }
    }
  }
  if (at < 0) return undefined
  const color = { r: data[at] ?? 0, g: data[at + 1] ?? 0, b: data[at + 2] ?? 0 }
  return { color, luminance: worst * sign }
}

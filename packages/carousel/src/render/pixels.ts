import { luminanceOfBlue, luminanceOfGreen, luminanceOfRed } from '../color.ts'
import type { Rgb } from '../color.ts'
import type { Tone } from '../layout/placement.ts'
import type { RectPx } from '../slide.ts'
import { createSeekKernel, seekPx } from './seek-kernel.ts'
import type { SeekKernel } from './seek-kernel.ts'

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
 * by their bytes, sixteen at a time: none of the three is beyond the worst pixel's.
 */
export function worstPixel(
  pixels: Pixels,
  rects: readonly RectPx[],
  tone: Tone,
  mask?: InkMask,
): { color: Rgb; luminance: number } | undefined {
  const worst = { at: -1, luminance: tone === 'dark' ? -1 : 2 }
  for (const rect of rects) seekIn(pixels, clip(rect, pixels), tone, mask, worst)
  const { at, luminance } = worst
  if (at < 0) return undefined
  const { data } = pixels
  return { color: { r: data[at] ?? 0, g: data[at + 1] ?? 0, b: data[at + 2] ?? 0 }, luminance }
}

/** The worst pixel so far, and where it begins. */
interface Worst {
  at: number
  luminance: number
}

let kernel: SeekKernel | undefined

function seekIn(pixels: Pixels, rect: RectPx, tone: Tone, mask: InkMask | undefined, worst: Worst): void {
  const { data, widthPx } = pixels
  if (kernel === undefined || kernel.room.length < widthPx * 3) kernel = createSeekKernel(widthPx * 3)
  const { room, bound } = kernel
  const seek = tone === 'dark' ? kernel.above : kernel.below
  const groups = Math.floor(rect.widthPx / seekPx)
  let bounded = -1
  for (let y = rect.topPx; y < rect.topPx + rect.heightPx; y += 1) {
    const start = (y * widthPx + rect.leftPx) * 3
    room.set(data.subarray(start, start + groups * seekPx * 3))
    for (let group = 0; ; group += 1) {
      if (bounded !== worst.at && worst.at >= 0) {
        bounded = worst.at
        bound(data[bounded] as number, data[bounded + 1] as number, data[bounded + 2] as number)
      }
      if (worst.at >= 0) group = seek(group, groups)
      // What is left of the row is less than a group.
      const left = group * seekPx
      look(pixels, rect, y, left, Math.min(rect.widthPx, left + seekPx), tone, mask, worst)
      if (group >= groups) break
    }
  }
}

/** Looks at the pixels of a row one by one. */
function look(
  { data, widthPx }: Pixels,
  rect: RectPx,
  y: number,
  left: number,
  right: number,
  tone: Tone,
  mask: InkMask | undefined,
  worst: Worst,
): void {
  const isDark = tone === 'dark'
  let at = (y * widthPx + rect.leftPx + left) * 3
  for (let x = left; x < right; x += 1, at += 3) {
    const luminance =
      (luminanceOfRed[data[at] as number] as number) +
      (luminanceOfGreen[data[at + 1] as number] as number) +
      (luminanceOfBlue[data[at + 2] as number] as number)
    if (isDark ? luminance <= worst.luminance : luminance >= worst.luminance) continue
    if (mask !== undefined && isInk(mask, rect.leftPx + x, y)) continue
    worst.luminance = luminance
    worst.at = at
  }
}

function isInk({ data, rect }: InkMask, x: number, y: number): boolean {
  return (data[((y - rect.topPx) * rect.widthPx + x - rect.leftPx) * 4 + 3] ?? 0) > 0
}

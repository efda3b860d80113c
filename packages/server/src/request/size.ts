import { DarkroomError } from '../errors.ts'

/** Limits of a generated picture (DESIGN 4.1). 8 megapixels are 8 × 1024 × 1024, so that 4096×2048 fits. */
export const sizeLimits: {
  readonly minSidePx: number
  readonly maxSidePx: number
  readonly maxPixels: number
  readonly defaultSidePx: number
} = { minSidePx: 64, maxSidePx: 4096, maxPixels: 8 * 1024 * 1024, defaultSidePx: 1024 }

export interface Size {
  widthPx: number
  heightPx: number
}

/** What a request may say of its size: at most one of `size`, `ar`, or `w` with `h`. */
export interface AskedSize {
  size?: string | undefined
  ar?: string | undefined
  w?: number | undefined
  h?: number | undefined
}

const sizePattern = /^(\d{1,5})x(\d{1,5})$/u
const ratioPattern = /^(\d{1,3}):(\d{1,3})$/u

/**
 * The one size that a request asks for; 1024×1024 when it asks for none.
 * @throws DarkroomError invalid_request when it asks twice, half, or beyond the limits
 */
export function resolveSize(asked: AskedSize): Size {
  const hasSides = asked.w !== undefined || asked.h !== undefined
  const ways = [asked.size !== undefined, asked.ar !== undefined, hasSides].filter(Boolean).length
  if (ways > 1) throw sizeError('size', 'Give the size once: size=1024x768, or w and h, or ar=16:9.')
  if (asked.size !== undefined)
    return checkSize(parsePair('size', asked.size, sizePattern, '1024x768'), 'size')
  if (asked.ar !== undefined) return sizeOfRatio(parsePair('ar', asked.ar, ratioPattern, '16:9'))
  if (!hasSides) return { widthPx: sizeLimits.defaultSidePx, heightPx: sizeLimits.defaultSidePx }
  if (asked.w === undefined || asked.h === undefined) {
    throw sizeError(asked.w === undefined ? 'w' : 'h', 'w and h belong together: give both.')
  }
  return checkSize({ widthPx: asked.w, heightPx: asked.h }, 'w')
}

function parsePair(name: string, text: string, pattern: RegExp, example: string): Size {
  const match = pattern.exec(text)
  if (match === null) throw sizeError(name, `${name} must look like ${example}.`)
  return { widthPx: Number(match[1]), heightPx: Number(match[2]) }
}

/** One megapixel of the given aspect ratio, sides multiples of 8 (what diffusion models need). */
function sizeOfRatio(ratio: Size): Size {
  if (ratio.widthPx === 0 || ratio.heightPx === 0) throw sizeError('ar', 'ar must look like 16:9, without 0.')
  const pixels = sizeLimits.defaultSidePx ** 2
  const toMultipleOf8 = (side: number): number => Math.max(8, Math.round(side / 8) * 8)
  return checkSize(
    {
      widthPx: toMultipleOf8(Math.sqrt((pixels * ratio.widthPx) / ratio.heightPx)),
      heightPx: toMultipleOf8(Math.sqrt((pixels * ratio.heightPx) / ratio.widthPx)),
    },
    'ar',
  )
}

function checkSize(size: Size, param: string): Size {
  const { minSidePx, maxSidePx, maxPixels } = sizeLimits
  for (const side of [size.widthPx, size.heightPx]) {
    if (!Number.isInteger(side) || side < minSidePx || side > maxSidePx) {
      throw sizeError(param, `Each side must be a whole number from ${minSidePx} to ${maxSidePx} pixels.`)
    }
  }
  if (size.widthPx * size.heightPx > maxPixels) {
    throw sizeError(param, `A picture has at most 8 megapixels; ${size.widthPx}x${size.heightPx} has more.`)
  }
  return size
}

function sizeError(param: string, message: string): DarkroomError {
  return new DarkroomError('invalid_request', message, { param })
}

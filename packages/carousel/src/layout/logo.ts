import { makeVariant } from '@darkroom/picture'
import { loadImage } from '@napi-rs/canvas'
import type { Image } from '@napi-rs/canvas'
import { CarouselError } from '../carousel-error.ts'

/** Logos are shown small: a picture with more pixels than this is a mistake. */
const maxPixels = 16 * 1024 * 1024
/** Twice the height of a foot, so that it stays sharp; of a slide whose short side is 1080. */
const longestSidePx = 640

/**
 * A logo, small enough to be drawn, decoded within limits.
 * @throws CarouselError `BRAND_INVALID`
 */
export async function loadLogo(bytes: Uint8Array, unitPx: number): Promise<Image> {
  const side = Math.max(32, Math.ceil(longestSidePx * unitPx))
  try {
    const spec = { widthPx: side, heightPx: side, fit: 'inside', format: 'png', quality: 100 } as const
    const small = await makeVariant(bytes, spec, { maxPixels })
    return await loadImage(small.bytes)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'It cannot be read.'
    throw new CarouselError('BRAND_INVALID', `The logo cannot be used. ${why}`, {
      param: 'brand.logo',
      cause: error,
    })
  }
}

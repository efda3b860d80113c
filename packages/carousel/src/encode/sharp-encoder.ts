import { decodeError, turns, writeXmp } from '@darkroom/picture'
import type { Sharp } from 'sharp'
import sharp from 'sharp'
import type { SlideFormat } from '../carousel-request.ts'
import type { SlideEncoder } from './slide-encoder.ts'

/** Slides are looked at closely and compressed again by those who show them: higher than for photographs. */
export const defaultSlideQuality: Readonly<Record<SlideFormat, number>> = {
  jpeg: 88,
  png: 100,
  webp: 88,
  avif: 72,
}

/** Settings for speed where it costs few bytes, and for the edges of coloured text where it shows. */
const encodings: Readonly<Record<SlideFormat, (image: Sharp, quality: number) => Sharp>> = {
  jpeg: (image, quality) =>
    image.jpeg({ quality, optimiseCoding: false, progressive: false, chromaSubsampling: '4:4:4' }),
  png: (image) => image.png({ compressionLevel: 3, adaptiveFiltering: true, palette: false }),
  webp: (image, quality) => image.webp({ quality, effort: 2, smartSubsample: true }),
  avif: (image, quality) => image.avif({ quality, effort: 0, bitdepth: 8, chromaSubsampling: '4:4:4' }),
}

/** Encodes every slide whole. */
export function createSharpEncoder(): SlideEncoder {
  return {
    encode: async (slide, _frame, { format, quality, mark }, signal) => {
      const raw = { width: slide.widthPx, height: slide.heightPx, channels: 3 } as const
      const image = encodings[format](sharp(slide.data, { raw, limitInputPixels: false }), quality)
      try {
        return await turns.run(
          async () => (mark === undefined ? image : image.withXmp(writeXmp(mark))).toBuffer(),
          signal,
        )
      } catch (error) {
        if (signal?.aborted === true && error === signal.reason) throw error
        throw decodeError(error)
      }
    },
  }
}

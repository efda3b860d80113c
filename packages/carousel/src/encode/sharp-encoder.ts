import { decodeError, turns, writeXmp } from '@darkroom/picture'
import type { Sharp } from 'sharp'
import sharp from 'sharp'
import type { SlideFormat } from '../carousel-request.ts'
import { plainBytes } from '../plain-bytes.ts'
import type { SlideEncoder } from './slide-encoder.ts'

/** Slides are looked at closely and compressed again by those who show them: higher than for photographs. */
export const defaultSlideQuality: Readonly<Record<SlideFormat, number>> = {
  jpeg: 88,
  png: 100,
  webp: 88,
  avif: 70,
}

/**
 * CPU milliseconds, KB and decibels (PSNR) in an area of small coloured text, at 1080 × 1350, two cores, sharp
 * 0.35.5.
 */
const encodings: Readonly<
  Record<SlideFormat, (image: Sharp, quality: number, hasFineColor: boolean) => Sharp>
> = {
  // Halved chroma at 88: 5.6 ms, 248 KB; full 7.8 ms, 298 KB. An area of small text in a strong colour has 31.9 dB
  // halved, and no quality mends that (32.4 at 92), and 39.1 full; one of white text has the same either way.
  // Optimised Huffman tables: 26 ms for 1.5 % fewer bytes.
  jpeg: (image, quality, hasFineColor) =>
    image.jpeg({
      quality,
      optimiseCoding: false,
      progressive: false,
      chromaSubsampling: hasFineColor ? '4:4:4' : '4:2:0',
    }),
  // 51 ms for 1,167 KB; level 1: 42 ms for 1,687 KB; level 1 without filters: 21 ms for 2,059 KB.
  png: (image) => image.png({ compressionLevel: 2, adaptiveFiltering: true, palette: false }),
  // WebP always halves chroma. 41 ms, 146 KB, 32.3 dB; effort 2: 47 ms for 127 KB; smartSubsample: 172 ms, 35.0 dB.
  webp: (image, quality) => image.webp({ quality, effort: 1 }),
  // 90 ms, 124 KB, 37.4 dB; halved 69 ms, 114 KB, 32.2 dB.
  avif: (image, quality) => image.avif({ quality, effort: 0, bitdepth: 8, chromaSubsampling: '4:4:4' }),
}

/** Encodes every slide whole. */
export function createSharpEncoder(): SlideEncoder {
  return {
    encode: async (slide, _frame, { format, quality, mark }, signal) => {
      const raw = { width: slide.widthPx, height: slide.heightPx, channels: 3 } as const
      const image = encodings[format](
        sharp(slide.data, { raw, limitInputPixels: false }),
        quality,
        slide.hasFineColor,
      )
      try {
        const file = await turns.run(
          async () => (mark === undefined ? image : image.withXmp(writeXmp(mark))).toBuffer(),
          signal,
        )
        return plainBytes(file)
      } catch (error) {
        if (signal?.aborted === true && error === signal.reason) throw error
        throw decodeError(error)
      }
    },
  }
}

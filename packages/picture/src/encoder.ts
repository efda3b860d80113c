import sharp from 'sharp'
import type { Sharp } from 'sharp'
import type { PictureFormat } from './picture-format.ts'

/**
 * Raised by hand whenever the settings below, or anything in make-variant.ts that changes its bytes, change:
 * otherwise old variants would keep being served under new keys' names.
 */
const settingsRevision = 1

/** What makes an encoder's bytes: its libraries and our settings. Part of every variant's key. */
export const encoderVersion: string = [
  `settings ${settingsRevision}`,
  ...['sharp', 'vips', 'mozjpeg', 'webp', 'heif', 'aom', 'png', 'zlib-ng'].map(
    (library) => `${library} ${(sharp.versions as Record<string, string | undefined>)[library] ?? 'system'}`,
  ),
].join(', ')

/**
 * Qualities that look alike: mean structural similarity (SSIM of luma, 8 × 8 windows) of a photograph at 1024²
 * and 384² is 0.972 for JPEG at 80, sharp's default; the others are set to match it. PNG loses nothing.
 */
export const defaultQuality: Readonly<Record<PictureFormat, number>> = {
  jpeg: 80,
  png: 100,
  webp: 85,
  avif: 68,
}

/** From here on somebody looks closely: colour is kept at full resolution. */
const fullChromaQuality = 90

/**
 * Settings for delivery: encoded once, sent many times, while the first reader waits. CPU milliseconds and KB at
 * 1024², photograph / drawn picture, two cores, sharp 0.35.5.
 */
export const encode: Readonly<Record<PictureFormat, (image: Sharp, quality: number) => Sharp>> = {
  // Optimised Huffman tables: 10 / 8 ms for 140 / 46 KB; without 5 / 7 ms for 141 / 61 KB. Progressive takes
  // 18 / 12 ms for 136 / 47 KB, mozjpeg's trellis 74 / 40 ms for 111 / 22 KB: too long for the fallback format.
  jpeg: (image, quality) =>
    image.jpeg({ quality, optimiseCoding: true, progressive: false, chromaSubsampling: chromaOf(quality) }),
  // Adaptive filters at level 3: 58 / 43 ms for 1,409 / 833 KB; sharp's default (level 6, no filters) takes
  // 48 / 43 ms for 2,289 / 1,692 KB, level 6 with filters 104 / 127 ms for 1,369 / 784 KB.
  png: (image) => image.png({ compressionLevel: 3, adaptiveFiltering: true, palette: false }),
  // Effort 2 at quality 80: 36 / 21 ms for 88 / 12 KB; 4, the default, 84 / 66 ms for 84 / 11 KB; 0 takes
  // 22 / 14 ms for 112 / 13 KB.
  webp: (image, quality) => image.webp({ quality, effort: 2 }),
  // Effort 0 at quality 60: 55 / 26 ms for 80 / 12 KB; 1 takes 184 ms for 76 KB, 3 takes 475 / 141 ms for
  // 73 / 13 KB. Full chroma adds a third to the time and 4 % to the bytes.
  avif: (image, quality) =>
    image.avif({ quality, effort: 0, bitdepth: 8, chromaSubsampling: chromaOf(quality) }),
}

function chromaOf(quality: number): '4:4:4' | '4:2:0' {
  return quality >= fullChromaQuality ? '4:4:4' : '4:2:0'
}

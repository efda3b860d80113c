import type { Metadata } from 'sharp'
import { decodeError, defaultMaxPixels, openSource, turns } from './codec.ts'
import { containers } from './container/containers.ts'
import type { DigitalSourceType } from './digital-source-type.ts'
import { PictureError } from './picture-error.ts'
import type { SourceFormat } from './picture-format.ts'
import { sniffFormat } from './sniff-format.ts'
import { readMark } from './xmp.ts'

/** What a picture's header says. */
export interface PictureFacts {
  format: SourceFormat
  /** As shown, after orientation. */
  widthPx: number
  /** As shown, after orientation. */
  heightPx: number
  hasAlpha: boolean
  /** EXIF orientation, 1–8; 1 when nothing is said. */
  orientation: number
  /** Frames of an animation, pages of a TIFF; 1 for a still picture. */
  frames: number
  /** How it came to be, where its XMP says so. */
  digitalSourceType?: DigitalSourceType
  /** The program that made it, where it is marked at all. */
  creatorTool?: string
}

/** Bounds that are kept before anything is decoded. */
export interface PictureLimits {
  /** Default 64 mebipixels (8192 × 8192). */
  maxPixels?: number
}

/**
 * Reads a picture's header; decodes nothing.
 * @throws PictureError NOT_AN_IMAGE, IMAGE_TOO_LARGE, TRUNCATED (as far as the file's structure shows it),
 * DECODE_FAILED (a header that contradicts itself)
 */
export async function inspectPicture(bytes: Uint8Array, limits: PictureLimits = {}): Promise<PictureFacts> {
  const format = sniffFormat(bytes)
  if (format === undefined) {
    throw new PictureError('NOT_AN_IMAGE', 'The bytes are not a JPEG, PNG, WebP, AVIF, GIF or TIFF picture.')
  }
  // Before the library looks: it calls a WebP that is cut off damaged.
  containers[format]?.assertWhole(bytes)
  const { maxPixels = defaultMaxPixels } = limits
  const metadata = await readMetadata(bytes, maxPixels)
  const { width: widthPx, height: heightPx } = metadata.autoOrient
  if (widthPx * heightPx > maxPixels) {
    throw new PictureError('IMAGE_TOO_LARGE', `The picture has more than ${maxPixels} pixels.`)
  }
  return {
    format,
    widthPx,
    heightPx,
    hasAlpha: metadata.hasAlpha,
    orientation: metadata.orientation ?? 1,
    frames: metadata.pages ?? 1,
    ...(metadata.xmp === undefined ? {} : readMark(metadata.xmp)),
  }
}

async function readMetadata(bytes: Uint8Array, maxPixels: number): Promise<Metadata> {
  try {
    return await openSource(bytes, maxPixels).metadata()
  } catch (error) {
    throw decodeError(error)
  }
}

/**
 * Decodes every pixel of the first frame, so that a torn or lying file is found before it is stored.
 * @throws PictureError NOT_AN_IMAGE, IMAGE_TOO_LARGE, TRUNCATED, DECODE_FAILED
 */
export async function verifyPicture(bytes: Uint8Array, limits: PictureLimits = {}): Promise<PictureFacts> {
  const facts = await inspectPicture(bytes, limits)
  const { maxPixels = defaultMaxPixels } = limits
  const turned = facts.orientation >= 5
  // A whole picture averaged to one pixel: every row is decoded, and none is kept in memory. The extraction of
  // everything keeps the decoder from shrinking while it loads, which would leave detail unread.
  const whole = {
    left: 0,
    top: 0,
    width: turned ? facts.heightPx : facts.widthPx,
    height: turned ? facts.widthPx : facts.heightPx,
  }
  try {
    await turns.run(() =>
      openSource(bytes, maxPixels)
        .extract(whole)
        .resize(1, 1, { fit: 'fill', kernel: 'linear' })
        .raw()
        .toBuffer(),
    )
  } catch (error) {
    throw decodeError(error)
  }
  return facts
}

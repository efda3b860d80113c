import { containers } from './container/containers.ts'
import { inspectPicture } from './inspect-picture.ts'
import type { PictureLimits } from './inspect-picture.ts'
import { PictureError } from './picture-error.ts'
import { writeXmp } from './xmp.ts'
import type { PictureMark } from './xmp.ts'

/**
 * Writes the mark into a JPEG, PNG or WebP as XMP, replacing whatever metadata was there: a model server may
 * have written the prompt into a text chunk. The file is edited, not encoded: its pixels stay exactly as they
 * were. Colour profile and orientation stay; a C2PA manifest goes, since no edit leaves its signature valid.
 * The result is not verified: that is verifyPicture's part.
 * @throws PictureError NOT_AN_IMAGE, IMAGE_TOO_LARGE, TRUNCATED, DECODE_FAILED; UNSUPPORTED_FORMAT for AVIF, GIF
 * and TIFF, which could only be marked by encoding them again: `makeVariant` the picture to PNG first
 */
export async function markPicture(
  bytes: Uint8Array,
  mark: PictureMark,
  limits: PictureLimits = {},
): Promise<Uint8Array> {
  return await rewrite(bytes, () => mark, limits)
}

/**
 * Removes what describes a JPEG, PNG or WebP (place, camera, names, prompts, comments), as `markPicture` does,
 * and keeps the mark that it carries, if any.
 * @throws PictureError as `markPicture`
 */
export async function stripMetadata(bytes: Uint8Array, limits: PictureLimits = {}): Promise<Uint8Array> {
  return await rewrite(bytes, (kept) => kept, limits)
}

async function rewrite(
  bytes: Uint8Array,
  markOf: (kept: PictureMark | undefined) => PictureMark | undefined,
  limits: PictureLimits,
): Promise<Uint8Array> {
  const { format, orientation, digitalSourceType, creatorTool } = await inspectPicture(bytes, limits)
  const container = containers[format]
  if (container === undefined) {
    throw new PictureError(
      'UNSUPPORTED_FORMAT',
      `The metadata of ${format} cannot be edited without encoding again.`,
    )
  }
  const mark = markOf(
    digitalSourceType === undefined
      ? undefined
      : { digitalSourceType, ...(creatorTool === undefined ? {} : { creatorTool }) },
  )
  return container.rewrite(bytes, { orientation, ...(mark === undefined ? {} : { xmp: writeXmp(mark) }) })
}

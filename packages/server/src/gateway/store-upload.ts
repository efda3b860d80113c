import { inspectPicture, PictureError, stripMetadata, verifyPicture } from '@darkroom/picture'
import { DarkroomError } from '../errors.ts'
import type { ImageRow } from '../generation/image-rows.ts'
import type { UploadFacts } from '../generation/images.ts'
import type { GatewayServices } from './services.ts'

/** Checks and stores bytes that somebody sent. @throws DarkroomError not_an_image, image_too_large */
export async function storeUpload(
  bytes: Uint8Array,
  services: Pick<GatewayServices, 'images'>,
  project: string,
): Promise<ImageRow> {
  const facts = await checkPicture(bytes)
  return await services.images.upload(project, await withoutPrivateMetadata(bytes, facts.format), facts)
}

/**
 * The picture without what its owner may not know is in it: places, cameras, prompts. Pixels, orientation, colour
 * profile and the AI marking stay. Formats whose container cannot be edited so are stored as they came; their
 * variants carry none of it either.
 */
async function withoutPrivateMetadata(bytes: Uint8Array, format: string): Promise<Uint8Array> {
  const isEditable = format === 'jpeg' || format === 'png' || format === 'webp'
  return isEditable ? await stripMetadata(bytes) : bytes
}

/** The most pixels an upload may have: decoded, each takes four bytes. */
const maxUploadPixels = 64 * 1024 * 1024

/** What is stored can be decoded: header first, so that a bomb costs nothing, then every pixel. */
async function checkPicture(bytes: Uint8Array): Promise<UploadFacts> {
  try {
    await inspectPicture(bytes, { maxPixels: maxUploadPixels })
    const { format, widthPx, heightPx } = await verifyPicture(bytes, { maxPixels: maxUploadPixels })
    return { format, widthPx, heightPx }
  } catch (error) {
    if (!(error instanceof PictureError)) throw error
    if (error.code === 'IMAGE_TOO_LARGE') {
      throw new DarkroomError('image_too_large', `A picture may have at most ${maxUploadPixels} pixels.`, {
        cause: error,
      })
    }
    throw new DarkroomError('not_an_image', 'Send a whole JPEG, PNG, WebP, AVIF, GIF or TIFF picture.', {
      cause: error,
    })
  }
}

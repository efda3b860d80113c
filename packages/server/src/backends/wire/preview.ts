import { createCanvas, loadImage } from '@napi-rs/canvas'
import { maxPreviewSidePx } from '../previews.ts'
import { pictureSizeOf } from './picture-size.ts'

/** Pictures beyond this are not decoded: a small file may claim to be huge. */
const maxDecodedPixels = 16_777_216

/**
 * A small JPEG of a partial PNG or JPEG. Servers send partial pictures at full size, a megabyte or two each, which is
 * nothing to push to every waiter. `undefined` when it cannot be read: a preview is a courtesy.
 */
export async function previewOf(
  picture: Uint8Array,
): Promise<{ bytes: Uint8Array; mediaType: string } | undefined> {
  const size = pictureSizeOf(picture)
  if (size === undefined || size.widthPx * size.heightPx > maxDecodedPixels) return undefined
  const scale = Math.min(1, maxPreviewSidePx / Math.max(size.widthPx, size.heightPx))
  const widthPx = Math.max(1, Math.round(size.widthPx * scale))
  const heightPx = Math.max(1, Math.round(size.heightPx * scale))
  try {
    const canvas = createCanvas(widthPx, heightPx)
    canvas.getContext('2d').drawImage(await loadImage(Buffer.from(picture)), 0, 0, widthPx, heightPx)
    return { bytes: await canvas.encode('jpeg', 75), mediaType: 'image/jpeg' }
  } catch {
    return undefined
  }
}

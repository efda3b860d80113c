import { createCanvas, loadImage } from '@napi-rs/canvas'

/** The longest side of a preview (see `BackendEvent`). */
const maxSidePx = 256
/** Pictures beyond this are not decoded: a small file may claim to be huge. */
const maxDecodedPixels = 16_777_216

/**
 * A small JPEG of a partial PNG. OpenAI sends partial pictures at full size, a megabyte or two each, which is
 * nothing to push to every waiter. `undefined` when it cannot be read: a preview is a courtesy.
 */
export async function previewOf(
  png: Uint8Array,
): Promise<{ bytes: Uint8Array; mediaType: string } | undefined> {
  const size = pngSize(png)
  if (size === undefined || size.widthPx * size.heightPx > maxDecodedPixels) return undefined
  const scale = Math.min(1, maxSidePx / Math.max(size.widthPx, size.heightPx))
  const widthPx = Math.max(1, Math.round(size.widthPx * scale))
  const heightPx = Math.max(1, Math.round(size.heightPx * scale))
  try {
    const canvas = createCanvas(widthPx, heightPx)
    canvas.getContext('2d').drawImage(await loadImage(Buffer.from(png)), 0, 0, widthPx, heightPx)
    return { bytes: await canvas.encode('jpeg', 75), mediaType: 'image/jpeg' }
  } catch {
    return undefined
  }
}

/** Width and height out of the IHDR chunk (PNG 3rd edition §11.2.1). */
function pngSize(bytes: Uint8Array): { widthPx: number; heightPx: number } | undefined {
  if (bytes.byteLength < 24 || Buffer.from(bytes.subarray(12, 16)).toString('latin1') !== 'IHDR')
    return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const widthPx = view.getUint32(16)
  const heightPx = view.getUint32(20)
  return widthPx > 0 && heightPx > 0 ? { widthPx, heightPx } : undefined
}

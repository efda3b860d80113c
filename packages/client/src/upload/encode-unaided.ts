import { encodeImage } from '../resize/encode.ts'
import type { EncodeOptions } from '../resize/resizer.ts'

/** The same by the browser's own scaling, where there are no workers or no WebAssembly. */
export async function encodeUnaided(
  file: Blob,
  { maxPixels, mediaType, quality, signal }: EncodeOptions,
): Promise<{ blob: Blob; widthPx: number; heightPx: number }> {
  const whole = await createImageBitmap(file)
  const scale = Math.min(1, Math.sqrt(maxPixels / (whole.width * whole.height)))
  const widthPx = Math.max(1, Math.floor(whole.width * scale))
  const heightPx = Math.max(1, Math.floor(whole.height * scale))
  const canvas = new OffscreenCanvas(widthPx, heightPx)
  try {
    signal?.throwIfAborted()
    const context = canvas.getContext('2d')
    if (context === null) throw new DOMException('No canvas can be had.', 'InvalidStateError')
    context.imageSmoothingQuality = 'high'
    context.drawImage(whole, 0, 0, widthPx, heightPx)
    const blob = await encodeImage(context.getImageData(0, 0, widthPx, heightPx), { mediaType, quality })
    return { blob, widthPx, heightPx }
  } finally {
    whole.close()
    canvas.width = 0
  }
}

import { encodeImage } from '../resize/encode.ts'
import { readsBackTrue } from '../resize/read-back.ts'
import type { EncodeOptions } from '../resize/resizer.ts'
import { ResizeError } from '../resize/resizer.ts'

/**
 * The same by the browser's own scaling, where there are no workers or no WebAssembly.
 * @throws ResizeError `unavailable` where the browser would encode noise
 */
export async function encodeUnaided(
  file: Blob,
  { maxPixels, mediaType, quality, signal }: EncodeOptions,
): Promise<{ blob: Blob; widthPx: number; heightPx: number }> {
  if (!readsBackTrue()) {
    throw new ResizeError(
      'unavailable',
      'This browser gives noise where pictures are read back: nothing smaller can be made of this one.',
    )
  }
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

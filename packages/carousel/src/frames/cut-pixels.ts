import { decodeError, turns } from '@darkroom/picture'
import sharp from 'sharp'
import type { BasePart } from '../analyse/frame-analysis.ts'
import type { SlideSize } from '../carousel-request.ts'
import type { DecodedBase } from '../decode/decoded-base.ts'
import { plainBytes } from '../plain-bytes.ts'

/**
 * The pixels of a part of a base at the size of a slide. Nothing is copied where the part is the whole and has that
 * size already; nothing is resampled where only rows and columns are cut off.
 * @throws the reason of `signal`, while it waits for its turn
 */
export async function cutPixels(
  decoded: DecodedBase,
  part: BasePart,
  size: SlideSize,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const rect = rectOf(decoded, part)
  if (rect.width === size.widthPx && rect.height === size.heightPx) {
    return rect.width === decoded.widthPx && rect.height === decoded.heightPx
      ? decoded.data
      : cutOut(decoded, rect)
  }
  const raw = { width: decoded.widthPx, height: decoded.heightPx, channels: 3 } as const
  try {
    const cut = await turns.run(
      async () =>
        sharp(decoded.data, { raw, limitInputPixels: false })
          .extract(rect)
          .resize(size.widthPx, size.heightPx, { fit: 'fill', kernel: 'lanczos3' })
          .raw()
          .toBuffer(),
      signal,
    )
    return plainBytes(cut)
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) throw error
    throw decodeError(error)
  }
}

interface PixelRect {
  left: number
  top: number
  width: number
  height: number
}

function rectOf({ widthPx, heightPx }: DecodedBase, part: BasePart): PixelRect {
  const width = clamp(Math.round(part.width * widthPx), 1, widthPx)
  const height = clamp(Math.round(part.height * heightPx), 1, heightPx)
  return {
    left: clamp(Math.round(part.left * widthPx), 0, widthPx - width),
    top: clamp(Math.round(part.top * heightPx), 0, heightPx - height),
    width,
    height,
  }
}

function cutOut({ data, widthPx }: DecodedBase, rect: PixelRect): Uint8Array {
  const stride = rect.width * 3
  if (rect.width === widthPx) {
    // A copy: a view would keep the whole base in memory for as long as this frame is kept.
    return data.slice(rect.top * stride, (rect.top + rect.height) * stride)
  }
  const cut = new Uint8Array(stride * rect.height)
  for (let row = 0; row < rect.height; row += 1) {
    const from = ((rect.top + row) * widthPx + rect.left) * 3
    cut.set(data.subarray(from, from + stride), row * stride)
  }
  return cut
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}

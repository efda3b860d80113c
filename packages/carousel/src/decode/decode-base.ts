import type { PictureFacts } from '@darkroom/picture'
import { decodeError, openSource, turns } from '@darkroom/picture'
import { plainBytes } from '../plain-bytes.ts'
import type { DecodedBase } from './decoded-base.ts'
import { sizeAt } from './decode-size.ts'

const white = { r: 255, g: 255, b: 255 }

/**
 * Decodes the first frame of a base that `inspectPicture` has looked at.
 *
 * The decoder itself shrinks where sharp lets it: JPEG from a third of the size downwards (libjpeg's own scaling,
 * whole powers of two), WebP at any scale. A JPEG of exactly twice the size is decoded whole: sharp has no way to
 * ask for less.
 * @throws PictureError TRUNCATED, DECODE_FAILED
 * @throws the reason of `signal`, also while it waits for its turn
 */
export async function decodeBase(
  bytes: Uint8Array,
  facts: PictureFacts,
  scale: number,
  signal: AbortSignal | undefined,
): Promise<DecodedBase> {
  const startedAtMs = performance.now()
  const size = sizeAt(facts, scale)
  const whole = scale === 1
  try {
    const { data, info } = await turns.run(async () => {
      const upright = openSource(bytes, facts.widthPx * facts.heightPx).autoOrient()
      const scaled = whole
        ? upright
        : upright.resize(size.widthPx, size.heightPx, { fit: 'fill', kernel: 'lanczos3' })
      const flat = facts.hasAlpha ? scaled.flatten({ background: white }) : scaled
      return flat.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
    }, signal)
    return {
      data: asRgb(data, info.channels),
      widthPx: info.width,
      heightPx: info.height,
      scale,
      facts,
      durationMs: performance.now() - startedAtMs,
    }
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) throw error
    throw decodeError(error)
  }
}

/** What colour conversion may leave: one channel of grey, or a channel of transparency that `facts` did not know. */
function asRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return plainBytes(data)
  const pixels = data.length / channels
  const rgb = new Uint8Array(pixels * 3)
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const from = pixel * channels
    for (let channel = 0; channel < 3; channel += 1) {
      rgb[pixel * 3 + channel] = data[from + (channels < 3 ? 0 : channel)] ?? 0
    }
  }
  return rgb
}

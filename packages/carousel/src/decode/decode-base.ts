import type { PictureFacts } from '@darkroom/picture'
import { decodeError, openSource, turns } from '@darkroom/picture'
import type { OutputInfo } from 'sharp'
import { plainBytes } from '../plain-bytes.ts'
import type { DecodedBase } from './decoded-base.ts'
import { sizeAt } from './decode-size.ts'
import { unnamedFile } from './unnamed-file.ts'

const white = { r: 255, g: 255, b: 255 }

/**
 * Decodes the first frame of a base that `inspectPicture` has looked at.
 *
 * The decoder itself shrinks: WebP at any scale, JPEG by a power of two (libjpeg's own scaling), also where sharp
 * would not ask it to.
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
  try {
    const { data, info } = await turns.run(async () => decodeRaw(bytes, facts, scale), signal)
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

interface Raw {
  data: Buffer
  info: OutputInfo
}

async function decodeRaw(bytes: Uint8Array, facts: PictureFacts, scale: number): Promise<Raw> {
  const shrink = shrinkOnLoad(facts, scale)
  if (shrink > 1 && process.platform === 'linux') {
    try {
      await using file = await unnamedFile(bytes)
      return await scaled(`${file.path}[shrink=${shrink}]`, facts, scale)
    } catch {
      // Whatever is wrong, the picture or the folder for the file: the other way says so, or does without.
    }
  }
  return scaled(bytes, facts, scale)
}

/**
 * The factor that libjpeg can shrink by where sharp would have it shrink by half of that only: from a factor to the
 * next whole number it is wary of libjpeg's rounding (`pipeline.cc`), which the resizing after it corrects here.
 * libvips' own option is open to files alone.
 */
function shrinkOnLoad({ format }: PictureFacts, scale: number): number {
  if (format !== 'jpeg') return 1
  const factor = [8, 4, 2].find((each) => scale * each <= 1) ?? 1
  return Math.floor(1 / scale) === factor ? factor : 1
}

async function scaled(source: Uint8Array | string, facts: PictureFacts, scale: number): Promise<Raw> {
  const size = sizeAt(facts, scale)
  const upright = openSource(source, facts.widthPx * facts.heightPx).autoOrient()
  const sized =
    scale === 1 ? upright : upright.resize(size.widthPx, size.heightPx, { fit: 'fill', kernel: 'lanczos3' })
  const flat = facts.hasAlpha ? sized.flatten({ background: white }) : sized
  return flat.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
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

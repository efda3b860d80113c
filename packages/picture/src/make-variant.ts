import type { ResizeOptions, Sharp } from 'sharp'
import { decodeError, defaultMaxPixels, openSource, turns } from './codec.ts'
import { encode } from './encoder.ts'
import { inspectPicture } from './inspect-picture.ts'
import type { PictureFacts, PictureLimits } from './inspect-picture.ts'
import { PictureError } from './picture-error.ts'
import type { PictureFormat } from './picture-format.ts'
import { resolveVariant } from './variant-spec.ts'
import type { VariantSpec } from './variant-spec.ts'
import { writeXmp } from './xmp.ts'

/** A picture made from another. */
export interface MadeVariant {
  bytes: Uint8Array
  widthPx: number
  heightPx: number
  format: PictureFormat
}

export interface MakeVariantOptions extends PictureLimits {
  /** Rejects at once when it aborts; an encode that has begun runs to its end unheard. */
  signal?: AbortSignal
}

const white = { r: 255, g: 255, b: 255 }

/**
 * Makes a variant: first frame, upright (EXIF orientation applied), in sRGB with 8 bits a channel, on white where
 * the format has no transparency. The mark of the source is kept (`PictureMark`), because a derivative of an AI
 * picture is one; everything else that describes it is left out: place, camera, prompt.
 * The same source, spec and encoder version give the same bytes.
 * @throws PictureError NOT_AN_IMAGE, IMAGE_TOO_LARGE, TRUNCATED, DECODE_FAILED, UNSUPPORTED_VARIANT
 */
export async function makeVariant(
  source: Uint8Array,
  spec: VariantSpec,
  options: MakeVariantOptions = {},
): Promise<MadeVariant> {
  const { signal, ...limits } = options
  signal?.throwIfAborted()
  const facts = await inspectPicture(source, limits)
  // Whatever the caller wrote, the canonical spec is made: equal keys must mean equal bytes.
  const canonical = resolveVariant(facts, askOf(spec))
  assertEncodable(facts, canonical)
  const image = pipeline(openSource(source, limits.maxPixels ?? defaultMaxPixels), facts, canonical)
  try {
    const { data, info } = await turns.run(() => image.toBuffer({ resolveWithObject: true }), signal)
    return { bytes: data, widthPx: info.width, heightPx: info.height, format: canonical.format }
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) throw error
    throw decodeError(error)
  }
}

function askOf(spec: VariantSpec): Parameters<typeof resolveVariant>[1] {
  return {
    ...(spec.widthPx === undefined ? {} : { w: spec.widthPx }),
    ...(spec.heightPx === undefined ? {} : { h: spec.heightPx }),
    fit: spec.fit,
    format: spec.format,
    q: spec.quality,
  }
}

/** A source that keeps its size can be longer than a format allows, and only that: variants are bounded. */
function assertEncodable(facts: PictureFacts, spec: VariantSpec): void {
  const longestPx = Math.max(spec.widthPx ?? facts.widthPx, spec.heightPx ?? facts.heightPx)
  if (longestPx > longestSidePx[spec.format]) {
    throw new PictureError('UNSUPPORTED_VARIANT', `${spec.format} has no sides of ${longestPx} pixels.`)
  }
}

/** What libvips' encoders accept. */
const longestSidePx: Readonly<Record<PictureFormat, number>> = {
  jpeg: 65_535,
  png: 1_000_000,
  webp: 16_383,
  avif: 16_384,
}

/** Without another word sharp converts to sRGB by the embedded profile and leaves all metadata out. */
function pipeline(image: Sharp, facts: PictureFacts, spec: VariantSpec): Sharp {
  const { digitalSourceType, creatorTool } = facts
  let upright = image.autoOrient()
  if (spec.widthPx !== undefined && spec.heightPx !== undefined) {
    upright = upright.resize(spec.widthPx, spec.heightPx, resizeOptions(spec))
  }
  if (spec.format === 'jpeg') upright = upright.flatten({ background: white })
  const output = encode[spec.format](upright, spec.quality)
  if (digitalSourceType === undefined) return output
  return output.withXmp(
    writeXmp({ digitalSourceType, ...(creatorTool === undefined ? {} : { creatorTool }) }),
  )
}

function resizeOptions({ fit, format }: VariantSpec): ResizeOptions {
  return {
    // The canonical size of `inside` is exact already; sharp would round it once more, elsewhere.
    fit: fit === 'inside' ? 'fill' : fit,
    position: 'centre',
    background: { ...white, alpha: format === 'jpeg' ? 1 : 0 },
    kernel: 'lanczos3',
  }
}

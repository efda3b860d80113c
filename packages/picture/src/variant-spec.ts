import { keyOf } from '@darkroom/once'
import { defaultMaxPixels } from './codec.ts'
import { defaultQuality, encoderVersion } from './encoder.ts'
import { areaOf, isSameSize, sizeInside } from './fit-geometry.ts'
import type { PixelSize } from './fit-geometry.ts'
import { PictureError } from './picture-error.ts'
import { pictureFormats } from './picture-format.ts'
import type { PictureFormat, SourceFormat } from './picture-format.ts'

/**
 * How a picture goes into a box of which both sides are given; the words are CSS's and sharp's.
 *
 * - `cover`: fills the box and is cropped to it around its centre; enlarged where it is smaller.
 * - `contain`: whole, within a box that is filled up with transparency, in JPEG with white; enlarged likewise.
 * - `fill`: stretched to the box.
 * - `inside`: whole, at most the box, of its own shape. Never enlarged: larger would be more bytes, not more
 *   picture, and the browser enlarges as well.
 *
 * With one side given, or none, every fit is `inside`.
 */
export type Fit = 'cover' | 'contain' | 'inside' | 'fill'

/** A variant in full. Equal specs of one object are one variant. */
export interface VariantSpec {
  /** Both sides, or neither: then the size stays the source's. */
  widthPx?: number
  heightPx?: number
  fit: Fit
  format: PictureFormat
  /** 1–100; 100 for PNG, which loses nothing. */
  quality: number
}

/** The picture that a variant is made of. */
export interface VariantSource extends PixelSize {
  format: SourceFormat
}

/** What was asked for, in the words of the query string. */
export interface AskedVariant {
  w?: number
  h?: number
  fit?: Fit
  format?: PictureFormat
  q?: number
}

/** The longest side that is made: WebP ends at 16,383, and JPEG and AVIF are no use beyond it. */
const maxSidePx = 16_383

/**
 * An ask as a spec, with every default filled in, and in one form only: what makes the same picture is the same
 * spec, so that it has the same key and is made once. `cover` is the default for a box, since then the answer has
 * the size that was asked for. Canonical: `resolveVariant(source, ask of the result)` is the result again.
 * @throws PictureError UNSUPPORTED_VARIANT
 */
export function resolveVariant(source: VariantSource, asked: AskedVariant): VariantSpec {
  assertSide('w', asked.w)
  assertSide('h', asked.h)
  const format = asked.format ?? deliveryFormatOf(source.format)
  const quality = qualityOf(format, asked.q)
  const { fit, size } = canonicalFit(source, asked)
  if (areaOf(size) > defaultMaxPixels) {
    throw new PictureError('UNSUPPORTED_VARIANT', `A variant has at most ${defaultMaxPixels} pixels.`)
  }
  if (isSameSize(size, source)) return { fit: 'inside', format, quality }
  return { ...size, fit, format, quality }
}

/** GIF and TIFF are read, not written: their pictures leave as PNG, which loses nothing of them. */
function deliveryFormatOf(format: SourceFormat): PictureFormat {
  return pictureFormats.find((known) => known === format) ?? 'png'
}

function canonicalFit(source: PixelSize, asked: AskedVariant): { fit: Fit; size: PixelSize } {
  const { w, h, fit = 'cover' } = asked
  const box = { ...(w === undefined ? {} : { widthPx: w }), ...(h === undefined ? {} : { heightPx: h }) }
  const inside = sizeInside(source, box)
  if (w === undefined || h === undefined || fit === 'inside') {
    return { fit: 'inside', size: areaOf(inside) > areaOf(source) ? source : inside }
  }
  const size = { widthPx: w, heightPx: h }
  if (!isSameSize(inside, size)) return { fit, size }
  // The box has the picture's shape: there is nothing to crop, pad or stretch. When enlarging, `inside` would
  // not do it, so one of the three has to stand for all.
  return { fit: areaOf(size) > areaOf(source) ? 'fill' : 'inside', size }
}

function qualityOf(format: PictureFormat, asked: number | undefined): number {
  const quality = asked ?? defaultQuality[format]
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new PictureError('UNSUPPORTED_VARIANT', 'q must be a whole number from 1 to 100.')
  }
  return format === 'png' ? defaultQuality.png : quality
}

function assertSide(name: string, sidePx: number | undefined): void {
  if (sidePx === undefined) return
  if (!Number.isInteger(sidePx) || sidePx < 1 || sidePx > maxSidePx) {
    throw new PictureError('UNSUPPORTED_VARIANT', `${name} must be a whole number from 1 to ${maxSidePx}.`)
  }
}

/**
 * Whether the variant would only be the source encoded once more: same size, same format, no quality asked for
 * but the default. The stored bytes are then the better answer, and cost nothing.
 */
export function isSourceItself(source: Pick<VariantSource, 'format'>, spec: VariantSpec): boolean {
  return (
    spec.widthPx === undefined &&
    spec.heightPx === undefined &&
    spec.format === source.format &&
    spec.quality === defaultQuality[spec.format]
  )
}

/**
 * The content key of a variant: which object, what is made of it, by which encoder.
 * @param objectHash the source's own hash, as the object store names it
 */
export function variantKey(objectHash: string, spec: VariantSpec): string {
  return keyOf({
    unit: 'variant',
    objectHash,
    widthPx: spec.widthPx ?? null,
    heightPx: spec.heightPx ?? null,
    fit: spec.fit,
    format: spec.format,
    quality: spec.quality,
    encoderVersion,
  })
}

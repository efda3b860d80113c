import type { Fit, PictureFormat } from '@darkroom/picture'
import { formatOfExtension } from '@darkroom/picture'
import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import { qualityRange, signatureFields } from './fields.ts'
import { formatField } from './live-query.ts'
import { integerText, parseWith, readQuery, withoutSignature } from './query.ts'
import { sizeLimits } from './size.ts'

/** What `GET /images/{id}` asks for: all of it optional; nothing asked is the stored picture itself. */
export interface ImageAsk {
  id: string
  w: number | undefined
  h: number | undefined
  fit: Fit | undefined
  /** `undefined` with `auto`: by `Accept`; `undefined` without: the stored format. */
  format: PictureFormat | undefined
  auto: boolean
  q: number | undefined
}

const fits = ['cover', 'contain', 'inside', 'fill'] as const satisfies readonly Fit[]
const side = integerText(1, sizeLimits.maxSidePx)

const imageFields = z.strictObject({
  w: side.optional().meta({ description: 'The width in pixels; alone it keeps the shape.' }),
  h: side.optional().meta({ description: 'The height in pixels; alone it keeps the shape.' }),
  fit: z
    .enum(fits, `must be ${fits.join(', ')}`)
    .optional()
    .meta({ description: 'How the picture fills w and h.' }),
  format: formatField.optional().meta({ description: 'auto, the default, goes by Accept.' }),
  q: integerText(qualityRange.min, qualityRange.max)
    .optional()
    .meta({ description: 'The quality of the encoding.' }),
})

/** The query of `GET /images/{id}[.{ext}]`. */
export const imageQuerySchema: z.ZodType<{
  w?: number | undefined
  h?: number | undefined
  fit?: Fit | undefined
  format?: PictureFormat | undefined
  q?: number | undefined
}> = imageFields

/** The same with the parameters of a signature, as the documentation has them. */
export const signedImageQuerySchema: z.ZodType = imageFields.extend(signatureFields)

const fileName = /^(img_[A-Za-z0-9_-]{32})(?:\.([a-z]{3,4}))?$/u

/** Whether text has the form of an image id. */
export function isImageId(text: string): boolean {
  return /^img_[A-Za-z0-9_-]{32}$/u.test(text)
}

/**
 * Reads a picture URL: `{id}` or `{id}.{ext}`, where the extension is another way to say `format`.
 * @throws DarkroomError not_found (no such form of id or extension), invalid_request, unknown_parameter
 */
export function parseImageUrl(url: URL, name: string): ImageAsk {
  const match = fileName.exec(name)
  const id = match?.[1]
  if (id === undefined) {
    throw new DarkroomError('not_found', 'There is no such picture; an id looks like img_ and 32 characters.')
  }
  const raw = withoutSignature(readQuery(url))
  const query = parseWith(imageQuerySchema, raw)
  const extension = match?.[2]
  const fromExtension = extension === undefined ? undefined : formatOfExtension(extension)
  if (extension !== undefined && fromExtension === undefined) {
    throw new DarkroomError('not_found', 'Pictures end in .jpg, .png, .webp or .avif.')
  }
  if (fromExtension !== undefined && raw['format'] !== undefined && query.format !== fromExtension) {
    throw new DarkroomError('invalid_request', 'format contradicts the extension; give one of them.', {
      param: 'format',
    })
  }
  return {
    id,
    w: query.w,
    h: query.h,
    fit: query.fit,
    format: fromExtension ?? query.format,
    auto: raw['format'] === 'auto' && fromExtension === undefined,
    q: query.q,
  }
}

/** The one query string of all equal asks for a variant; the format is resolved by then. */
export function canonicalImageQuery(ask: ImageAsk, format: PictureFormat | undefined): string {
  const query = new URLSearchParams()
  if (ask.w !== undefined) query.set('w', String(ask.w))
  if (ask.h !== undefined) query.set('h', String(ask.h))
  if (ask.fit !== undefined) query.set('fit', ask.fit)
  if (format !== undefined) query.set('format', format)
  if (ask.q !== undefined && format !== 'png') query.set('q', String(ask.q))
  return query.toString()
}

import type { PictureFormat } from '@darkroom/picture'
import { pictureFormats } from '@darkroom/picture'
import { z } from 'zod'
import {
  maxSeed,
  modelField,
  negativeField,
  promptField,
  qualityRange,
  signatureFields,
  styleField,
} from './fields.ts'
import { integerText, parseWith, readQuery, withoutSignature } from './query.ts'
import { remembered } from './remembered.ts'
import { resolveSize, sizeLimits } from './size.ts'

/** Delivery: how the bytes are wanted. No part of the generation key. */
export interface Delivery {
  /** `undefined`: chosen by `Accept`. */
  format: PictureFormat | undefined
  quality: number | undefined
}

/** A prompt URL, normalised. */
export interface LiveAsk {
  prompt: string
  model: string | undefined
  negative: string | undefined
  style: string | undefined
  widthPx: number
  heightPx: number
  seed: number
  delivery: Delivery
  placeholder: boolean
}

const side = integerText(sizeLimits.minSidePx, sizeLimits.maxSidePx)

/** `auto`, our formats, and `jpg` as people write it. */
export const formatField: z.ZodType<PictureFormat | undefined> = z
  .enum(['auto', 'jpg', ...pictureFormats], `must be auto, ${pictureFormats.join(', ')}`)
  .transform((format): PictureFormat | undefined =>
    format === 'auto' ? undefined : format === 'jpg' ? 'jpeg' : format,
  )

const liveFields = z.strictObject({
  prompt: promptField,
  size: z.string().optional().meta({ description: 'Pixels, such as 1024x768; it is part of what is drawn.' }),
  ar: z
    .string()
    .optional()
    .meta({ description: 'A ratio such as 16:9, with one megapixel; instead of size.' }),
  w: side.optional().meta({ description: 'The width in pixels, together with h; instead of size.' }),
  h: side.optional().meta({ description: 'The height in pixels, together with w.' }),
  seed: integerText(0, maxSeed)
    .optional()
    .meta({ description: 'Another seed is another picture; 0 by default.' }),
  model: modelField.optional().meta({ description: 'A public name of a model of this server.' }),
  style: styleField.optional().meta({ description: 'A style that the model knows, in words.' }),
  negative: negativeField.optional().meta({ description: 'What the picture must not show.' }),
  format: formatField.optional().meta({ description: 'auto, the default, goes by Accept.' }),
  q: integerText(qualityRange.min, qualityRange.max)
    .optional()
    .meta({ description: 'The quality of the encoding.' }),
  placeholder: z
    .enum(['0', '1'], 'must be 1 or 0')
    .optional()
    .meta({ description: '1: a soft preview at once, while the picture is being made.' }),
})

/** The query of `GET /live/{scope}`: what is not here is an unknown parameter. */
export const liveQuerySchema: z.ZodType<LiveQuery> = liveFields

/** The same with the parameters of a signature, as the documentation has them. */
export const signedLiveQuerySchema: z.ZodType = liveFields.extend(signatureFields)

interface LiveQuery {
  prompt: string
  size?: string | undefined
  ar?: string | undefined
  w?: number | undefined
  h?: number | undefined
  seed?: number | undefined
  model?: string | undefined
  style?: string | undefined
  negative?: string | undefined
  format?: PictureFormat | undefined
  q?: number | undefined
  placeholder?: '0' | '1' | undefined
}

/**
 * Reads a prompt URL. Equal queries are read once: what is given is shared, and frozen.
 * @throws DarkroomError invalid_request, unknown_parameter, duplicate_parameter
 */
export function parseLiveUrl(url: URL): LiveAsk {
  return readLiveQuery(url.search)
}

const readLiveQuery = remembered({ maxTexts: 2048, maxLength: 1024 }, (search): LiveAsk => {
  const query = parseWith(
    liveQuerySchema,
    withoutSignature(readQuery({ searchParams: new URLSearchParams(search) })),
  )
  return Object.freeze({
    ...resolveSize(query),
    prompt: query.prompt,
    model: query.model,
    negative: emptyToUndefined(query.negative),
    style: emptyToUndefined(query.style),
    seed: query.seed ?? 0,
    delivery: Object.freeze({ format: query.format, quality: query.q }),
    placeholder: query.placeholder === '1',
  })
})

/** `negative=` and no `negative` ask for the same picture. */
export function emptyToUndefined(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/**
 * The one query string of all equal asks: every parameter that matters, in a fixed order, with its default
 * spelled out. It names edge entries, so key order, spaces and Unicode form never split the cache.
 */
export function canonicalLiveQuery(ask: LiveAsk, delivery: { format: PictureFormat }): string {
  const query = new URLSearchParams()
  query.set('prompt', ask.prompt)
  if (ask.model !== undefined) query.set('model', ask.model)
  if (ask.negative !== undefined) query.set('negative', ask.negative)
  if (ask.style !== undefined) query.set('style', ask.style)
  query.set('size', `${ask.widthPx}x${ask.heightPx}`)
  query.set('seed', String(ask.seed))
  query.set('format', delivery.format)
  // PNG is lossless: no quality of it differs.
  if (ask.delivery.quality !== undefined && delivery.format !== 'png') {
    query.set('q', String(ask.delivery.quality))
  }
  return query.toString()
}

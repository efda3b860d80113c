import { carouselLimits, defaultSlideSize, themes } from '@darkroom/carousel'
import { keyOf } from '@darkroom/once'
import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import {
  modelField,
  negativeField,
  promptField,
  qualityRange,
  scopeField,
  seedField,
  sideField,
  styleField,
  tagField,
  textLimits,
} from './fields.ts'
import { isImageId } from './image-query.ts'
import { emptyToUndefined } from './live-query.ts'
import { parseWith } from './query.ts'
import type { Size } from './size.ts'
import { resolveSize } from './size.ts'
import { isPlainText } from './text.ts'
import type { WebhookAsk, WebhookInput } from './webhook-field.ts'
import { webhookAskOf, webhookField } from './webhook-field.ts'

export type SlideKindName = 'hook' | 'credibility' | 'point' | 'cta'
export type SlideFormatName = 'jpeg' | 'png' | 'webp' | 'avif'

/** The text of one slide; empty texts are absent. */
export interface SlideTextAsk {
  kind: SlideKindName
  title: string
  body: string | undefined
  label: string | undefined
}

/** A base that is generated first. */
export interface PromptBaseAsk extends Size {
  prompt: string
  model: string | undefined
  negative: string | undefined
  style: string | undefined
  seed: number
}

/** Where the photograph comes from. `file`: from the multipart body that the JSON came with. */
export type BaseAsk =
  | { kind: 'url'; url: string }
  | { kind: 'image'; image: string }
  | { kind: 'prompt'; prompt: PromptBaseAsk }
  | { kind: 'file' }

export interface BrandAsk {
  color: string | undefined
  handle: string | undefined
  pageMark: boolean | undefined
  swipeCue: boolean | undefined
  logo: { image: string } | { url: string } | undefined
}

/** A carousel as it is asked for, normalised. */
export interface CarouselAsk {
  base: BaseAsk
  slides: readonly SlideTextAsk[]
  size: Size
  format: SlideFormatName
  quality: number | undefined
  theme: string
  brand: BrandAsk
  scope: string
  tags: readonly string[]
  webhook: WebhookAsk | undefined
}

/** Of a handle, in UTF-16 code units. */
const maxHandleChars = 60

const themeNames = themes.map(({ name }) => name)

const slideCount = `must be ${carouselLimits.minSlides} to ${carouselLimits.maxSlides} slides`

/** Text that is drawn: line breaks stay, since they are part of it. */
function drawnText(maxChars: number): z.ZodType<string> {
  const tooLong = `must have at most ${maxChars} characters`
  return z
    .string()
    .max(maxChars * 2, tooLong)
    .refine(isPlainText, 'has control characters or is not well-formed Unicode; send plain text')
    .transform((text) => text.normalize('NFC').replaceAll(/\r\n?/gu, '\n').trim())
    .pipe(z.string().max(maxChars, tooLong))
    .meta({ type: 'string', maxLength: maxChars })
}

/** Refuses what is empty. */
export const titleField: z.ZodType<string> = drawnText(carouselLimits.maxTextLength).refine(
  (text) => text !== '',
  'is empty: say what the slide shows',
)
export const textField: z.ZodType<string> = drawnText(carouselLimits.maxTextLength)

const slideSchema = z.strictObject({
  kind: z.enum(['hook', 'credibility', 'point', 'cta'], 'must be hook, credibility, point or cta'),
  title: titleField,
  body: textField.optional(),
  label: textField.optional(),
})

const imageField = z.string().refine(isImageId, 'must be the id of a stored picture: img_ and 32 characters')
const urlField = z.string('must be a URL').min(1, 'must be a URL').max(8192, 'is longer than 8192 characters')

const baseSchema = z.strictObject({
  url: urlField.optional(),
  image: imageField.optional(),
  prompt: promptField.optional(),
  model: modelField.optional(),
  negative: negativeField.optional(),
  style: styleField.optional(),
  seed: seedField.optional(),
  size: z.string().optional().meta({ example: '1024x1280' }),
  ar: z.string().optional().meta({ example: '4:5' }),
  w: sideField.optional(),
  h: sideField.optional(),
})

const brandSchema = z.strictObject({
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/iu, 'must be a colour like #1a2b3c')
    .transform((color) => color.toLowerCase())
    .optional(),
  handle: drawnText(maxHandleChars).optional(),
  logo: z.strictObject({ image: imageField.optional(), url: urlField.optional() }).optional(),
  pageMark: z.boolean('must be true or false').optional(),
  swipeCue: z.boolean('must be true or false').optional(),
})

/** The body of `POST /v1/carousels`, and the part named `carousel` of a multipart body. */
export const carouselBodySchema: z.ZodType<CarouselBody> = z.strictObject({
  base: baseSchema.optional(),
  slides: z
    .array(slideSchema)
    .min(carouselLimits.minSlides, slideCount)
    .max(carouselLimits.maxSlides, slideCount),
  size: z
    .string()
    .regex(/^\d{1,5}x\d{1,5}$/u, 'must look like 1080x1350')
    .optional()
    .meta({ example: '1080x1350' }),
  format: z.enum(['jpeg', 'png', 'webp', 'avif'], 'must be jpeg, png, webp or avif').optional(),
  quality: z
    .int('must be a whole number')
    .min(qualityRange.min, `must be ${qualityRange.min} to ${qualityRange.max}`)
    .max(qualityRange.max, `must be ${qualityRange.min} to ${qualityRange.max}`)
    .optional(),
  theme: z.enum(themeNames, `must be ${themeNames.join(', ')}`).optional(),
  brand: brandSchema.optional(),
  scope: scopeField.optional(),
  tags: z.array(tagField).max(textLimits.tags).optional(),
  webhook: webhookField.optional(),
})

interface CarouselBody {
  base?: z.output<typeof baseSchema> | undefined
  slides: z.output<typeof slideSchema>[]
  size?: string | undefined
  format?: SlideFormatName | undefined
  quality?: number | undefined
  theme?: string | undefined
  brand?: z.output<typeof brandSchema> | undefined
  scope?: string | undefined
  tags?: readonly string[] | undefined
  webhook?: WebhookInput | undefined
}

/**
 * Reads the body of a carousel. Everything that depends on no other part is checked here; the theme, the size and
 * the base are checked where they are known.
 * @param options.hasFile the base came as bytes beside this body
 * @throws DarkroomError invalid_request, unknown_parameter
 */
export function parseCarouselBody(body: unknown, options: { hasFile: boolean }): CarouselAsk {
  const parsed = parseWith(carouselBodySchema, body)
  return {
    base: baseOf(parsed.base, options.hasFile),
    slides: parsed.slides.map((slide) => ({
      kind: slide.kind,
      title: slide.title,
      body: emptyToUndefined(slide.body),
      label: emptyToUndefined(slide.label),
    })),
    size: sizeOf(parsed.size),
    format: parsed.format ?? 'jpeg',
    // PNG has no quality: two asks that differ in it alone are one.
    quality: parsed.format === 'png' ? undefined : parsed.quality,
    theme: parsed.theme ?? themeNames[0] ?? '',
    brand: brandOf(parsed.brand),
    scope: parsed.scope ?? 'default',
    tags: [...new Set(parsed.tags)],
    webhook: webhookAskOf(parsed.webhook),
  }
}

function sizeOf(size: string | undefined): Size {
  if (size === undefined) return defaultSlideSize
  const [widthPx = 0, heightPx = 0] = size.split('x').map(Number)
  return { widthPx, heightPx }
}

function brandOf(brand: z.output<typeof brandSchema> = {}): BrandAsk {
  return {
    color: brand.color,
    handle: emptyToUndefined(brand.handle),
    pageMark: brand.pageMark,
    swipeCue: brand.swipeCue,
    logo: logoOf(brand.logo),
  }
}

function logoOf(
  logo: { image?: string | undefined; url?: string | undefined } | undefined,
): BrandAsk['logo'] {
  if (logo === undefined) return undefined
  if (logo.image !== undefined && logo.url === undefined) return { image: logo.image }
  if (logo.url !== undefined && logo.image === undefined) return { url: logo.url }
  throw new DarkroomError('invalid_request', 'brand.logo: give exactly one of image and url.', {
    param: 'brand.logo',
  })
}

function baseOf(base: z.output<typeof baseSchema> | undefined, hasFile: boolean): BaseAsk {
  const wrong = (message: string, param = 'base'): DarkroomError =>
    new DarkroomError('invalid_request', `${param}: ${message}`, { param })
  if (hasFile) {
    if (base === undefined) return { kind: 'file' }
    throw wrong('leave it out where the part named file has the photograph.')
  }
  if (base === undefined) throw wrong('is required: {url}, {image} or {prompt}.')
  const { url, image, prompt, ...settings } = base
  if ([url, image, prompt].filter((way) => way !== undefined).length !== 1) {
    throw wrong('give exactly one of url, image and prompt.')
  }
  const stray = Object.entries(settings).find(([, value]) => value !== undefined)?.[0]
  if (prompt === undefined && stray !== undefined) {
    throw wrong('belongs to a prompt; remove it.', `base.${stray}`)
  }
  if (url !== undefined) return { kind: 'url', url }
  if (image !== undefined) return { kind: 'image', image }
  return { kind: 'prompt', prompt: promptBaseOf({ ...base, prompt: prompt ?? '' }) }
}

function promptBaseOf(base: z.output<typeof baseSchema> & { prompt: string }): PromptBaseAsk {
  return {
    ...sizeOfPrompt(base),
    prompt: base.prompt,
    model: base.model,
    negative: emptyToUndefined(base.negative),
    style: emptyToUndefined(base.style),
    seed: base.seed ?? 0,
  }
}

/**
 * The platform's default size, whatever the slides': the same prompt is then one picture here and on `/live`. One
 * that would be too small for a base is refused before a model draws it.
 */
function sizeOfPrompt(base: z.output<typeof baseSchema>): Size {
  try {
    const size = resolveSize(base)
    const { minBaseSidePx } = carouselLimits
    if (Math.min(size.widthPx, size.heightPx) >= minBaseSidePx) return size
    const param = (['size', 'ar', 'w'] as const).find((way) => base[way] !== undefined) ?? 'size'
    throw new DarkroomError(
      'invalid_request',
      `A base needs at least ${minBaseSidePx} pixels on each side.`,
      {
        param,
      },
    )
  } catch (error) {
    if (!(error instanceof DarkroomError)) throw error
    const param = `base.${error.facts.param}`
    throw new DarkroomError(error.code, `${param}: ${error.message}`, { param, cause: error })
  }
}

/** Tells equal carousels from different ones, for idempotency keys. `fileHash`: of the base that came as bytes. */
export function carouselFingerprint(ask: CarouselAsk, fileHash: string | undefined): string {
  return keyOf({ carousel: JSON.parse(JSON.stringify(ask)), file: fileHash ?? null })
}

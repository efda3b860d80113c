import { z } from 'zod'
import { isPlainText, normalisePrompt } from './text.ts'

/** Limits of the request's texts, in UTF-16 code units (as `String.length` counts). */
export const textLimits: {
  readonly promptChars: number
  readonly negativeChars: number
  readonly styleChars: number
  readonly tags: number
  readonly tagChars: number
} = { promptChars: 4000, negativeChars: 2000, styleChars: 100, tags: 16, tagChars: 64 }

/** The largest seed: what every model server known to us accepts (unsigned 32 bits). */
export const maxSeed: number = 2 ** 32 - 1

const plain = 'has control characters or is not well-formed Unicode; send plain text'

/** The length is checked before normalising too: NFC of megabytes is work that nobody paid for. */
export const promptField: z.ZodType<string> = z
  .string({
    error: ({ input }) =>
      input === undefined || input === null
        ? 'is required: say what the picture shows'
        : 'must be text in quotes, like "a red fox in the snow"',
  })
  .max(textLimits.promptChars * 4, `must have at most ${textLimits.promptChars} characters`)
  .refine(isPlainText, plain)
  .transform(normalisePrompt)
  .pipe(
    z
      .string()
      .min(1, 'is required: say what the picture shows')
      .max(textLimits.promptChars, `must have at most ${textLimits.promptChars} characters`),
  )
  .meta({ type: 'string', maxLength: textLimits.promptChars, description: 'What the picture shows.' })

function shortText(maxChars: number): z.ZodType<string> {
  return z
    .string()
    .max(maxChars, `must have at most ${maxChars} characters`)
    .refine(isPlainText, plain)
    .transform(normalisePrompt)
    .meta({ type: 'string', maxLength: maxChars })
}

export const negativeField: z.ZodType<string> = shortText(textLimits.negativeChars)
export const styleField: z.ZodType<string> = shortText(textLimits.styleChars)

export const modelField: z.ZodType<string> = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$/u, 'must be a model name: letters, digits and . _ : / @ -')

export const scopeField: z.ZodType<string> = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, 'must be a scope name: 1 to 63 of a-z, 0-9, _ and -')

export const tagField: z.ZodType<string> = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/u,
    'must be made of letters, digits and . _ : / - (tags travel in headers)',
  )
  .max(textLimits.tagChars, `must have at most ${textLimits.tagChars} characters`)

export const seedField: z.ZodType<number> = z
  .int('must be a whole number, like 42')
  .min(0, `must be 0 to ${maxSeed}`)
  .max(maxSeed, `must be 0 to ${maxSeed}`)

/** JSON may carry `w` and `h` as numbers; ranges are checked with the rest of the size. */
export const sideField: z.ZodType<number> = z.int('must be a whole number of pixels, like 1024')

export const qualityRange: { readonly min: number; readonly max: number } = { min: 1, max: 100 }

/** Parameters of a signed URL (`access/url-signature.ts` reads them); they are no part of what is asked for. */
export const signatureFields: { exp: z.ZodType; sig: z.ZodType } = {
  exp: z.string().optional().meta({ description: 'When a signed URL ends, in Unix seconds.' }),
  sig: z.string().optional().meta({ description: 'The signature: key id, a dot, HMAC-SHA256 as base64url.' }),
}

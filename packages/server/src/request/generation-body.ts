import { keyOf } from '@darkroom/once'
import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import {
  maxSeed,
  modelField,
  negativeField,
  promptField,
  scopeField,
  seedField,
  sideField,
  styleField,
  tagField,
  textLimits,
} from './fields.ts'
import { emptyToUndefined } from './live-query.ts'
import { parseWith } from './query.ts'
import { resolveSize } from './size.ts'
import type { WebhookAsk, WebhookInput } from './webhook-field.ts'
import { webhookAskOf, webhookField } from './webhook-field.ts'

/** The largest `n` of one request, as on the OpenAI wire. */
export const maxPicturesPerRequest: number = 10

const countRange = `must be a whole number from 1 to ${maxPicturesPerRequest}`

/** `n`, as both wires have it. */
export const pictureCountField: z.ZodType<number> = z
  .int(countRange)
  .min(1, countRange)
  .max(maxPicturesPerRequest, countRange)

/** A native or OpenAI request, normalised: `n` pictures, picture i with seed + i. */
export interface GenerationAsk {
  prompt: string
  model: string | undefined
  negative: string | undefined
  style: string | undefined
  widthPx: number
  heightPx: number
  seed: number
  n: number
  scope: string
  tags: readonly string[]
  webhook: WebhookAsk | undefined
}

interface GenerationBody {
  prompt: string
  model?: string | undefined
  negative?: string | undefined
  style?: string | undefined
  size?: string | undefined
  ar?: string | undefined
  w?: number | undefined
  h?: number | undefined
  seed?: number | undefined
  n?: number | undefined
  scope?: string | undefined
  tags?: readonly string[] | undefined
  webhook?: WebhookInput | undefined
}

/** The body of `POST /v1/generations`. */
export const generationBodySchema: z.ZodType<GenerationBody> = z.strictObject({
  prompt: promptField,
  model: modelField.optional(),
  negative: negativeField.optional(),
  style: styleField.optional(),
  size: z.string().optional().meta({ example: '1024x768' }),
  ar: z.string().optional().meta({ example: '16:9' }),
  w: sideField.optional(),
  h: sideField.optional(),
  seed: seedField.optional(),
  n: pictureCountField.optional(),
  scope: scopeField.optional(),
  tags: z.array(tagField).max(textLimits.tags).optional(),
  webhook: webhookField.optional(),
})

/**
 * Reads the body of a native request.
 * @throws DarkroomError invalid_request, unknown_parameter
 */
export function parseGenerationBody(body: unknown): GenerationAsk {
  const parsed = parseWith(generationBodySchema, body)
  const n = parsed.n ?? 1
  return {
    ...resolveSize(parsed),
    prompt: parsed.prompt,
    model: parsed.model,
    negative: emptyToUndefined(parsed.negative),
    style: emptyToUndefined(parsed.style),
    seed: checkSeedRange(parsed.seed ?? 0, n),
    n,
    scope: parsed.scope ?? 'default',
    tags: [...new Set(parsed.tags)],
    webhook: webhookAskOf(parsed.webhook),
  }
}

/** Picture i takes seed + i; wrapping round would silently make two pictures of a large request equal. */
export function checkSeedRange(seed: number, n: number): number {
  if (seed + n - 1 <= maxSeed) return seed
  throw new DarkroomError('invalid_request', `seed + n - 1 must be at most ${maxSeed}.`, { param: 'seed' })
}

/** Tells equal bodies from different ones, for idempotency keys: what the body means, not how it was written. */
export function fingerprintOf(ask: GenerationAsk): string {
  const { webhook, ...rest } = ask
  return keyOf({
    ...rest,
    tags: [...ask.tags],
    model: ask.model ?? null,
    negative: ask.negative ?? null,
    style: ask.style ?? null,
    // Absent where it is: keys of an earlier release stay what they were.
    ...(webhook && { webhook: { url: webhook.url, secret: webhook.secret ?? null } }),
  })
}

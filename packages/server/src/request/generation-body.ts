import type { JsonValue } from '@darkroom/once'
import { keyOf } from '@darkroom/once'
import { hash } from 'node:crypto'
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
import type { InputAsk, InputFields, InputFiles, InputsAsk } from './inputs-field.ts'
import { hasInputs, inputField, inputsAskOf, maxReferences } from './inputs-field.ts'
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

/** The most steps of one picture: more than any sampler gains from. */
const maxSteps = 150
const stepsRange = `must be a whole number from 1 to ${maxSteps}`

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
  inputs: InputsAsk
  strength: number | undefined
  steps: number | undefined
  /** Whether the size was asked for; if not, an edit has that of its image. */
  sizeGiven: boolean
}

interface GenerationBody extends InputFields {
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
  strength?: number | undefined
  steps?: number | undefined
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
  image: inputField.optional(),
  mask: inputField.optional(),
  references: z.array(inputField).max(maxReferences, `must be at most ${maxReferences} pictures`).optional(),
  strength: z.number('must be 0 to 1').min(0, 'must be 0 to 1').max(1, 'must be 0 to 1').optional(),
  steps: z.int(stepsRange).min(1, stepsRange).max(maxSteps, stepsRange).optional(),
})

/**
 * Reads the body of a native request.
 * @param files pictures that came beside it in a multipart body
 * @throws DarkroomError invalid_request, unknown_parameter
 */
export function parseGenerationBody(body: unknown, files: InputFiles = {}): GenerationAsk {
  const parsed = parseWith(generationBodySchema, body)
  const n = parsed.n ?? 1
  const inputs = inputsAskOf(parsed, files)
  if (parsed.strength !== undefined && inputs.image === undefined) {
    const message = 'strength: says how far to move away from image; give one, or leave strength out.'
    throw new DarkroomError('invalid_request', message, { param: 'strength' })
  }
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
    inputs,
    strength: parsed.strength,
    steps: parsed.steps,
    sizeGiven: [parsed.size, parsed.ar, parsed.w, parsed.h].some((part) => part !== undefined),
  }
}

/** Picture i takes seed + i; wrapping round would silently make two pictures of a large request equal. */
export function checkSeedRange(seed: number, n: number): number {
  if (seed + n - 1 <= maxSeed) return seed
  throw new DarkroomError('invalid_request', `seed + n - 1 must be at most ${maxSeed}.`, { param: 'seed' })
}

/** Tells equal bodies from different ones, for idempotency keys: what the body means, not how it was written. */
export function fingerprintOf(ask: GenerationAsk): string {
  const { webhook, inputs, strength, steps, sizeGiven: _, ...rest } = ask
  return keyOf({
    ...rest,
    tags: [...ask.tags],
    model: ask.model ?? null,
    negative: ask.negative ?? null,
    style: ask.style ?? null,
    // Absent where they are: keys of an earlier release stay what they were.
    ...(webhook && { webhook: { url: webhook.url, secret: webhook.secret ?? null } }),
    ...(strength === undefined ? {} : { strength }),
    ...(steps === undefined ? {} : { steps }),
    ...(hasInputs(inputs) ? { inputs: meaningOf(inputs) } : {}),
  })
}

/** Which pictures a body names: bytes by their hash. */
function meaningOf({ image, mask, references }: InputsAsk): JsonValue {
  const of = (input: InputAsk | undefined): JsonValue => {
    if (input === undefined) return null
    return 'file' in input ? { file: hash('sha256', input.file) } : { ...input }
  }
  return { image: of(image), mask: of(mask), references: references.map(of) }
}

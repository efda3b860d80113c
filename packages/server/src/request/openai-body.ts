import type { PictureFormat } from '@darkroom/picture'
import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import { modelField, promptField, scopeField, seedField } from './fields.ts'
import type { InputFiles } from './inputs-field.ts'
import { inputsAskOf } from './inputs-field.ts'
import type { GenerationAsk } from './generation-body.ts'
import { checkSeedRange, pictureCountField } from './generation-body.ts'
import { parseWith } from './query.ts'
import { resolveSize } from './size.ts'

/** A request on the OpenAI wire: the pictures, and how the answer carries them. */
export interface OpenAIImageAsk extends GenerationAsk {
  format: PictureFormat
  quality: number | undefined
  /** `undefined`: the caller did not say; both are sent, since clients of either generation of models exist. */
  responseFormat: 'url' | 'b64_json' | undefined
  stream: boolean
  /** How many previews a stream may carry, 0–3. */
  partialImages: number
  /** Parameters that were accepted and had no effect, in the words of the wire. */
  ignored: readonly string[]
}

/** `null` means "the default" in OpenAI's schema. */
function nullable<T>(schema: z.ZodType<T>): z.ZodType<T | null | undefined> {
  return schema.nullable().optional()
}

interface OpenAIImageBody {
  prompt: string
  model?: string | null | undefined
  n?: number | null | undefined
  size?: string | null | undefined
  quality?: string | null | undefined
  style?: string | null | undefined
  response_format?: 'url' | 'b64_json' | null | undefined
  output_format?: 'png' | 'jpeg' | 'webp' | null | undefined
  output_compression?: number | null | undefined
  background?: string | null | undefined
  moderation?: string | null | undefined
  stream?: boolean | null | undefined
  partial_images?: number | null | undefined
  user?: string | null | undefined
  seed?: number | null | undefined
  scope?: string | null | undefined
}

/** The body of `POST /v1/images/generations` (OpenAI's CreateImageRequest, with `seed` and `scope` besides). */
export const openAIImageBodySchema: z.ZodType<OpenAIImageBody> = z.strictObject({
  prompt: promptField,
  model: nullable(modelField),
  n: nullable(pictureCountField),
  size: nullable(z.string()).meta({ example: '1024x1024' }),
  quality: nullable(z.enum(['standard', 'hd', 'low', 'medium', 'high', 'auto'])),
  style: nullable(z.enum(['vivid', 'natural'])),
  response_format: nullable(z.enum(['url', 'b64_json'])),
  output_format: nullable(z.enum(['png', 'jpeg', 'webp'])),
  output_compression: nullable(
    z.int('must be 0 to 100').min(0, 'must be 0 to 100').max(100, 'must be 0 to 100'),
  ),
  background: nullable(z.enum(['transparent', 'opaque', 'auto'])),
  moderation: nullable(z.enum(['low', 'auto'])),
  stream: nullable(z.boolean()),
  partial_images: nullable(z.int('must be 0 to 3').min(0, 'must be 0 to 3').max(3, 'must be 0 to 3')),
  user: nullable(z.string().max(512)),
  seed: nullable(seedField),
  scope: nullable(scopeField),
})

/**
 * Reads an OpenAI image request.
 * @param files the pictures of an edit
 * @throws DarkroomError invalid_request, unknown_parameter, unsupported_by_backend
 */
export function parseOpenAIImageBody(body: unknown, files: InputFiles = {}): OpenAIImageAsk {
  return askOf(parseWith(openAIImageBodySchema, body), files)
}

function askOf(parsed: OpenAIImageBody, files: InputFiles): OpenAIImageAsk {
  const n = parsed.n ?? 1
  const size = parsed.size === 'auto' ? undefined : (parsed.size ?? undefined)
  const compression = parsed.output_compression ?? undefined
  const format = parsed.output_format ?? 'png'
  if (parsed.background === 'transparent') {
    throw new DarkroomError(
      'unsupported_by_backend',
      'Transparent backgrounds cannot be made: leave background out.',
      {
        param: 'background',
      },
    )
  }
  const ignored = ['quality', 'background', 'moderation'].filter((name) => {
    const value = parsed[name as 'quality']
    return value !== undefined && value !== null && value !== 'auto'
  })
  return {
    ...resolveSize({ size }),
    prompt: parsed.prompt,
    model: parsed.model ?? undefined,
    negative: undefined,
    style: parsed.style ?? undefined,
    seed: checkSeedRange(parsed.seed ?? 0, n),
    n,
    scope: parsed.scope ?? 'default',
    tags: [],
    webhook: undefined,
    inputs: inputsAskOf({}, files),
    strength: undefined,
    steps: undefined,
    sizeGiven: size !== undefined,
    format,
    // PNG is lossless; the wire's compression level of 0 would be no valid quality of ours.
    quality: compression === undefined || format === 'png' ? undefined : Math.max(1, compression),
    responseFormat: parsed.response_format ?? undefined,
    stream: parsed.stream ?? false,
    partialImages: parsed.partial_images ?? 0,
    ignored,
  }
}

/**
 * Reads the fields of an edit on the OpenAI wire: those of a generation, and `input_fidelity`.
 * @throws DarkroomError invalid_request, unknown_parameter, unsupported_by_backend
 */
export function parseOpenAIEditBody(body: unknown, files: InputFiles): OpenAIImageAsk {
  const { input_fidelity: fidelity, ...rest } = { ...(body as Record<string, unknown>) }
  if (fidelity !== undefined && fidelity !== 'high' && fidelity !== 'low') {
    throw new DarkroomError('invalid_request', 'input_fidelity: must be high or low.', {
      param: 'input_fidelity',
    })
  }
  const ask = parseOpenAIImageBody(rest, files)
  return fidelity === undefined ? ask : { ...ask, ignored: [...ask.ignored, 'input_fidelity'] }
}

/** How far a variation moves away from its picture: half the way. */
const variationStrength = 0.5

type VariationField = 'model' | 'n' | 'size' | 'response_format' | 'user' | 'seed' | 'scope'

/** The fields of a variation (OpenAI's CreateImageVariationRequest, with `seed` and `scope` besides). */
const openAIVariationSchema: z.ZodType<Pick<OpenAIImageBody, VariationField>> = z.strictObject({
  model: nullable(modelField),
  n: nullable(pictureCountField),
  size: nullable(z.string()),
  response_format: nullable(z.enum(['url', 'b64_json'])),
  user: nullable(z.string().max(512)),
  seed: nullable(seedField),
  scope: nullable(scopeField),
})

/**
 * Reads a variation on the OpenAI wire: an edit without a prompt. The first is of seed 0, so that asking again for the
 * same gives the same; others are asked for by `n` or `seed`.
 * @throws DarkroomError invalid_request, unknown_parameter
 */
export function parseOpenAIVariationBody(body: unknown, files: InputFiles): OpenAIImageAsk {
  if (typeof body === 'object' && body !== null && 'prompt' in body) {
    const message = 'prompt: a variation has none; send an image with a prompt to /v1/images/edits.'
    throw new DarkroomError('unknown_parameter', message, { param: 'prompt' })
  }
  const ask = askOf({ ...parseWith(openAIVariationSchema, body), prompt: '' }, files)
  return { ...ask, inputs: { ...ask.inputs, isVariation: true }, strength: variationStrength }
}

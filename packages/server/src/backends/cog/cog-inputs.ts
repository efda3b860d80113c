import { z } from 'zod'
import type { BackendInput, BackendRequest } from '../backend.ts'
import { BackendError } from '../backend.ts'
import { whiteMaskOf } from '../wire/alpha-mask.ts'

const name = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/u, 'must be the name of an input')
  .nullable()

/** How the parts of a request are called as inputs of a model; `null` where the model has none. */
export const cogInputsSchema = z.strictObject({
  prompt: name.default('prompt'),
  negative: name.default('negative_prompt'),
  seed: name.default('seed'),
  width: name.default('width'),
  height: name.default('height'),
  steps: name.default('num_inference_steps'),
  strength: name.default('prompt_strength'),
  image: name.default('image'),
  mask: name.default('mask'),
  /** A list of pictures; most models have none. */
  references: name.default(null),
  /** Inputs that are always the same, e.g. `{"output_format": "png"}`. */
  always: z.record(z.string(), z.json()).default({}),
})

/** The names of a model's inputs, complete. */
export type CogInputs = z.output<typeof cogInputsSchema>

/** The names that most models of Replicate have. */
export const defaultCogInputs: CogInputs = Object.freeze(cogInputsSchema.parse({}))

/** Reads `COG_INPUTS`. @returns the fault as the end of a sentence when it is none */
export function parseCogInputs(text: string): CogInputs | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'must be JSON like {"negative": null, "steps": "steps"}'
  }
  const parsed = cogInputsSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`.trim()
}

const dataUrl = ({ bytes, mediaType }: BackendInput): string =>
  `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`

const pngUrl = (bytes: Uint8Array): string => `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`

/**
 * The inputs of a prediction, and what is lost because the model has no such input.
 * Masks are sent as most models read them: white is drawn anew.
 * @param known the inputs that the model says it has; `undefined` when it does not say
 * @throws BackendError unsupported_by_backend for a picture that would be dropped
 */
export async function cogInputOf(
  names: CogInputs,
  request: BackendRequest,
  known: ReadonlySet<string> | undefined,
): Promise<{ input: Record<string, unknown>; warnings: string[] }> {
  const input: Record<string, unknown> = { ...names.always }
  const warnings: string[] = []
  const put = (what: string, field: string | null, value: unknown): void => {
    if (value === undefined) return
    if (field !== null && (known === undefined || known.has(field))) input[field] = value
    else warnings.push(`The ${what} was ignored: the model ${request.model} has no input for it.`)
  }
  const { image, mask, references } = request.inputs
  put('prompt', names.prompt, request.prompt)
  put('negative prompt', names.negative, request.negative)
  put('seed', names.seed, request.seed)
  put('width', names.width, request.widthPx)
  put('height', names.height, request.heightPx)
  put('number of steps', names.steps, request.steps)
  put('strength', names.strength, request.strength)
  const putPicture = (what: string, field: string | null, value: unknown): void => {
    const before = warnings.length
    put(what, field, value)
    if (warnings.length === before) return
    const message = `The model ${request.model} has no input for the ${what}: leave it out.`
    throw new BackendError('unsupported_by_backend', message, { retry: 'never' })
  }
  putPicture('image', names.image, image && dataUrl(image))
  putPicture('mask', names.mask, mask && (await whiteMaskOf(mask).then(pngUrl)))
  putPicture('references', names.references, references.length === 0 ? undefined : references.map(dataUrl))
  if (request.style !== undefined) warnings.push('The style was ignored: describe it in the prompt.')
  return { input, warnings }
}

import type { BackendRequest } from '../backend.ts'
import { BackendError } from '../backend.ts'
import { whiteMaskOf } from '../wire/alpha-mask.ts'
import type { Dialect } from './dialect.ts'
import { openAIDialect } from './dialects/openai.ts'
import type { ModelFamily } from './model-families.ts'

/**
 * The body of `POST /images/generations`, or the fields of `POST /images/edits`: those of OpenAI's requests that we
 * use, and what the dialect adds.
 */
export interface ImageRequestBody {
  model: string
  prompt: string
  n: number
  size: string
  output_format?: 'png'
  response_format?: 'b64_json'
  stream?: true
  partial_images?: number
  style?: string
}

/**
 * Translates a request for the model's family. `warnings` name what the model cannot take into account.
 * @param n pictures, with seeds in a row from the request's
 * @throws BackendError unsupported_by_backend (size, prompt length, inputs), before anything is sent or paid
 */
export function imageRequestOf(
  request: BackendRequest,
  partialImages: number,
  dialect: Dialect = openAIDialect,
  n = 1,
): { body: ImageRequestBody; warnings: string[] } {
  const family = dialect.familyOf(request.model)
  checkSize(request, family)
  checkPrompt(request, family)
  checkInputs(request, dialect)
  const warnings = ignoredBy(request, family, dialect)
  const prompt = dialect.promptOf(request)
  if (!prompt.startsWith(request.prompt)) {
    warnings.push('Server arguments inside the prompt were made harmless.')
  }
  const body = { ...bodyFor(request, family, partialImages), ...dialect.fieldsOf(request), prompt, n }
  return { body, warnings }
}

/** The same request with its pictures, as the multipart form of `POST /images/edits`. */
export async function editFormOf(
  body: ImageRequestBody,
  { inputs }: BackendRequest,
  dialect: Dialect,
): Promise<FormData> {
  const form = new FormData()
  for (const [name, value] of Object.entries(body)) form.set(name, String(value))
  const pictures = [...(inputs.image === undefined ? [] : [inputs.image]), ...inputs.references]
  // `dall-e-2` and unnamed servers know one `image`; an array of one is not the same to them.
  const field = dialect.editsOf(body.model).references === 0 ? 'image' : 'image[]'
  for (const [index, { bytes, mediaType }] of pictures.entries()) {
    const name = `image-${index}.${mediaType.replace('image/', '')}`
    form.append(field, new Blob([Buffer.from(bytes)], { type: mediaType }), name)
  }
  if (inputs.mask !== undefined) {
    const bytes = dialect.name === 'sd-server' ? await whiteMaskOf(inputs.mask) : inputs.mask.bytes
    form.set('mask', new Blob([Buffer.from(bytes)], { type: 'image/png' }), 'mask.png')
  }
  return form
}

/** Whether a request starts from pictures. */
export function hasInputs({ inputs }: BackendRequest): boolean {
  return inputs.image !== undefined || inputs.mask !== undefined || inputs.references.length > 0
}

function unsupported(message: string): BackendError {
  return new BackendError('unsupported_by_backend', message, { retry: 'never' })
}

function checkSize({ model, widthPx, heightPx }: BackendRequest, family: ModelFamily): void {
  const fault = family.sizeFault(widthPx, heightPx)
  if (fault === undefined) return
  throw unsupported(`The model ${model} cannot draw ${widthPx}x${heightPx}: ${fault}.`)
}

function checkPrompt({ model, prompt }: BackendRequest, family: ModelFamily): void {
  if (family.maxPromptChars === null || prompt.length <= family.maxPromptChars) return
  throw unsupported(
    `The model ${model} takes prompts of at most ${family.maxPromptChars} characters: shorten yours.`,
  )
}

function checkInputs({ model, inputs }: BackendRequest, dialect: Dialect): void {
  const can = dialect.editsOf(model)
  if (inputs.image !== undefined && !can.image)
    throw unsupported(`The model ${model} cannot change a picture: leave out the image.`)
  if (inputs.mask !== undefined && !can.mask)
    throw unsupported(`The model ${model} takes no mask: leave it out, and say in the prompt what to change.`)
  if (inputs.mask !== undefined && inputs.image === undefined)
    throw unsupported('A mask needs the picture that it belongs to: add the image.')
  if (inputs.references.length > can.references)
    throw unsupported(`The model ${model} takes ${can.references} reference pictures at most.`)
}

function ignoredBy(request: BackendRequest, family: ModelFamily, dialect: Dialect): string[] {
  const { model } = request
  const { takes } = dialect
  const warnings: string[] = []
  if (!takes.seed) {
    warnings.push(
      `The seed was ignored: ${model} takes none, so asking again for the same seed draws another picture.`,
    )
  }
  if (request.negative !== undefined && !takes.negative) {
    warnings.push(`The negative prompt was ignored: ${model} takes none; say in the prompt what to avoid.`)
  }
  if (request.style !== undefined && !family.styles.includes(request.style)) {
    const known = family.styles.length > 0 ? `knows ${family.styles.join(' and ')}` : 'takes none'
    warnings.push(`The style was ignored: ${model} ${known}; describe the style in the prompt.`)
  }
  if (request.steps !== undefined && !takes.steps) {
    warnings.push(`The number of steps was ignored: ${model} takes none.`)
  }
  if (request.strength !== undefined && !takes.strength) {
    warnings.push(`The strength was ignored: ${model} takes none; say in the prompt how much to change.`)
  }
  return warnings
}

function bodyFor(request: BackendRequest, family: ModelFamily, partialImages: number): ImageRequestBody {
  const body: ImageRequestBody = {
    model: request.model,
    prompt: request.prompt,
    n: 1,
    size: `${request.widthPx}x${request.heightPx}`,
  }
  if (family.asks === 'output_format') body.output_format = 'png'
  else body.response_format = 'b64_json'
  if (family.streams && partialImages > 0) {
    body.stream = true
    body.partial_images = partialImages
  }
  if (request.style !== undefined && family.styles.includes(request.style)) body.style = request.style
  return body
}

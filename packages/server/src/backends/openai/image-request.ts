import type { BackendRequest } from '../backend.ts'
import { BackendError } from '../backend.ts'
import type { ModelFamily } from './model-families.ts'
import { familyOf } from './model-families.ts'

/** The body of `POST /images/generations`: the fields of OpenAI's CreateImageRequest that we use. */
export interface ImageRequestBody {
  model: string
  prompt: string
  n: 1
  size: string
  output_format?: 'png'
  response_format?: 'b64_json'
  stream?: true
  partial_images?: number
  style?: string
}

/**
 * Translates a request for the model's family. `warnings` name what the model cannot take into account.
 * @throws BackendError unsupported_by_backend (size or prompt length), before anything is sent or paid
 */
export function imageRequestOf(
  request: BackendRequest,
  partialImages: number,
): { body: ImageRequestBody; warnings: string[] } {
  const family = familyOf(request.model)
  checkSize(request, family)
  checkPrompt(request, family)
  const warnings = ignoredBy(request, family)
  const prompt = family.name === 'compatible' ? withoutServerArguments(request.prompt) : request.prompt
  if (prompt !== request.prompt) warnings.push('Server arguments inside the prompt were made harmless.')
  return { body: { ...bodyFor(request, family, partialImages), prompt }, warnings }
}

function checkSize({ model, widthPx, heightPx }: BackendRequest, family: ModelFamily): void {
  const fault = family.sizeFault(widthPx, heightPx)
  if (fault === undefined) return
  const message = `The model ${model} cannot draw ${widthPx}x${heightPx}: ${fault}.`
  throw new BackendError('unsupported_by_backend', message, { retry: 'never' })
}

function checkPrompt({ model, prompt }: BackendRequest, family: ModelFamily): void {
  if (family.maxPromptChars === null || prompt.length <= family.maxPromptChars) return
  const message = `The model ${model} takes prompts of at most ${family.maxPromptChars} characters: shorten yours.`
  throw new BackendError('unsupported_by_backend', message, { retry: 'never' })
}

function ignoredBy(request: BackendRequest, family: ModelFamily): string[] {
  const warnings = [
    `The seed was ignored: ${request.model} takes none, so asking again for the same seed draws another picture.`,
  ]
  if (request.negative !== undefined) {
    warnings.push(
      `The negative prompt was ignored: ${request.model} takes none; say in the prompt what to avoid.`,
    )
  }
  if (request.style !== undefined && !family.styles.includes(request.style)) {
    const known = family.styles.length > 0 ? `knows ${family.styles.join(' and ')}` : 'takes none'
    warnings.push(`The style was ignored: ${request.model} ${known}; describe the style in the prompt.`)
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

/**
 * stable-diffusion.cpp's server reads `<sd_cpp_extra_args>{…}</sd_cpp_extra_args>` out of the *user's* prompt and
 * obeys it: a caller could set any sampler option, or thousands of steps. A space breaks the tag.
 */
function withoutServerArguments(prompt: string): string {
  return prompt.replaceAll(/<(\/?)(?=sd_cpp_extra_args)/giu, '< $1')
}

/** A refusal of OpenAI's, with its envelope's `error`. */
export interface Refusal {
  status: number
  error: { message: string; type: string; param: string | null; code: string | null }
}

/** The parameters of each kind of model; the real server answers 400 to any other. */
const common = ['model', 'prompt', 'n', 'size', 'quality', 'user']
const gptOnly = [
  'output_format',
  'output_compression',
  'stream',
  'partial_images',
  'background',
  'moderation',
]

/**
 * What OpenAI would refuse of a request: a wrong key, an unknown model, a missing prompt, a parameter or a size
 * that the model does not have. Written from its API reference, apart from the adapter's own tables.
 */
export function refusalOf(
  body: Record<string, unknown>,
  authorization: string,
  rules: { apiKey?: string; models?: readonly string[]; extensions?: readonly string[] },
): Refusal | undefined {
  const model = typeof body['model'] === 'string' ? body['model'] : ''
  if (rules.apiKey !== undefined && authorization !== `Bearer ${rules.apiKey}`) {
    return refuse(401, 'Incorrect API key provided.', null, 'invalid_api_key')
  }
  if (rules.models !== undefined && !rules.models.includes(model)) {
    return refuse(404, `The model '${model}' does not exist.`, 'model', 'model_not_found')
  }
  if (typeof body['prompt'] !== 'string' || body['prompt'] === '') {
    return refuse(400, "Missing required parameter: 'prompt'.", 'prompt', 'missing_required_parameter')
  }
  const known = [...parametersOf(model), ...(rules.extensions ?? [])]
  const unknown = Object.keys(body).find((name) => !known.includes(name))
  if (unknown !== undefined)
    return refuse(400, `Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter')
  if (!sizePattern(model).test(String(body['size'])))
    return refuse(400, 'Invalid size.', 'size', 'invalid_value')
  return undefined
}

function refuse(status: number, message: string, param: string | null, code: string): Refusal {
  return { status, error: { message, type: 'invalid_request_error', param, code } }
}

function parametersOf(model: string): readonly string[] {
  if (model.startsWith('gpt-image') || model === 'chatgpt-image-latest') return [...common, ...gptOnly]
  return [...common, 'response_format', ...(model === 'dall-e-3' ? ['style'] : [])]
}

function sizePattern(model: string): RegExp {
  if (/^(?:gpt-image-1|chatgpt)/u.test(model)) return /^(?:1024x1024|1536x1024|1024x1536)$/u
  if (model === 'dall-e-3') return /^(?:1024x1024|1792x1024|1024x1792)$/u
  if (model === 'dall-e-2') return /^(?:256x256|512x512|1024x1024)$/u
  return /^[1-9]\d{1,4}x[1-9]\d{1,4}$/u
}

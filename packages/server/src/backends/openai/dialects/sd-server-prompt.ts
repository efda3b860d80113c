import type { BackendRequest } from '../../backend.ts'
import { withoutTags } from '../../wire/prompt-tags.ts'

/**
 * stable-diffusion.cpp's server reads `<sd_cpp_extra_args>{…}</sd_cpp_extra_args>` out of the *user's* prompt and
 * obeys it: a caller could set any sampler option, or thousands of steps. A space breaks the tag.
 */
export function withoutServerArguments(prompt: string): string {
  return prompt.replaceAll(/<(\/?)(?=sd_cpp_extra_args)/giu, '< $1')
}

/**
 * The prompt with our own arguments behind it: the only way to hand that server a seed, steps or a negative prompt
 * through OpenAI's API. It takes them out again before it draws.
 */
export function withOwnArguments(request: BackendRequest): string {
  const { image, references } = request.inputs
  // Without a picture to change, the first reference would be taken for one: a strength of 1 forgets it.
  const strength = image === undefined && references.length > 0 ? 1 : request.strength
  const args = {
    seed: request.seed,
    // Otherwise the prompt stands in the picture for anybody to read.
    embed_image_metadata: false,
    ...(request.negative === undefined ? {} : { negative_prompt: request.negative }),
    ...(request.steps === undefined ? {} : { sample_params: { sample_steps: request.steps } }),
    ...(strength === undefined ? {} : { strength }),
  }
  // It refuses what is left empty without them; a full stop says as little.
  const isVariation = request.prompt === '' && image !== undefined
  const prompt = isVariation ? '.' : withoutTags(withoutServerArguments(request.prompt))
  // No `<` may be left in it: the server looks for the closing tag and not for the end of the JSON.
  const json = JSON.stringify(args).replaceAll('<', String.raw`\u003c`)
  return `${prompt}<sd_cpp_extra_args>${json}</sd_cpp_extra_args>`
}

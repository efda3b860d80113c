import type { BackendRequest } from '../backend.ts'
import { BackendError } from '../backend.ts'
import { withoutServerArguments } from '../openai/dialects/sd-server-prompt.ts'
import { whiteMaskOf } from '../wire/alpha-mask.ts'
import { withoutTags } from '../wire/prompt-tags.ts'

/** The name that means: whatever checkpoint the server has loaded. */
export const currentModel = 'current'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/**
 * What would load files at the server or run its extensions, made words: `<lora:…>` and its kin, `__wildcards__`, and
 * stable-diffusion.cpp's own arguments. Emphasis `(x:1.2)`, `[a:b:0.5]`, BREAK and AND only weigh the caller's own
 * words and pass.
 */
export function harmlessPrompt(text: string): string {
  return withoutTags(withoutServerArguments(text)).replaceAll(/__(?=[^\s_])/gu, '_ _')
}

/** The route and the body of a request. @throws BackendError unsupported_by_backend */
export async function a1111RequestOf(
  request: BackendRequest,
  taskId: string,
): Promise<{ path: string; body: Record<string, unknown>; warnings: string[] }> {
  const { image, mask } = request.inputs
  const prompt = harmlessPrompt(request.prompt)
  const body = {
    prompt,
    negative_prompt: harmlessPrompt(request.negative ?? ''),
    seed: request.seed,
    width: request.widthPx,
    height: request.heightPx,
    batch_size: 1,
    n_iter: 1,
    send_images: true,
    save_images: false,
    do_not_save_samples: true,
    do_not_save_grid: true,
    force_task_id: taskId,
    ...(request.steps === undefined ? {} : { steps: request.steps }),
    ...(request.model === currentModel
      ? {}
      : {
          override_settings: { sd_model_checkpoint: request.model },
          // Otherwise the weights of before are loaded again after every picture.
          override_settings_restore_afterwards: false,
        }),
    ...(image === undefined
      ? {}
      : {
          init_images: [base64(image.bytes)],
          ...(request.strength === undefined ? {} : { denoising_strength: request.strength }),
        }),
    ...(mask === undefined
      ? {}
      : {
          mask: base64(await whiteMaskOf(mask)),
          // What was there is drawn over, in the whole picture.
          inpainting_fill: 1,
          inpaint_full_res: false,
        }),
  }
  const warnings = prompt === request.prompt ? [] : ['Server commands inside the prompt were made harmless.']
  if (request.style !== undefined) warnings.push('The style was ignored: describe it in the prompt.')
  if (request.strength !== undefined && image === undefined) {
    warnings.push('The strength was ignored: there is no picture to change.')
  }
  return { path: image === undefined ? '/sdapi/v1/txt2img' : '/sdapi/v1/img2img', body, warnings }
}

/** @throws BackendError unsupported_by_backend, before anything is sent */
export function checkA1111Request({ widthPx, heightPx, inputs }: BackendRequest): void {
  const refuse = (message: string): never => {
    throw new BackendError('unsupported_by_backend', message, { retry: 'never' })
  }
  // Latents are an eighth of a picture's sides.
  if (widthPx % 8 !== 0 || heightPx % 8 !== 0) {
    refuse(`The model server cannot draw ${widthPx}x${heightPx}: its sides must be multiples of 8.`)
  }
  if (inputs.references.length > 0) refuse('The model server takes no reference pictures: leave them out.')
  if (inputs.mask !== undefined && inputs.image === undefined)
    refuse('A mask needs the picture that it belongs to.')
}

import type { BackendRequest } from '../../backend.ts'
import { withoutTags } from '../../wire/prompt-tags.ts'
import type { Dialect } from '../dialect.ts'
import { compatible } from '../model-families.ts'

/** The names that vLLM-Omni and SGLang share with diffusers. */
function diffusersFields(request: BackendRequest): Record<string, unknown> {
  return {
    seed: request.seed,
    ...(request.negative === undefined ? {} : { negative_prompt: request.negative }),
    ...(request.steps === undefined ? {} : { num_inference_steps: request.steps }),
  }
}

const diffusers = {
  takes: { seed: true, negative: true, steps: true, strength: false },
  // They take several pictures and know no mask (SGLang's parameter `mask` is not read).
  editsOf: () => ({ image: true, mask: false, references: 7 }),
  inputsAs: 'files' as const,
  // `n` there is several pictures of one seed: not what each would be alone.
  batch: 1,
  oneAtATime: false,
  warms: 'draws' as const,
  promptOf: ({ prompt }: BackendRequest) => prompt,
  fieldsOf: diffusersFields,
}

/** vLLM-Omni, per its documentation and protocol definitions (2026-11). */
export const vllmOmniDialect: Dialect = Object.freeze({
  ...diffusers,
  name: 'vllm-omni',
  names: { url: 'VLLM_OMNI_URL', key: 'VLLM_OMNI_API_KEY' },
  rendererVersion: 'vllm-omni-1',
  familyOf: () => ({ ...compatible, name: 'vllm-omni' }),
} satisfies Dialect)

/** SGLang's diffusion server, per its documentation and routes (2026-11). */
export const sglangDialect: Dialect = Object.freeze({
  ...diffusers,
  name: 'sglang',
  names: { url: 'SGLANG_URL', key: 'SGLANG_API_KEY' },
  rendererVersion: 'sglang-1',
  familyOf: () => ({ ...compatible, name: 'sglang' }),
} satisfies Dialect)

/** LocalAI reads what follows a `|` as the negative prompt: users' bars become commas. It also reads LoRA tags. */
function harmless(text: string): string {
  return withoutTags(text).replaceAll('|', ',')
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** LocalAI, per its documentation and route (2026-11). */
export const localAIDialect: Dialect = Object.freeze({
  name: 'localai',
  names: { url: 'LOCALAI_URL', key: 'LOCALAI_API_KEY' },
  rendererVersion: 'localai-2',
  familyOf: () => ({ ...compatible, name: 'localai' }),
  takes: { seed: true, negative: true, steps: true, strength: false },
  editsOf: () => ({ image: true, mask: false, references: 7 }),
  inputsAs: 'json',
  batch: 1,
  oneAtATime: false,
  warms: 'draws',
  promptOf: ({ prompt, negative }) =>
    harmless(prompt) + (negative === undefined ? '' : `|${harmless(negative)}`),
  fieldsOf: ({ seed, steps, inputs }) => ({
    seed,
    ...(steps === undefined ? {} : { step: steps }),
    ...(inputs.image === undefined ? {} : { file: base64(inputs.image.bytes) }),
    ...(inputs.references.length === 0
      ? {}
      : { ref_images: inputs.references.map(({ bytes }) => base64(bytes)) }),
  }),
} satisfies Dialect)

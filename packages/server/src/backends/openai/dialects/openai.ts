import type { BackendEdits } from '../../backend.ts'
import { noEdits } from '../../backend.ts'
import { openAINames } from '../../wire/server-names.ts'
import { withoutTags } from '../../wire/prompt-tags.ts'
import type { Dialect } from '../dialect.ts'
import { familyOf } from '../model-families.ts'
import { withoutServerArguments } from './sd-server-prompt.ts'

/** OpenAI itself, and any server that speaks its Images API without saying which one it is. */
export const openAIDialect: Dialect = Object.freeze({
  name: 'openai',
  names: openAINames,
  rendererVersion: 'openai-1',
  familyOf,
  takes: { seed: false, negative: false, steps: false, strength: false },
  editsOf,
  inputsAs: 'files',
  batch: 1,
  oneAtATime: false,
  warms: 'asks',
  promptOf: ({ model, prompt }) =>
    // An unnamed server may be stable-diffusion.cpp's.
    familyOf(model).name === 'compatible' ? withoutTags(withoutServerArguments(prompt)) : prompt,
  fieldsOf: () => ({}),
} satisfies Dialect)

/** OpenAI's CreateImageEditRequest: GPT models take 16 pictures, `dall-e-2` one, `dall-e-3` none. */
function editsOf(model: string): Omit<BackendEdits, 'variation'> {
  const { name } = familyOf(model)
  if (name === 'dall-e-3') return noEdits
  return { image: true, mask: true, references: name.startsWith('gpt-image') ? 15 : 0 }
}

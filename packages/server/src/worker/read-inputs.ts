import { inspectPicture, makeVariant, resolveVariant } from '@darkroom/picture'
import type { BackendInput, BackendInputs } from '../backends/backend.ts'
import { BackendError, noInputs } from '../backends/backend.ts'
import type { GenerationRow, StoredInput } from '../generation/generation-row.ts'
import type { Objects } from '../storage/objects.ts'

/**
 * The pictures that a generation starts from, as a model server takes them: PNG, JPEG or WebP, upright.
 * @throws BackendError unknown_image, when one was taken down since
 */
export async function readInputs(
  { inputs }: Pick<GenerationRow, 'inputs'>,
  objects: Pick<Objects, 'get' | 'hashOf'>,
): Promise<BackendInputs> {
  if (inputs === null) return noInputs
  const read = (input: StoredInput): Promise<BackendInput> => readInput(input, objects)
  return {
    ...(inputs.image && { image: await read(inputs.image) }),
    // A mask needs its transparency, which only a PNG is sure to have at every server.
    ...(inputs.mask && { mask: await readInput(inputs.mask, objects, 'png') }),
    references: await Promise.all(inputs.references.map(read)),
  }
}

const plainFormats: readonly string[] = ['png', 'jpeg', 'webp']

async function readInput(
  { hash }: StoredInput,
  objects: Pick<Objects, 'get' | 'hashOf'>,
  only?: 'png',
): Promise<BackendInput> {
  const found = await objects.get(hash)
  if (found === undefined) {
    throw new BackendError('unknown_image', 'A picture that this one starts from was taken down.', {
      retry: 'never',
    })
  }
  const facts = await inspectPicture(found.value)
  const { format, orientation } = facts
  const isPlain = orientation === 1 && (only === undefined ? plainFormats.includes(format) : format === only)
  if (isPlain) return { bytes: found.value, mediaType: `image/${format}`, sha256: hash }
  const { bytes } = await makeVariant(found.value, resolveVariant(facts, { format: 'png' }))
  return { bytes, mediaType: 'image/png', sha256: objects.hashOf(bytes) }
}

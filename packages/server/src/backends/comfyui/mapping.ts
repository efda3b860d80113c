import { z } from 'zod'
import { isPointer } from './json-pointer.ts'

const pointer = z.string().refine(isPointer, 'must be a JSON pointer like /6/inputs/text')
const pointers = z.union(
  [pointer.transform((one) => [one]), z.array(pointer).min(1)],
  'must be a JSON pointer like /6/inputs/text, or a list of them',
)

/** Where in a workflow each part of a request is written: JSON pointers (RFC 6901) into the API format. */
export const mappingSchema = z.strictObject({
  prompt: pointers,
  /** `null`: the workflow has no seed, and makes the same picture, or any. */
  seed: pointers.nullable(),
  /** `null` for both: the workflow draws `size` and nothing else. */
  width: pointers.nullable(),
  height: pointers.nullable(),
  size: z.tuple([z.int().min(1).max(16_384), z.int().min(1).max(16_384)]).optional(),
  negative: pointers.optional(),
  steps: pointers.optional(),
  /** The denoising strength, 0..1. */
  strength: pointers.optional(),
  /** The file names of nodes that load pictures: one to change, its mask, and others in their order. */
  image: pointers.optional(),
  mask: pointers.optional(),
  references: z.array(pointer).optional(),
  /** The id of the node whose picture is the result; unset, the one node that saves. */
  output: z.string().optional(),
})

/** A checked mapping; single pointers stand in a list. */
export type Mapping = z.output<typeof mappingSchema>

/** What kind of value must stand where a part of a request is written. */
export const mappedKinds: Readonly<Record<Exclude<keyof Mapping, 'size' | 'output'>, 'string' | 'number'>> = {
  prompt: 'string',
  seed: 'number',
  width: 'number',
  height: 'number',
  negative: 'string',
  steps: 'number',
  strength: 'number',
  image: 'string',
  mask: 'string',
  references: 'string',
}

import { z } from 'zod'
import { DarkroomError } from '../errors.ts'
import { isImageId } from './image-query.ts'

/** A picture to start from: one that is stored here, one to be fetched, or the bytes of a multipart body. */
export type InputAsk = { image: string } | { url: string } | { file: Uint8Array }

/** The pictures that a request starts from. */
export interface InputsAsk {
  image: InputAsk | undefined
  mask: InputAsk | undefined
  references: readonly InputAsk[]
  /** Whether the image is to be varied without a prompt. */
  isVariation?: true
}

/** A request that starts from its prompt alone. */
export const noInputsAsk: InputsAsk = Object.freeze({
  image: undefined,
  mask: undefined,
  references: Object.freeze([]),
})

/** The most reference pictures of one request, as on the OpenAI wire. */
export const maxReferences: number = 16

/** As JSON says it. */
export interface InputField {
  image?: string | undefined
  url?: string | undefined
}

/** `{"image": "img_…"}` or `{"url": "https://…"}`. */
export const inputField: z.ZodType<InputField> = z
  .strictObject({
    image: z
      .string()
      .refine(isImageId, 'must be the id of a stored picture: img_ and 32 characters')
      .optional(),
    url: z
      .string('must be a URL')
      .min(1, 'must be a URL')
      .max(8192, 'is longer than 8192 characters')
      .optional(),
  })
  .refine(
    ({ image, url }) => (image === undefined) !== (url === undefined),
    'must have one of image (the id of a stored picture) and url',
  )

/** The fields of a body that name pictures. */
export interface InputFields {
  image?: InputField | undefined
  mask?: InputField | undefined
  references?: readonly InputField[] | undefined
}

/** Pictures that came as parts of a multipart body, by the name of the part. */
export interface InputFiles {
  image?: Uint8Array | undefined
  mask?: Uint8Array | undefined
  references?: readonly Uint8Array[] | undefined
}

/**
 * What the JSON names and what came beside it, as one.
 * @throws DarkroomError invalid_request for a picture that is given in both ways, and for too many references
 */
export function inputsAskOf(fields: InputFields, files: InputFiles = {}): InputsAsk {
  const references = [
    ...(fields.references ?? []).map(askOfField),
    ...(files.references ?? []).map((file) => ({ file })),
  ]
  if (references.length > maxReferences) {
    const message = `references: at most ${maxReferences} pictures can be given.`
    throw new DarkroomError('invalid_request', message, { param: 'references' })
  }
  return { image: oneOf('image', fields, files), mask: oneOf('mask', fields, files), references }
}

function oneOf(name: 'image' | 'mask', fields: InputFields, files: InputFiles): InputAsk | undefined {
  const field = fields[name]
  const file = files[name]
  if (field !== undefined && file !== undefined) {
    const message = `${name}: give it once, in the JSON or as a part of the body.`
    throw new DarkroomError('invalid_request', message, { param: name })
  }
  if (file !== undefined) return { file }
  return field === undefined ? undefined : askOfField(field)
}

function askOfField({ image, url }: InputField): InputAsk {
  return image === undefined ? { url: url ?? '' } : { image }
}

/** Whether a request starts from any picture. */
export function hasInputs({ image, mask, references }: InputsAsk): boolean {
  return image !== undefined || mask !== undefined || references.length > 0
}

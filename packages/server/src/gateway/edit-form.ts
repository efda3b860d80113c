import { DarkroomError } from '../errors.ts'
import type { InputFiles } from '../request/inputs-field.ts'
import { maxReferences } from '../request/inputs-field.ts'
import { maxJsonBytes, mediaTypeOfRequest, parseJson, readFormData, readJsonBody } from './body.ts'
import type { GatewayServices } from './services.ts'

/** Some fields and a picture in each part that may be repeated. */
const maxParts = maxReferences + 24

/** The OpenAI client sends a list as `image[]`, curl users repeat `image`. */
const imageParts: readonly string[] = ['image', 'image[]']
const referenceParts: readonly string[] = ['references', 'references[]']

/** What a request brings: its fields, and the pictures beside them. */
export interface EditForm {
  body: unknown
  files: InputFiles
}

/**
 * A native request: JSON, or multipart with the JSON in a part named `generation` and pictures in `image`, `mask`
 * and `references`.
 * @throws DarkroomError what the body is refused with
 */
export async function readNativeForm(request: Request, services: GatewayServices): Promise<EditForm> {
  if (mediaTypeOfRequest(request) !== 'multipart/form-data')
    return { body: await readJsonBody(request), files: {} }
  const form = await formOf(request, services, referenceParts)
  const json = form.get('generation')
  if (json === null) {
    const message = 'Put the JSON of the generation in a part named generation.'
    throw new DarkroomError('invalid_request', message, { param: 'generation' })
  }
  refuseOthers(form, ['generation', 'image', 'mask', ...referenceParts])
  const references = await filesOf(form, referenceParts, services)
  const [image] = await filesOf(form, ['image'], services)
  const [mask] = await filesOf(form, ['mask'], services)
  // With or without a file name: clients differ in how they send JSON as a part.
  const body = parseJson(typeof json === 'string' ? json : await json.text())
  return { body, files: { image, mask, references } }
}

/** Fields of the OpenAI wire that are no texts; a form has only texts. */
const numberFields = new Set(['n', 'output_compression', 'partial_images', 'seed'])

/**
 * An edit or a variation on the OpenAI wire: the first `image` is what is changed, the others are references.
 * @throws DarkroomError unsupported_media_type, invalid_request and what the body is refused with
 */
export async function readOpenAIEditForm(request: Request, services: GatewayServices): Promise<EditForm> {
  if (mediaTypeOfRequest(request) !== 'multipart/form-data') {
    await readJsonBody(request).catch(() => undefined)
    const message = 'Send the body as multipart/form-data, with the picture in a part named image.'
    throw new DarkroomError('unsupported_media_type', message, { param: 'Content-Type' })
  }
  const form = await formOf(request, services, imageParts)
  const [image, ...references] = await filesOf(form, imageParts, services)
  if (image === undefined) {
    const message = 'image: is required; put the picture to change in a part of that name.'
    throw new DarkroomError('invalid_request', message, { param: 'image' })
  }
  const [mask] = await filesOf(form, ['mask'], services)
  const body: Record<string, unknown> = {}
  for (const [name, value] of form) {
    if (imageParts.includes(name) || name === 'mask') continue
    if (typeof value === 'string') body[name] = valueOf(name, value)
    else
      throw new DarkroomError('unknown_parameter', 'Pictures go into image and mask.', {
        param: name.slice(0, 64),
      })
  }
  return { body, files: { image, mask, references } }
}

function valueOf(name: string, text: string): unknown {
  // What is no number stays a text, which the schema refuses in words.
  if (numberFields.has(name) && /^-?\d{1,15}(?:\.\d{1,9})?$/u.test(text)) return Number(text)
  if (name === 'stream' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

async function formOf(
  request: Request,
  services: GatewayServices,
  names: readonly string[],
): Promise<FormData> {
  // An image, its mask and some references: each may be as large as an upload, together not much larger.
  return await readFormData(request, services.maxUploadBytes * 2 + maxJsonBytes, { names, maxParts })
}

function refuseOthers(form: FormData, names: readonly string[]): void {
  const other = [...form.keys()].find((name) => !names.includes(name))
  if (other === undefined) return
  throw new DarkroomError(
    'unknown_parameter',
    `The parts are ${names.slice(0, 4).join(', ')}; remove the others.`,
    {
      param: other.slice(0, 64),
    },
  )
}

async function filesOf(
  form: FormData,
  names: readonly string[],
  services: GatewayServices,
): Promise<Uint8Array[]> {
  const files: Uint8Array[] = []
  for (const name of names) {
    for (const part of form.getAll(name)) {
      const param = name.slice(0, 64)
      if (typeof part === 'string') {
        throw new DarkroomError('invalid_request', `${name}: must be a file.`, { param })
      }
      if (part.size > services.maxUploadBytes) {
        const message = `${name}: may have at most ${services.maxUploadBytes} bytes.`
        throw new DarkroomError('body_too_large', message, { param })
      }
      files.push(new Uint8Array(await part.arrayBuffer()))
    }
  }
  return files
}

import { DarkroomError } from '../errors.ts'
import { doubledName } from '../request/doubled-name.ts'

/** A JSON body has prompts and tags, never pictures. */
export const maxJsonBytes: number = 1024 * 1024

/** How much of a refused body is read and thrown away, so that its sender gets to read the answer. */
const maxDiscardedBytes = 128 * 1024 * 1024

/**
 * Reads a JSON body.
 * @throws DarkroomError unsupported_media_type, body_too_large, invalid_json, duplicate_parameter
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const mediaType = mediaTypeOfRequest(request)
  if (mediaType !== 'application/json' && !mediaType.endsWith('+json')) {
    await discard(request)
    throw new DarkroomError('unsupported_media_type', 'Send the body as Content-Type: application/json.')
  }
  const bytes = await readBytes(request, maxJsonBytes)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new DarkroomError('invalid_json', 'The body is not valid UTF-8.')
  }
  return parseJson(text)
}

/** @throws DarkroomError invalid_json, duplicate_parameter */
export function parseJson(text: string): unknown {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new DarkroomError('invalid_json', 'The body is not valid JSON; check quotes, commas and braces.')
  }
  const doubled = doubledName(text)
  if (doubled !== undefined) throw givenTwice(doubled)
  return json
}

function givenTwice(name: string): DarkroomError {
  const param = name.slice(0, 64)
  return new DarkroomError('duplicate_parameter', `${param} was given twice; give it once.`, { param })
}

/**
 * Reads a multipart body. Bounded before parsing: the platform's parser holds all parts in memory. The parts' headers
 * get some room.
 * @throws DarkroomError body_too_large, invalid_request, duplicate_parameter
 */
export async function readFormData(request: Request, maxBytes: number): Promise<FormData> {
  const bytes = await readBytes(request, maxBytes + 64 * 1024)
  const contentType = request.headers.get('content-type') ?? ''
  let form: FormData
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData()
  } catch (error) {
    throw new DarkroomError('invalid_request', 'The multipart body cannot be parsed; check its boundary.', {
      cause: error,
    })
  }
  const names = [...form.keys()]
  const doubled = names.find((name, index) => names.indexOf(name) !== index)
  if (doubled !== undefined) throw givenTwice(doubled)
  return form
}

/** The media type of a request's body in lower case, without parameters; empty when there is none. */
export function mediaTypeOfRequest(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/**
 * Reads a body of at most `maxBytes`.
 * @throws DarkroomError body_too_large, after the rest was thrown away
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBytes) {
    await discard(request)
    throw tooLarge(maxBytes)
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size <= maxBytes) chunks.push(chunk)
    else chunks.length = 0
    if (size > maxDiscardedBytes) break
  }
  if (size > maxBytes) throw tooLarge(maxBytes)
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

function tooLarge(maxBytes: number): DarkroomError {
  return new DarkroomError('body_too_large', `The body may have at most ${maxBytes} bytes.`)
}

/**
 * Reads a refused body to its end, within bounds. Answering while the client still sends resets the connection,
 * and the client then reports a broken pipe instead of the reason.
 */
async function discard(request: Request): Promise<void> {
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > maxDiscardedBytes) break
  }
}

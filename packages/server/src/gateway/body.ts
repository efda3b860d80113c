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
export async function readJsonBody(request: Request, maxBytes: number = maxJsonBytes): Promise<unknown> {
  const mediaType = mediaTypeOfRequest(request)
  if (mediaType !== 'application/json' && !mediaType.endsWith('+json')) {
    await discard(request)
    const came = mediaType === '' ? 'came without a type' : `came as ${mediaType.slice(0, 64)}`
    const message = `Send the body as JSON, with Content-Type: application/json; it ${came}.`
    throw new DarkroomError('unsupported_media_type', message, { param: 'Content-Type' })
  }
  await refuseEncoded(request)
  const bytes = await readBytes(request, maxBytes)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new DarkroomError('invalid_json', 'The body is not valid UTF-8; encode it as UTF-8.', {
      param: 'body',
    })
  }
  return parseJson(text)
}

/** A body of plain text, such as CSV. @throws DarkroomError body_too_large, invalid_request */
export async function readTextBody(request: Request, maxBytes: number): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(request, maxBytes))
  } catch (error) {
    if (error instanceof DarkroomError) throw error
    throw new DarkroomError('invalid_request', 'The body is not valid UTF-8.')
  }
}

/** @throws DarkroomError invalid_json, duplicate_parameter */
export function parseJson(text: string): unknown {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    const message =
      'The body is not valid JSON, like {"name": "text", "other": 2}; check quotes, commas and braces, and write numbers in digits.'
    throw new DarkroomError('invalid_json', message, { param: 'body' })
  }
  const doubled = doubledName(text)
  if (doubled !== undefined) throw givenTwice(doubled)
  return json
}

/** @throws DarkroomError unsupported_media_type: a small compressed body may be a very large one */
async function refuseEncoded(request: Request): Promise<void> {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return
  await discard(request)
  const message = 'Send the body as it is, without Content-Encoding: compressed bodies are not read.'
  throw new DarkroomError('unsupported_media_type', message, { param: 'Content-Encoding' })
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
export async function readFormData(
  request: Request,
  maxBytes: number,
  /** Parts that may come more than once, and how many parts there may be then. */
  repeatable: { names: readonly string[]; maxParts: number } = { names: [], maxParts },
): Promise<FormData> {
  const bytes = await readBytes(request, maxBytes + 64 * 1024)
  const contentType = request.headers.get('content-type') ?? ''
  requireFewParts(bytes, contentType, repeatable.maxParts)
  let form: FormData
  try {
    form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } }).formData()
  } catch (error) {
    const message =
      'The multipart body cannot be parsed; name its boundary, as Content-Type: multipart/form-data; boundary=…'
    throw new DarkroomError('invalid_request', message, { param: 'Content-Type', cause: error })
  }
  const names = [...form.keys()]
  const doubled = names.find(
    (name, index) => names.indexOf(name) !== index && !repeatable.names.includes(name),
  )
  if (doubled !== undefined) throw givenTwice(doubled)
  return form
}

/** Forms of ours have two parts at most; some clients add some of their own. */
const maxParts = 16
/** Of one part, in bytes: its name, its file's name, its type. */
const maxPartHeaderBytes = 8 * 1024

/**
 * Refuses a body of very many parts, or of very long headers, before the platform's parser makes an object of each: a
 * body of allowed size would keep this process busy for seconds.
 * @throws DarkroomError invalid_request
 */
function requireFewParts(bytes: Uint8Array, contentType: string, most: number): void {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^\s;]+))/iu.exec(contentType) ?? []
  const boundary = quoted ?? plain
  // The parser says so.
  if (boundary === undefined) return
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const delimiter = Buffer.from(`--${boundary}`)
  let parts = 0
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.byteLength)) {
    const begin = at + delimiter.byteLength
    const isLast = body.subarray(begin, begin + 2).equals(closing)
    if (isLast) return
    parts += 1
    const headers = body.subarray(begin, begin + maxPartHeaderBytes)
    if (parts <= most && (headers.includes(endOfHeaders) || begin + headers.byteLength === body.byteLength))
      continue
    throw new DarkroomError(
      'invalid_request',
      `A multipart body may have at most ${most} parts, with headers of ${maxPartHeaderBytes} bytes each.`,
    )
  }
}

const closing = Buffer.from('--')
const endOfHeaders = Buffer.from('\r\n\r\n')

/** The media type of a request's body in lower case, without parameters; empty when there is none. */
export function mediaTypeOfRequest(request: Request): string {
  return (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/**
 * Reads a body of at most `maxBytes`.
 * @throws DarkroomError body_too_large, after the rest was thrown away; request_timeout
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBytes) {
    await discard(request)
    throw tooLarge(maxBytes)
  }
  let bytes: Uint8Array = nothing
  let size = 0
  for await (const chunk of bodyOf(request)) {
    bytes = size + chunk.byteLength > maxBytes ? nothing : appended(bytes, size, chunk)
    size += chunk.byteLength
    if (size > maxDiscardedBytes) break
  }
  if (size > maxBytes) throw tooLarge(maxBytes)
  return bytes.subarray(0, size)
}

/**
 * The chunks of a body.
 * @throws the signal's reason when its sender has left
 * @throws DarkroomError request_timeout, when it broke off otherwise: a reset connection must not look like one of ours
 */
async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* request.body ?? []
  } catch (error) {
    request.signal.throwIfAborted()
    throw new DarkroomError('request_timeout', 'The body broke off before its end; send it again.', {
      cause: error,
    })
  }
}

const nothing = new Uint8Array(0)

/** With room for what follows: a list of chunks of one byte each would take a hundred times their size. */
function appended(bytes: Uint8Array, size: number, chunk: Uint8Array): Uint8Array {
  // Most bodies come in one piece.
  if (size === 0) return chunk
  const needed = size + chunk.byteLength
  let room = bytes
  if (needed > bytes.byteLength) {
    room = Buffer.allocUnsafeSlow(Math.max(64 * 1024, needed * 2))
    room.set(bytes.subarray(0, size))
  }
  room.set(chunk, size)
  return room
}

function tooLarge(maxBytes: number): DarkroomError {
  return new DarkroomError('body_too_large', `The body may have at most ${maxBytes} bytes.`, {
    param: 'body',
  })
}

/**
 * Reads a refused body to its end, within bounds. Answering while the client still sends resets the connection,
 * and the client then reports a broken pipe instead of the reason.
 */
async function discard(request: Request): Promise<void> {
  let size = 0
  for await (const chunk of bodyOf(request)) {
    size += chunk.byteLength
    if (size > maxDiscardedBytes) break
  }
}

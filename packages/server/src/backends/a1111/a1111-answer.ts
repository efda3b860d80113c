import { BackendError } from '../backend.ts'
import { isRecord } from '../wire/answer-error.ts'
import { bodyStart } from '../wire/bounded-body.ts'
import type { Connection } from '../wire/connection.ts'
import { jsonOrUndefined } from '../wire/connection.ts'
import { answerError, retryAfterSeconds } from '../wire/answer-error.ts'
import { pictureMediaType } from '../wire/picture-signature.ts'
import { publicText } from '../wire/public-text.ts'

/** A picture out of an answer, and the seed that the server says it drew with. */
export interface A1111Picture {
  bytes: Uint8Array
  mediaType: string
  seed: number | undefined
}

/** @throws BackendError for an answer that is an error, or without a picture */
export async function a1111PictureOf(
  response: Response,
  connection: Connection,
  maxBytes: number,
): Promise<A1111Picture> {
  if (!response.ok) throw await a1111Error(response, connection)
  const answer = await connection.json(response, maxBytes)
  const images: unknown = isRecord(answer) ? answer['images'] : undefined
  const first: unknown = Array.isArray(images) ? images[0] : undefined
  if (typeof first !== 'string' || first === '') throw badAnswer('answered without a picture')
  // SD.Next sends data URLs.
  const bytes = Buffer.from(first.replace(/^data:[^,]{0,200};base64,/u, ''), 'base64')
  const mediaType = pictureMediaType(bytes)
  if (mediaType === undefined) throw badAnswer('sent something that is no PNG, JPEG or WebP picture')
  const info =
    isRecord(answer) && typeof answer['info'] === 'string' ? jsonOrUndefined(answer['info']) : undefined
  const seed = isRecord(info) ? info['seed'] : undefined
  return { bytes, mediaType, seed: typeof seed === 'number' ? seed : undefined }
}

/** The error of this family: `{error, detail, body, errors}`, its exception's name in `error`. */
async function a1111Error(response: Response, connection: Connection): Promise<BackendError> {
  const body = jsonOrUndefined(await bodyStart(response, 64 * 1024))
  const text = (name: string): string => {
    const value = isRecord(body) ? body[name] : undefined
    return typeof value === 'string' ? value : ''
  }
  const said = `${text('error')} ${text('errors')} ${text('detail')}`
  if (/out ?of ?memory/iu.test(said)) {
    const message = 'The model server ran out of memory: ask for a smaller picture.'
    return new BackendError('backend_out_of_memory', message, { retry: 'smaller' })
  }
  if (
    /no checkpoints? (?:found|available)|unknown (?:model|checkpoint)|checkpoint .* not found/iu.test(said)
  ) {
    const message =
      'The model server does not know this model: its name in DARKROOM_MODELS must be corrected.'
    return new BackendError('backend_failed', message, { retry: 'never' })
  }
  const words = [text('errors'), text('detail'), text('error')].find((each) => each !== '')
  const fault = {
    code: undefined,
    type: undefined,
    param: undefined,
    message: publicText(words, connection.secret),
  }
  const retryAfterS = retryAfterSeconds(response.headers.get('retry-after'), Date.now())
  return answerError(response.status, fault, retryAfterS, connection.names)
}

function badAnswer(what: string): BackendError {
  return new BackendError('backend_bad_answer', `The model server ${what}.`, { retry: 'never' })
}

import { BackendError } from '../backend.ts'
import { isRecord } from '../wire/answer-error.ts'
import { boundedBytes } from '../wire/bounded-body.ts'
import type { Connection } from '../wire/connection.ts'
import { pictureMediaType } from '../wire/picture-signature.ts'
import { publicText, sentence } from '../wire/public-text.ts'

/** A prediction as the server reports it, its fields not yet believed. */
export type Prediction = Record<string, unknown>

/** A picture of a prediction, and how long the model took by its own count. */
export interface CogPicture {
  bytes: Uint8Array
  mediaType: string
  predictMs: number | undefined
}

/** Whether a prediction has ended. */
export function hasEnded(prediction: Prediction): boolean {
  return !['starting', 'processing', 'queued'].includes(String(prediction['status']))
}

/**
 * The picture of an ended prediction.
 * @param which of several outputs: a model that yields them draws the last one best, others give equal ones
 * @throws BackendError
 */
export async function cogPictureOf(
  prediction: Prediction,
  which: 'first' | 'last',
  reader: { connection: Connection; maxBytes: number; signal: AbortSignal },
): Promise<CogPicture> {
  const { connection } = reader
  const status = String(prediction['status'])
  if (status === 'canceled' || status === 'aborted') {
    const message = 'The prediction was cancelled at the model server: try again.'
    throw new BackendError('backend_failed', message, { retry: 'same' })
  }
  if (status !== 'succeeded') throw predictionError(prediction['error'], connection.secret)
  const output = prediction['output']
  const all: unknown[] = Array.isArray(output) ? output : [output]
  const address = which === 'first' ? all[0] : all.at(-1)
  if (typeof address !== 'string' || address === '') throw badAnswer('ended without a picture')
  const bytes = await bytesAt(address, reader)
  const mediaType = pictureMediaType(bytes)
  if (mediaType === undefined) throw badAnswer('sent something that is no PNG, JPEG or WebP picture')
  const metrics = isRecord(prediction['metrics']) ? prediction['metrics'] : {}
  const seconds = metrics['predict_time']
  return { bytes, mediaType, predictMs: typeof seconds === 'number' ? seconds * 1000 : undefined }
}

/** A model that failed: the text is what its code raised. */
function predictionError(error: unknown, secret: string | undefined): BackendError {
  const text = typeof error === 'string' ? error : ''
  if (/out ?of ?memory/iu.test(text)) {
    const message = 'The model server ran out of memory: ask for a smaller picture.'
    return new BackendError('backend_out_of_memory', message, { retry: 'smaller' })
  }
  if (/\bNSFW\b|safety (?:checker|filter)|flagged as sensitive/iu.test(text)) {
    const message = 'The model refused the prompt by its content policy: change the prompt.'
    return new BackendError('moderated', message, { retry: 'never' })
  }
  const words = publicText(text, secret)
  const own = words === undefined ? '' : ` It said: ${sentence(words)}`
  return new BackendError('backend_failed', `The model failed.${own}`, { retry: 'same' })
}

async function bytesAt(
  address: string,
  { connection, maxBytes, signal }: { connection: Connection; maxBytes: number; signal: AbortSignal },
): Promise<Buffer> {
  const prefix = /^data:[^,]{0,200};base64,/iu.exec(address)?.[0]
  if (prefix !== undefined) return Buffer.from(address.slice(prefix.length), 'base64')
  const url = connection.sameOrigin(address)
  if (url === undefined)
    throw badAnswer('put the picture at an address elsewhere, which is not fetched for safety')
  const response = await connection.fetchPicture(url, signal)
  if (response.ok) return await boundedBytes(response, maxBytes)
  await response.body?.cancel()
  throw badAnswer(`named an address for the picture that answers ${response.status}`)
}

/** The model worked, and its answer is wrong: asking again would be answered the same way. */
export function badAnswer(what: string): BackendError {
  return new BackendError('backend_bad_answer', `The model server ${what}.`, { retry: 'never' })
}

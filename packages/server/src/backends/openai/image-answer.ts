import { BackendError } from '../backend.ts'
import { isRecord, streamError, wireFaultOf } from '../wire/answer-error.ts'
import { boundedBytes, boundedChunks } from '../wire/bounded-body.ts'
import type { Connection } from '../wire/connection.ts'
import { jsonOrUndefined } from '../wire/connection.ts'
import { serverSentEvents } from '../wire/event-stream.ts'
import { pictureMediaType } from '../wire/picture-signature.ts'

/** A picture out of an answer; `partial` ones come before the final one. */
export interface AnsweredPicture {
  partial: boolean
  /** Which of the pictures that were asked for, from 0. */
  index: number
  bytes: Uint8Array
  mediaType: string
}

interface AnswerReader {
  connection: Connection
  maxBytes: number
  signal: AbortSignal
  /** How many pictures were asked for; more are not looked at. Default 1. */
  n?: number
}

/**
 * The pictures of an answer: one from JSON, or partial ones and then the final one from an event stream.
 * Which of the two it is, the server decides: many ignore `stream`.
 * @throws BackendError when the answer is an error, or no picture is in it
 */
export async function* picturesOf(response: Response, reader: AnswerReader): AsyncGenerator<AnsweredPicture> {
  if (!response.ok) throw await reader.connection.errorOf(response)
  const contentType = response.headers.get('content-type') ?? ''
  if (/^text\/event-stream\b/iu.test(contentType)) yield* streamedPictures(response, reader)
  else if (/\bjson\b/iu.test(contentType)) yield* picturesOfJson(response, reader)
  else {
    const kind =
      contentType
        .split(';', 1)[0]
        ?.replaceAll(/[^\w.+/-]/gu, '')
        .slice(0, 60) ?? ''
    throw badAnswer(
      `answered with ${kind === '' ? 'no content type' : kind} instead of JSON: check ${reader.connection.names.url}`,
    )
  }
}

async function* picturesOfJson(response: Response, reader: AnswerReader): AsyncGenerator<AnsweredPicture> {
  const answer = jsonOrUndefined((await boundedBytes(response, reader.maxBytes)).toString('utf8'))
  if (!isRecord(answer)) throw badAnswer('sent something that is not a JSON object')
  if (answer['error'] !== undefined && answer['data'] === undefined) {
    throw streamError(wireFaultOf(answer, reader.connection.secret))
  }
  const items: readonly unknown[] = Array.isArray(answer['data']) ? answer['data'] : []
  for (let index = 0; index < (reader.n ?? 1); index += 1) {
    yield { partial: false, index, ...(await pictureIn(items[index], reader)) }
  }
}

async function* streamedPictures(response: Response, reader: AnswerReader): AsyncGenerator<AnsweredPicture> {
  for await (const { event, data } of serverSentEvents(boundedChunks(response, reader.maxBytes))) {
    if (data === '[DONE]') break
    const body = jsonOrUndefined(data)
    if (!isRecord(body)) throw badAnswer('sent an event that is not a JSON object')
    const type = typeof body['type'] === 'string' ? body['type'] : event
    if (type === 'error' || body['error'] !== undefined) {
      throw streamError(
        wireFaultOf(body['error'] === undefined ? { error: body } : body, reader.connection.secret),
      )
    }
    if (type === 'image_generation.partial_image' || type === 'image_edit.partial_image') {
      const partial = decoded(body['b64_json'])
      // A preview is a courtesy: a broken one is left out, and the picture still comes.
      if (partial !== undefined) yield { partial: true, index: 0, ...partial }
    } else if (type === 'image_generation.completed' || type === 'image_edit.completed') {
      yield { partial: false, index: 0, ...(await pictureIn(body, reader)) }
      return
    }
  }
  const message = 'The model server ended its answer before the picture was complete: try again.'
  throw new BackendError('backend_unavailable', message, { retry: 'same' })
}

async function pictureIn(
  item: unknown,
  reader: AnswerReader,
): Promise<{ bytes: Uint8Array; mediaType: string }> {
  const encoded = isRecord(item) ? item['b64_json'] : undefined
  const address = isRecord(item) ? item['url'] : undefined
  if (typeof encoded === 'string' && encoded !== '') return decoded(encoded) ?? refuseBytes()
  if (typeof address !== 'string' || address === '') {
    throw badAnswer('answered without a picture; it may have withheld it: change the prompt, or ask again')
  }
  if (/^data:/iu.test(address)) return decoded(address) ?? refuseBytes()
  const url = reader.connection.sameOrigin(address)
  if (url === undefined)
    throw badAnswer('put the picture at an address elsewhere, which is not fetched for safety')
  const response = await reader.connection.fetchPicture(url, reader.signal)
  if (!response.ok) {
    await response.body?.cancel()
    throw badAnswer(`named an address for the picture that answers ${response.status}`)
  }
  const bytes = await boundedBytes(response, reader.maxBytes)
  const mediaType = pictureMediaType(bytes)
  return mediaType === undefined ? refuseBytes() : { bytes, mediaType }
}

/** Bytes of a base64 text or a base64 data URL, if they begin like a picture. */
function decoded(text: unknown): { bytes: Uint8Array; mediaType: string } | undefined {
  if (typeof text !== 'string') return undefined
  const prefix = /^data:[^,]{0,200};base64,/iu.exec(text)?.[0] ?? ''
  const bytes = Buffer.from(text.slice(prefix.length), 'base64')
  const mediaType = pictureMediaType(bytes)
  return mediaType === undefined ? undefined : { bytes, mediaType }
}

function refuseBytes(): never {
  throw badAnswer('sent something that is no PNG, JPEG or WebP picture')
}

/**
 * The server worked, and perhaps was paid, and its answer is wrong: the same request would be answered the same
 * way and paid again, so the queue must not repeat it.
 */
function badAnswer(what: string): BackendError {
  return new BackendError('backend_bad_answer', `The model server ${what}.`, { retry: 'never' })
}

import type { BackendEvent, BackendRequest } from '../backend.ts'
import type { Connection } from '../wire/connection.ts'
import { previewOf } from '../wire/preview.ts'
import type { Dialect } from './dialect.ts'
import type { AnsweredPicture } from './image-answer.ts'
import { picturesOf } from './image-answer.ts'
import { editFormOf, hasInputs, imageRequestOf } from './image-request.ts'

/** What one exchange with a server of this API needs. */
export interface Exchange {
  /** One, or several of one prompt with seeds in a row. */
  requests: readonly BackendRequest[]
  connection: Connection
  dialect: Dialect
  partialImages: number
  maxBytes: number
}

/** An exchange that was checked and not sent yet. */
export interface PreparedExchange {
  warnings: readonly string[]
  /** Sends it, once. */
  send(signal: AbortSignal): AsyncGenerator<AnsweredPicture>
}

/** @throws BackendError unsupported_by_backend */
export function prepareExchange(exchange: Exchange): PreparedExchange {
  const { requests, connection, dialect, partialImages, maxBytes } = exchange
  const [request] = requests
  if (request === undefined) throw new TypeError('An exchange needs a request')
  const { body, warnings } = imageRequestOf(request, partialImages, dialect, requests.length)
  return {
    warnings,
    async *send(signal) {
      const asFiles = hasInputs(request) && dialect.inputsAs === 'files'
      const response = await connection.send(asFiles ? '/images/edits' : '/images/generations', {
        ...(asFiles ? { form: await editFormOf(body, request, dialect) } : { json: body }),
        accept: 'text/event-stream, application/json',
        // Shows up in OpenAI's logs and support answers (API reference, "Debugging requests").
        headers: { 'x-client-request-id': request.id.replaceAll(/[^\x21-\x7e]/gu, '_').slice(0, 512) },
        signal,
      })
      yield* picturesOf(response, { connection, maxBytes, signal, n: requests.length })
    },
  }
}

/**
 * Partial pictures as small previews, as many as were asked for: they are paid for, far apart, and few. A server that
 * sends more is not listened to.
 */
export function createPreviews(
  partialImages: number,
): (partial: AnsweredPicture) => Promise<Extract<BackendEvent, { type: 'preview' }> | undefined> {
  let left = partialImages
  return async ({ bytes }) => {
    left -= 1
    const preview = left < 0 ? undefined : await previewOf(bytes)
    return preview && { type: 'preview', ...preview }
  }
}

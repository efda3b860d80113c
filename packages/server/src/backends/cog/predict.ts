import type { EventQueue } from '../wire/event-queue.ts'
import { setTimeout as wait } from 'node:timers/promises'
import { BackendError } from '../backend.ts'
import { createPreviewThrottle } from '../previews.ts'
import { isRecord } from '../wire/answer-error.ts'
import { boundedChunks } from '../wire/bounded-body.ts'
import type { Connection } from '../wire/connection.ts'
import { jsonOrUndefined } from '../wire/connection.ts'
import { serverSentEvents } from '../wire/event-stream.ts'
import { previewOf } from '../wire/preview.ts'
import type { WorkEvent } from '../wire/run-in-turn.ts'
import type { CogPicture } from './cog-answer.ts'
import { badAnswer, cogPictureOf, hasEnded } from './cog-answer.ts'

/** What a prediction needs. */
export interface PredictParts {
  connection: Connection
  maxBytes: number
  pollIntervalMs: number
  /** Whether the server streams events: known after the first answer, and shared by all runs. */
  streams: { known: boolean | undefined }
}

/** Runs one prediction to its end. @throws BackendError */
export async function predict(
  parts: PredictParts,
  { id, input }: { id: string; input: object },
  events: Pick<EventQueue<WorkEvent>, 'push'>,
  signal: AbortSignal,
): Promise<CogPicture> {
  const { connection, maxBytes, streams } = parts
  const path = `/predictions/${id}`
  const put = (accept: string): Promise<Response> =>
    connection.send(path, { method: 'PUT', json: { id, input }, accept, signal })
  let response = await put(streams.known === false ? 'application/json' : 'text/event-stream')
  if (response.status === 406 && streams.known !== false) {
    // Said before anything was begun: a model streams when its author wrote it so.
    await response.body?.cancel()
    streams.known = false
    response = await put('application/json')
  }
  const reader = { connection, maxBytes, signal }
  if (!response.ok) throw await refusal(response, connection)
  if (/^text\/event-stream\b/iu.test(response.headers.get('content-type') ?? '')) {
    streams.known = true
    return await cogPictureOf(await streamed(response, maxBytes, events), 'last', reader)
  }
  let prediction = await predictionOf(response, parts)
  while (!hasEnded(prediction)) {
    await wait(parts.pollIntervalMs, undefined, { signal })
    const asked = await connection.send(path, { method: 'GET', signal })
    if (asked.status === 404 || asked.status === 405) {
      await asked.body?.cancel()
      throw badAnswer('began a prediction and does not say what becomes of it')
    }
    prediction = await predictionOf(asked, parts)
  }
  return await cogPictureOf(prediction, 'first', reader)
}

async function predictionOf(
  response: Response,
  { connection, maxBytes }: PredictParts,
): Promise<Record<string, unknown>> {
  const body = await connection.json(response, maxBytes)
  if (isRecord(body)) return body
  throw badAnswer('sent something that is no prediction')
}

async function refusal(response: Response, connection: Connection): Promise<BackendError> {
  const { status } = response
  const error = await connection.errorOf(response)
  if (status !== 409) return error
  const message = 'The model server has no free place for a prediction: try again later.'
  return new BackendError('backend_busy', message, { retry: 'same' })
}

/** Reads the events of a prediction; the last one is the prediction itself. */
async function streamed(
  response: Response,
  maxBytes: number,
  events: Pick<EventQueue<WorkEvent>, 'push'>,
): Promise<Record<string, unknown>> {
  const mayPreview = createPreviewThrottle()
  for await (const { event, data } of serverSentEvents(boundedChunks(response, maxBytes))) {
    const body = jsonOrUndefined(data)
    if (!isRecord(body)) throw badAnswer('sent an event that is not a JSON object')
    if (event === 'completed') return body
    if (event === 'error') throw lost()
    if (event === 'log') {
      const { data: text } = body
      const progress = typeof text === 'string' ? progressOf(text) : undefined
      if (progress !== undefined) events.push(progress)
    }
    const chunk = event === 'output' ? body['chunk'] : undefined
    if (typeof chunk === 'string' && chunk.startsWith('data:') && mayPreview()) {
      const preview = await previewOf(Buffer.from(chunk.slice(chunk.indexOf(',') + 1), 'base64'))
      if (preview !== undefined) events.push({ type: 'preview', ...preview })
    }
  }
  throw lost()
}

/** Models write progress bars into their log: ` 35%|███▌      | 7/20 [00:03<00:05]`. */
function progressOf(log: string): WorkEvent | undefined {
  const last = [...log.matchAll(/\b\d{1,3}%\|[^|]*\|\s*(\d{1,6})\/(\d{1,6})\b/gu)].at(-1)
  const [step = 0, steps = 0] = last?.slice(1).map(Number) ?? []
  if (steps === 0 || step > steps) return undefined
  return { type: 'progress', fraction: step / steps, step, steps }
}

function lost(): BackendError {
  const message = 'The model server ended its answer before the picture was complete: try again.'
  return new BackendError('backend_unavailable', message, { retry: 'same' })
}

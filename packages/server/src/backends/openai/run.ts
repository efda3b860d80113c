import type { BackendEvent, BackendRequest } from '../backend.ts'
import type { Connection } from '../wire/connection.ts'
import type { Deadline } from '../wire/deadline.ts'
import { createEventQueue } from '../wire/event-queue.ts'
import { networkError } from '../wire/network-error.ts'
import type { Turns } from '../wire/turns.ts'
import type { Dialect } from './dialect.ts'
import { createPreviews, prepareExchange } from './exchange.ts'
import type { AnsweredPicture } from './image-answer.ts'

/** A step of the job at work: `step` of `steps`. */
export interface Step {
  step: number
  steps: number
}

/** What every run of one backend shares. */
export interface RunParts {
  connection: Connection
  dialect: Dialect
  /** Starts the clock of a run; without a caller only the limit and `close` end it. */
  deadlineOf(caller: AbortSignal | undefined): Deadline
  now: () => number
  maxBytes: number
  partialImages: number
  /** At a server that does one job at a time. */
  turns: Turns
  /** Calls the listener with every step of the job at work, until the function that it returns is called. */
  steps?: ((listener: (step: Step) => void) => () => void) | undefined
}

/** A run at a server that takes several at once, and may stream partial pictures. */
export async function* runStreaming(
  parts: RunParts,
  request: BackendRequest,
  caller: AbortSignal,
): AsyncGenerator<BackendEvent> {
  const { connection, now } = parts
  const deadline = parts.deadlineOf(caller)
  try {
    deadline.signal.throwIfAborted()
    if (connection.fault !== undefined) throw connection.fault
    const exchange = prepareExchange({ ...parts, requests: [request] })
    const startedAtMs = now()
    yield { type: 'started' }
    deadline.signal.throwIfAborted()
    const previewOf = createPreviews(parts.partialImages)
    for await (const picture of exchange.send(deadline.signal)) {
      if (picture.partial) {
        const preview = await previewOf(picture)
        if (preview !== undefined) yield preview
        continue
      }
      // Before the picture is handed over: what the consumer does with it is not our time.
      const generateMs = Math.max(0, now() - startedAtMs)
      deadline.signal.throwIfAborted()
      yield { type: 'image', bytes: picture.bytes, mediaType: picture.mediaType }
      yield { type: 'done', timings: { generateMs }, warnings: exchange.warnings }
    }
  } catch (error) {
    throw networkError(deadline.explain(error), connection)
  } finally {
    deadline.end()
  }
}

/** One run, or several of one prompt, as `runTogether` tells of them. */
export type TogetherEvent =
  | Exclude<BackendEvent, { type: 'image' | 'done' | 'preview' }>
  | { type: 'pictures'; pictures: readonly AnsweredPicture[]; ms: number; warnings: readonly string[] }

/**
 * A run at a server that does one job at a time and cannot be stopped. Who comes later waits here, where leaving is
 * possible, and not inside the server. When a running one is given up, the turn stays taken until the server has
 * really answered: it is busy until then, whoever wants the picture.
 */
export async function* runTogether(
  parts: RunParts,
  requests: readonly BackendRequest[],
  caller: AbortSignal,
): AsyncGenerator<TogetherEvent> {
  const { connection, now, turns } = parts
  const deadline = parts.deadlineOf(caller)
  const work = parts.deadlineOf(undefined)
  let giveBack: (() => void) | undefined
  let answer: Promise<readonly AnsweredPicture[]> | undefined
  try {
    deadline.signal.throwIfAborted()
    if (connection.fault !== undefined) throw connection.fault
    const exchange = prepareExchange({ ...parts, requests })
    const position = turns.ahead
    if (position > 0) yield { type: 'queued', position }
    giveBack = await turns.take(deadline.signal)
    deadline.signal.throwIfAborted()
    const startedAtMs = now()
    yield { type: 'started' }
    deadline.signal.throwIfAborted()
    const events = createEventQueue<TogetherEvent>()
    deadline.signal.addEventListener('abort', () => events.fail(deadline.signal.reason), { once: true })
    const silence = parts.steps?.(({ step, steps }) => {
      events.push({ type: 'progress', fraction: Math.min(1, step / steps), step, steps })
    })
    answer = allOf(exchange.send(work.signal))
    answer
      .then((pictures) => {
        events.push({ type: 'pictures', pictures, ms: Math.max(0, now() - startedAtMs), warnings: exchange.warnings })
        events.end()
      })
      .catch((error: unknown) => events.fail(error))
      .finally(() => silence?.())
    yield* increasing(events)
  } catch (error) {
    throw networkError(work.explain(deadline.explain(error)), connection)
  } finally {
    deadline.end()
    void endOf(answer).then(() => {
      work.end()
      giveBack?.()
    })
  }
}

async function allOf(pictures: AsyncIterable<AnsweredPicture>): Promise<readonly AnsweredPicture[]> {
  const all: AnsweredPicture[] = []
  for await (const picture of pictures) all.push(picture)
  return all
}

async function endOf(answer: Promise<unknown> | undefined): Promise<void> {
  try {
    await answer
  } catch {
    // Said to the caller already, or nobody listens any more.
  }
}

/** Samplers begin again for each picture of a batch, and for a second pass: progress never goes back. */
async function* increasing(events: AsyncIterable<TogetherEvent>): AsyncGenerator<TogetherEvent> {
  let furthest = 0
  for await (const event of events) {
    if (event.type === 'progress') {
      if (event.fraction < furthest) continue
      furthest = event.fraction
    }
    yield event
  }
}

/** One request at such a server. */
export async function* runInTurn(
  parts: RunParts,
  request: BackendRequest,
  caller: AbortSignal,
): AsyncGenerator<BackendEvent> {
  for await (const event of runTogether(parts, [request], caller)) {
    if (event.type !== 'pictures') {
      yield event
      continue
    }
    const [picture] = event.pictures
    if (picture === undefined) continue
    yield { type: 'image', bytes: picture.bytes, mediaType: picture.mediaType }
    yield doneOf(event.ms, event.warnings)
  }
}

/** The end of a picture that had the server's accelerator to itself for so long. */
export function doneOf(
  generateMs: number,
  warnings: readonly string[],
): Extract<BackendEvent, { type: 'done' }> {
  return { type: 'done', timings: { generateMs }, gpuSeconds: generateMs / 1000, warnings }
}

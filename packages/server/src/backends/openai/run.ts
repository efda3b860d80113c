import type { BackendEvent, BackendRequest } from '../backend.ts'
import { networkError } from '../wire/network-error.ts'
import type { TurnEvent, TurnParts } from '../wire/run-in-turn.ts'
import { runInTurn } from '../wire/run-in-turn.ts'
import type { Dialect } from './dialect.ts'
import type { PreparedExchange } from './exchange.ts'
import { createPreviews, prepareExchange } from './exchange.ts'
import type { AnsweredPicture } from './image-answer.ts'

/** A step of the job at work: `step` of `steps`. */
export interface Step {
  step: number
  steps: number
}

/** What every run of one backend shares. */
export interface RunParts extends TurnParts {
  dialect: Dialect
  maxBytes: number
  partialImages: number
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

/**
 * One request, or several of one prompt, at a server that does one job at a time and cannot be stopped.
 * @throws BackendError; the caller's reason
 */
export async function* runTogether(
  parts: RunParts,
  exchange: PreparedExchange,
  caller: AbortSignal,
): AsyncGenerator<TurnEvent<readonly AnsweredPicture[]>> {
  yield* runInTurn(
    parts,
    {
      send: (signal) => allOf(exchange.send(signal)),
      watch: (events, signal) => {
        const silence = parts.steps?.(({ step, steps }) => {
          events.push({ type: 'progress', fraction: Math.min(1, step / steps), step, steps })
        })
        signal.addEventListener('abort', () => silence?.(), { once: true })
      },
    },
    caller,
  )
}

async function allOf(pictures: AsyncIterable<AnsweredPicture>): Promise<readonly AnsweredPicture[]> {
  const all: AnsweredPicture[] = []
  for await (const picture of pictures) all.push(picture)
  return all
}

/** One request at such a server. */
export async function* runAlone(
  parts: RunParts,
  request: BackendRequest,
  caller: AbortSignal,
): AsyncGenerator<BackendEvent> {
  caller.throwIfAborted()
  const exchange = prepareExchange({ ...parts, requests: [request] })
  for await (const event of runTogether(parts, exchange, caller)) {
    if (event.type !== 'answer') {
      yield event
      continue
    }
    const [picture] = event.value
    if (picture === undefined) continue
    yield { type: 'image', bytes: picture.bytes, mediaType: picture.mediaType }
    yield doneOf(event.ms, exchange.warnings)
  }
}

/** The end of a picture that had the server's accelerator to itself for so long. */
export function doneOf(
  generateMs: number,
  warnings: readonly string[],
): Extract<BackendEvent, { type: 'done' }> {
  return { type: 'done', timings: { generateMs }, gpuSeconds: generateMs / 1000, warnings }
}

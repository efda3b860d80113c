import type { BackendEvent } from '../backend.ts'
import type { Connection } from './connection.ts'
import type { Deadline } from './deadline.ts'
import type { EventQueue } from './event-queue.ts'
import { createEventQueue } from './event-queue.ts'
import { networkError } from './network-error.ts'
import type { Turns } from './turns.ts'

/** What all runs at one server share. */
export interface TurnParts {
  connection: Connection
  turns: Turns
  /** Starts the clock of a run; without a caller only the limit and `close` end it. */
  deadlineOf(caller: AbortSignal | undefined): Deadline
  now: () => number
}

/** Told while the server works. */
export type WorkEvent = Extract<BackendEvent, { type: 'progress' | 'preview' }>

/** One job at a server that answers when it has ended. */
export interface TurnJob<T> {
  /** The exchange, once. Its signal is not the caller's: see `runInTurn`. */
  send(signal: AbortSignal): Promise<T>
  /** Tells what is heard besides, until the signal aborts. */
  watch?(events: Pick<EventQueue<WorkEvent>, 'push'>, signal: AbortSignal): void
  /** Asks the server to stop. Its failure counts for nothing. */
  stop?(signal: AbortSignal): Promise<void>
}

/** What a run tells; `answer` is its end. */
export type TurnEvent<T> =
  | Extract<BackendEvent, { type: 'queued' | 'started' }>
  | WorkEvent
  | { type: 'answer'; value: T; ms: number }

/** How long asking a server to stop may take. */
const stopTimeoutMs = 5000

/**
 * A run at a server that does a fixed number of jobs at a time and says nothing to those who wait. Who comes later
 * waits here, where leaving is possible, and not inside the server. When a running job is given up, its turn stays
 * taken until the server has really answered: it is busy until then, whoever wants the picture.
 * @throws BackendError; the caller's reason
 */
export async function* runInTurn<T>(
  parts: TurnParts,
  job: TurnJob<T>,
  caller: AbortSignal,
): AsyncGenerator<TurnEvent<T>> {
  const { connection, turns } = parts
  const deadline = parts.deadlineOf(caller)
  const { signal } = deadline
  let giveBack: (() => void) | undefined
  let work: Work<T> | undefined
  try {
    signal.throwIfAborted()
    if (connection.fault !== undefined) throw connection.fault
    const position = turns.ahead
    if (position > 0) yield { type: 'queued', position }
    giveBack = await turns.take(signal)
    signal.throwIfAborted()
    yield { type: 'started' }
    signal.throwIfAborted()
    work = startWork(parts, job)
    const { events } = work
    signal.addEventListener('abort', () => events.fail(signal.reason), { once: true })
    yield* increasing(events)
  } catch (error) {
    throw networkError(deadline.explain(error), connection)
  } finally {
    deadline.end()
    if (work === undefined) giveBack?.()
    else void leave(work, job).finally(giveBack)
  }
}

interface Work<T> {
  events: EventQueue<TurnEvent<T>>
  /** Settles when the server has answered, or is not waited for any more. */
  ended: Promise<void>
  isOver(): boolean
  watching: AbortController
}

function startWork<T>(parts: TurnParts, job: TurnJob<T>): Work<T> {
  const limit = parts.deadlineOf(undefined)
  const events = createEventQueue<TurnEvent<T>>()
  const watching = new AbortController()
  const startedAtMs = parts.now()
  let over = false
  const run = async (): Promise<void> => {
    try {
      const value = await job.send(limit.signal)
      events.push({ type: 'answer', value, ms: Math.max(0, parts.now() - startedAtMs) })
      events.end()
    } catch (error) {
      events.fail(limit.explain(error))
    } finally {
      over = true
      watching.abort()
      limit.end()
    }
  }
  const ended = run()
  job.watch?.(events, watching.signal)
  return { events, ended, isOver: () => over, watching }
}

async function leave<T>(work: Work<T>, job: TurnJob<T>): Promise<void> {
  work.watching.abort()
  if (!work.isOver()) {
    try {
      await job.stop?.(AbortSignal.timeout(stopTimeoutMs))
    } catch {
      // It will end by itself, or it is gone.
    }
  }
  await work.ended
}

/** Samplers begin again for each picture of a batch, and for a second pass: progress never goes back. */
async function* increasing<T>(events: AsyncIterable<TurnEvent<T>>): AsyncGenerator<TurnEvent<T>> {
  let furthest = -1
  for await (const event of events) {
    if (event.type === 'progress') {
      if (event.fraction <= furthest) continue
      furthest = event.fraction
    }
    yield event
  }
}

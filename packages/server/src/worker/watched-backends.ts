import type { Logger } from 'pino'
import type { Backend, BackendEvent, BackendRequest } from '../backends/backend.ts'
import { BackendError } from '../backends/backend.ts'
import type { BackendTable } from '../backends/backends.ts'
import { createTurns } from '../backends/wire/turns.ts'
import { createBatches, isOutOfMemory } from './batches.ts'
import type { Breaker } from './breaker.ts'

export interface WatchedBackendsOptions {
  backends: BackendTable
  breakerOf(backendName: string): Breaker
  /** How many generations this worker runs at once: no batch can have more. */
  concurrency: number
  batchWindowMs: number
  /** A model ran out of memory although memory was freed. @returns whether another worker may have more */
  onExhausted(backendName: string, model: string): boolean
  log: Logger
}

/**
 * The backends as a worker's runs see them: requests are batched where the backend can, a run that is out of memory
 * is repeated once alone after memory was freed, and what happens is told to the backend's breaker.
 */
export function createWatchedBackends(options: WatchedBackendsOptions): Pick<BackendTable, 'backendFor'> {
  const watched = new Map<string, Backend>()
  return {
    backendFor: (name) => {
      const known = watched.get(name)
      if (known !== undefined) return known
      const backend = watch(name, options.backends.backendFor(name), options)
      watched.set(name, backend)
      return backend
    },
  }
}

function watch(name: string, backend: Backend, options: WatchedBackendsOptions): Backend {
  const generateBatch = backend.generateBatch?.bind(backend)
  const batches = generateBatch && createBatches({ generateBatch, windowMs: options.batchWindowMs })
  const alone = createTurns(1)
  const breaker = options.breakerOf(name)

  function begin(request: BackendRequest, signal: AbortSignal): AsyncIterable<BackendEvent> {
    const most = Math.min(options.concurrency, backend.capabilities(request.model).batch)
    return batches !== undefined && most > 1
      ? batches.generate(request, signal, most)
      : backend.generate(request, signal)
  }

  /** The pixels are the key's, so nothing of the request changes: what can be smaller is the run. */
  async function* againAlone(request: BackendRequest, signal: AbortSignal): AsyncGenerator<BackendEvent> {
    const release = await alone.take(signal)
    try {
      options.log.info({ backend: name, model: request.model }, 'out of memory: freed, tried once alone')
      await backend.free?.(signal)
      for await (const event of backend.generate({ ...request, id: `${request.id}-alone` }, signal)) {
        // The run has begun already, as those who listen were told.
        if (event.type !== 'queued' && event.type !== 'loading' && event.type !== 'started') yield event
      }
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      const retry = options.onExhausted(name, request.model) ? 'elsewhere' : 'never'
      const advised = /ask for a smaller picture\.$/iu.test(error.message)
      const message = advised ? error.message : `${error.message} Ask for a smaller picture.`
      throw new BackendError('backend_out_of_memory', message, { retry, cause: error })
    } finally {
      release()
    }
  }

  async function* generate(request: BackendRequest, signal: AbortSignal): AsyncGenerator<BackendEvent> {
    let told = 0
    let settled = false
    try {
      try {
        for await (const event of begin(request, signal)) {
          if (event.type === 'progress') told = event.fraction
          yield event
        }
      } catch (error) {
        if (!isOutOfMemory(error) || signal.aborted) throw error
        for await (const event of againAlone(request, signal)) {
          // Whoever was told of more is not told of less.
          if (event.type !== 'progress' || event.fraction >= told) yield event
        }
      }
      settled = true
      breaker.succeeded()
    } catch (error) {
      settled = true
      if (!signal.aborted || isTimeout(signal.reason)) report(error, signal, breaker)
      throw error
    } finally {
      // A consumer that has waited long enough leaves without asking for the end.
      if (!settled && isTimeout(signal.reason)) report(signal.reason, signal, breaker)
    }
  }

  return {
    name: backend.name,
    capabilities: (model) => backend.capabilities(model),
    health: (signal) => backend.health(signal),
    warm: (model, signal) => backend.warm(model, signal),
    generate,
    close: () => backend.close(),
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

/** Failures that say the server is ill; a refusal or a wrong picture says that it answers. */
const illCodes: ReadonlySet<string> = new Set(['backend_unavailable', 'backend_failed', 'backend_timeout'])

function report(error: unknown, signal: AbortSignal, breaker: Breaker): void {
  if (isTimeout(signal.reason)) breaker.failed('It did not finish in time.')
  else if (!(error instanceof BackendError)) breaker.failed('Its adapter failed.')
  else if (illCodes.has(error.code) && error.retry !== 'never') breaker.failed(error.message)
  else if (error.code !== 'backend_busy' && error.code !== 'shutting_down') breaker.succeeded()
}

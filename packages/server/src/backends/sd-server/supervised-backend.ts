import { setTimeout as wait } from 'node:timers/promises'
import type { Backend, BackendBatchEvent, BackendEvent, BackendHealth, BackendRequest } from '../backend.ts'
import { BackendError } from '../backend.ts'
import { sdServerDialect } from '../openai/dialects/sd-server.ts'
import { createOpenAIBackend, dialectCapabilities } from '../openai/openai-backend.ts'
import { plainRequest } from '../wire/plain-request.ts'
import { publicText, sentence } from '../wire/public-text.ts'
import type { ServerProcess } from './server-process.ts'
import { startServerProcess } from './server-process.ts'
import { orAborted } from '../wire/or-aborted.ts'
import { shuttingDown } from '../wire/shutting-down.ts'

/** What supervising a model server needs to know. */
export interface SupervisedOptions {
  /** The command's words, e.g. `['sd-server', '-m', 'model.safetensors']`; see `startServerProcess`. */
  command: readonly string[]
  timeoutMs?: number | undefined
  maxBytes?: number | undefined
  /** How long `close` lets a running generation end. Default 5000. */
  drainMs?: number | undefined
  /** The first pause after a crash; doubled after each, at most a minute, until a picture was made. Default 1000. */
  backoffMs?: number | undefined
  now?: (() => number) | undefined
}

const maxBackoffMs = 60_000
const printedWithinMs = 50
/** After so many ends in a row nobody is made to wait for the next start. */
const patientFailures = 2

/** One life of the server: its process and the adapter that speaks to it. */
interface Life {
  process: ServerProcess
  backend: Backend
}

/**
 * stable-diffusion.cpp's server as a child of this process: started when it is first needed, so that a process that
 * only accepts requests has none; restarted after a crash; ended with us.
 */
export function createSupervisedBackend(options: SupervisedOptions): Backend {
  const server = new SupervisedServer(options)
  const run = (request: BackendRequest, signal: AbortSignal): AsyncGenerator<BackendEvent> =>
    server.use(signal, (backend) => backend.generate(request, signal), request.model)
  return {
    name: 'sd-server',
    capabilities: (model) => dialectCapabilities(sdServerDialect, model, 0, true),
    health: () => Promise.resolve(server.health()),
    warm: async (model, signal = new AbortController().signal) => {
      for await (const _ of run(plainRequest(model), signal));
    },
    async *generate(request, signal) {
      if (server.health().state === 'starting') yield { type: 'loading' }
      yield* run(request, signal)
    },
    generateBatch: (requests, signal) =>
      server.use(signal, (backend) => batchOf(backend, requests, signal), requests[0]?.model),
    loaded: () => Promise.resolve(server.provenModels()),
    close: () => server.close(),
  }
}

function batchOf(
  backend: Backend,
  requests: readonly BackendRequest[],
  signal: AbortSignal,
): AsyncIterable<BackendBatchEvent> {
  if (backend.generateBatch === undefined) throw new TypeError('The dialect of sd-server has batches')
  return backend.generateBatch(requests, signal)
}

class SupervisedServer {
  readonly #options: SupervisedOptions
  readonly #closing = new AbortController()
  readonly #proven = new Set<string>()
  #life: Promise<Life> | undefined
  #process: ServerProcess | undefined
  #failures = 0
  #hasServed = false
  #lastFailure: string | undefined
  #retryAtMs = 0
  #running = 0
  #idle = Promise.withResolvers<void>()
  #closed: Promise<void> | undefined

  constructor(options: SupervisedOptions) {
    this.#options = options
  }

  /** Ready only after a picture: the server listens, and lists its model, before its weights are loaded. */
  health(): BackendHealth {
    if (this.#closing.signal.aborted) return { state: 'draining' }
    if (this.#proven.size > 0) return { state: 'ready' }
    // One that has drawn before is on its way back, unless it falls again and again.
    const hopeless = !this.#hasServed || this.#failures > patientFailures
    if (this.#lastFailure !== undefined && hopeless) return { state: 'failed', reason: this.#lastFailure }
    return { state: 'starting' }
  }

  provenModels(): string[] {
    return [...this.#proven]
  }

  /** Runs something at the server, which is started if it is not there. @throws BackendError; the caller's reason */
  async *use<E extends { type: string }>(
    caller: AbortSignal,
    events: (backend: Backend) => AsyncIterable<E>,
    model: string | undefined,
  ): AsyncGenerator<E> {
    caller.throwIfAborted()
    this.#running += 1
    try {
      const { process, backend } = await this.#alive(AbortSignal.any([caller, this.#closing.signal]))
      try {
        // Only the caller's signal counts now: while closing, what runs may end.
        for await (const event of events(backend)) {
          // Its turn has come: what was printed before is about another run.
          if (event.type === 'started') process.output.mark()
          if (event.type === 'done' && model !== undefined) this.#prove(model)
          // Of a batch, one prompt's run may fail alone.
          if ('error' in event) yield { ...event, error: await explain(event.error, process) }
          else yield event
        }
      } catch (error) {
        throw await explain(error, process)
      }
    } finally {
      this.#running -= 1
      if (this.#running === 0) {
        this.#idle.resolve()
        this.#idle = Promise.withResolvers()
      }
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#drain()
    return this.#closed
  }

  async #drain(): Promise<void> {
    const patience = wait(this.#options.drainMs ?? 5000, undefined, { ref: false })
    this.#closing.abort(shuttingDown())
    if (this.#running > 0) await Promise.race([this.#idle.promise, patience])
    try {
      const life = await this.#life
      await life?.backend.close()
      await life?.process.stop()
    } catch {
      // It never started.
    }
  }

  #prove(model: string): void {
    this.#proven.add(model)
    this.#hasServed = true
    this.#failures = 0
    this.#lastFailure = undefined
  }

  /** The server, started when there is none; who comes meanwhile waits for the same start. */
  async #alive(signal: AbortSignal): Promise<Life> {
    signal.throwIfAborted()
    if (this.#failures > patientFailures && Date.now() < this.#retryAtMs) throw this.#unavailable()
    for (let attempt = 0; ; attempt += 1) {
      const isNew = this.#life === undefined
      this.#life ??= this.#start()
      const life = await orAborted(this.#life, signal)
      await life.process.answers(signal)
      if (!life.process.hasEnded) return life
      // One that had ended before we came is replaced; one that cannot even start is not tried again at once.
      if (isNew || attempt > 0) throw this.#unavailable()
      await life.process.ended
    }
  }

  async #start(): Promise<Life> {
    try {
      await wait(Math.max(0, this.#retryAtMs - Date.now()), undefined, { signal: this.#closing.signal })
      const process = await startServerProcess(this.#options.command)
      void process.ended.then((why) => this.#ended(process, why))
      this.#process = process
      const { timeoutMs, maxBytes, now } = this.#options
      const { baseUrl, output } = process
      const backend = createOpenAIBackend({
        dialect: sdServerDialect,
        baseUrl,
        steps: (listener) => output.onStep(listener),
        timeoutMs,
        maxBytes,
        now,
      })
      return { process, backend }
    } catch (error) {
      this.#life = undefined
      throw this.#closing.signal.aborted ? this.#closing.signal.reason : error
    }
  }

  #ended(process: ServerProcess, why: string): void {
    if (this.#process !== process) return
    this.#process = undefined
    this.#life = undefined
    this.#proven.clear()
    if (this.#closing.signal.aborted) return
    const words = publicText(why, undefined) ?? 'it ended'
    this.#lastFailure = `The model server ended by itself: ${sentence(words)}`
    const pauseMs = Math.min(maxBackoffMs, (this.#options.backoffMs ?? 1000) * 2 ** this.#failures)
    this.#failures += 1
    this.#retryAtMs = Date.now() + pauseMs
    // Not only when somebody asks: its weights take minutes to load.
    const next = this.#start()
    this.#life = next
    next.catch(() => {
      // Said to whoever asks for it.
    })
  }

  #unavailable(): BackendError {
    const message = this.#lastFailure ?? 'The model server ended while it started: try again.'
    const retryAfterS = Math.max(1, Math.ceil((this.#retryAtMs - Date.now()) / 1000))
    return new BackendError('backend_unavailable', message, { retry: 'same', retryAfterS })
  }
}

/** The HTTP answer says the same of every failure; what the server printed says more. */
async function explain(error: unknown, { output }: ServerProcess): Promise<unknown> {
  const blind = error instanceof BackendError && error.retry === 'same'
  // What it prints comes another way than what it answers, and may come later.
  if (blind && !output.ranOut()) await wait(printedWithinMs)
  if (!blind || !output.ranOut()) return error
  const message = 'The model server ran out of memory: ask for a smaller picture.'
  return new BackendError('backend_out_of_memory', message, { retry: 'smaller', cause: error })
}

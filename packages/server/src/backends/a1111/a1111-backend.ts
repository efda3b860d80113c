import { randomUUID } from 'node:crypto'
import type { Backend, BackendCapabilities, BackendEvent, BackendRequest } from '../backend.ts'
import { plainRequest } from '../wire/plain-request.ts'
import { createConnection } from '../wire/connection.ts'
import { healthOf } from '../wire/health.ts'
import type { Deadline } from '../wire/deadline.ts'
import { startDeadline } from '../wire/deadline.ts'
import type { Fetch } from '../wire/node-fetch.ts'
import type { TurnParts } from '../wire/run-in-turn.ts'
import { runInTurn } from '../wire/run-in-turn.ts'
import { createTurns } from '../wire/turns.ts'
import { a1111PictureOf } from './a1111-answer.ts'
import { progressOf, watchProgress } from './a1111-progress.ts'
import { a1111RequestOf, checkA1111Request } from './a1111-request.ts'
import { shuttingDown } from '../wire/shutting-down.ts'

/** What the adapter of the A1111 family needs to know. */
export interface A1111BackendOptions {
  /** Where the server listens, without `/sdapi`. Default `http://127.0.0.1:7860`. */
  baseUrl?: string | undefined
  /** `user:password`, as the server's `--api-auth` names them. */
  auth?: string | undefined
  timeoutMs?: number | undefined
  /** The largest answer that is read, base64 included. Default 64 MiB. */
  maxBytes?: number | undefined
  /** How often a running job's progress is asked. Default 500. */
  progressIntervalMs?: number | undefined
  fetch?: Fetch | undefined
  now?: (() => number) | undefined
}

/** The adapter for servers of `/sdapi/v1`: AUTOMATIC1111's web UI, Forge, SD.Next, stable-diffusion.cpp. */
export function createA1111Backend(options: A1111BackendOptions = {}): Backend {
  const closing = new AbortController()
  const connection = createConnection({
    baseUrl: options.baseUrl ?? 'http://127.0.0.1:7860',
    apiKey: options.auth,
    basic: true,
    names: { url: 'A1111_URL', key: 'A1111_AUTH' },
    fetch: options.fetch,
    now: options.now,
  })
  const deadlineOf = (caller: AbortSignal | undefined, timeoutMs = options.timeoutMs ?? 300_000): Deadline =>
    startDeadline({ caller, closing: closing.signal, timeoutMs })
  const parts: Parts = {
    connection,
    turns: createTurns(1),
    deadlineOf: (caller) => deadlineOf(caller),
    now: options.now ?? Date.now,
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    progressIntervalMs: options.progressIntervalMs ?? 500,
  }
  return {
    name: 'a1111',
    capabilities: () => capabilities,
    health: (signal) => healthOf(connection, deadlineOf(signal, 2000), '/sdapi/v1/options'),
    warm: async (model, signal = new AbortController().signal) => {
      signal.throwIfAborted()
      for await (const _ of run(parts, plainRequest(model), signal));
    },
    generate: (request, signal) => run(parts, request, signal),
    close: () => {
      closing.abort(shuttingDown())
      return Promise.resolve()
    },
  }
}

const capabilities: BackendCapabilities = Object.freeze({
  kind: 'model',
  rendererVersion: 'a1111-1',
  sizes: null,
  seed: true,
  negative: true,
  style: false,
  progress: true,
  previews: true,
  cancel: true,
  edits: Object.freeze({ image: true, mask: true, variation: true, references: 0 }),
  batch: 1,
})

interface Parts extends TurnParts {
  maxBytes: number
  progressIntervalMs: number
}

async function* run(
  parts: Parts,
  request: BackendRequest,
  caller: AbortSignal,
): AsyncGenerator<BackendEvent> {
  const { connection, maxBytes } = parts
  caller.throwIfAborted()
  checkA1111Request(request)
  const taskId = `task(${randomUUID()})`
  const { path, body, warnings } = await a1111RequestOf(request, taskId)
  const events = runInTurn(
    parts,
    {
      send: async (signal) =>
        a1111PictureOf(await connection.send(path, { json: body, signal }), connection, maxBytes),
      watch: (heard, signal) =>
        void watchProgress(connection, taskId, parts.progressIntervalMs, heard, signal),
      stop: async (signal) => {
        const now = await progressOf(connection, signal)
        // Without this route there is none to interrupt; and another client's job is not ours to stop.
        if (now === undefined || (now.taskId ?? taskId) !== taskId) return
        await connection.send('/sdapi/v1/interrupt', { json: {}, signal })
      },
    },
    caller,
  )
  for await (const event of events) {
    if (event.type !== 'answer') {
      yield event
      continue
    }
    const { bytes, mediaType, seed } = event.value
    if (seed !== undefined && seed !== request.seed) {
      warnings.push(`The model server drew with the seed ${seed}, not with the one asked for.`)
    }
    yield { type: 'image', bytes, mediaType }
    yield { type: 'done', timings: { generateMs: event.ms }, gpuSeconds: event.ms / 1000, warnings }
  }
}

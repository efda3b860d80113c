import type { Backend, BackendCapabilities, BackendEvent, BackendHealth, BackendRequest } from '../backend.ts'
import { BackendError, noEdits } from '../backend.ts'
import { refuseInputs } from '../refuse-inputs.ts'
import type { Connection } from './connection.ts'
import { createConnection } from './connection.ts'
import type { Deadline } from './deadline.ts'
import { startDeadline } from './deadline.ts'
import { picturesOf } from './image-answer.ts'
import { imageRequestOf } from './image-request.ts'
import { familyOf } from './model-families.ts'
import { networkError } from './network-error.ts'
import type { Fetch } from './node-fetch.ts'
import { nodeFetch } from './node-fetch.ts'
import { previewOf } from './preview.ts'
import { probe } from './openai-health.ts'

/** What the `openai` adapter needs to know. */
export interface OpenAIBackendOptions {
  /** With its version path. Default: OpenAI's own servers. */
  baseUrl?: string | undefined
  /** Sent as a bearer token. May be missing for a server of one's own. */
  apiKey?: string | undefined
  /** Default: one over `node:http` without limits of its own. */
  fetch?: Fetch | undefined
  /** How long one run may take, the whole answer included. Default 300,000. */
  timeoutMs?: number | undefined
  /** The clock, in milliseconds since 1970. */
  now?: (() => number) | undefined
  /** The largest answer that is read, base64 included. Default 64 MiB. */
  maxBytes?: number | undefined
  /**
   * How many previews to ask of a model that can stream them, 0–3. OpenAI counts each as 100 output tokens, so the
   * default is 1; with 0 nothing is streamed.
   */
  partialImages?: number | undefined
}

const healthTimeoutMs = 2000

/**
 * The adapter for OpenAI's Images API (`POST /images/generations`) and servers that speak it. One call of
 * `generate` is one request, never repeated: OpenAI's own client retries silently, and then nobody knows how often
 * a picture was paid for.
 */
export function createOpenAIBackend(options: OpenAIBackendOptions = {}): Backend {
  const now = options.now ?? Date.now
  const closing = new AbortController()
  const connection = createConnection({
    baseUrl: options.baseUrl ?? 'https://api.openai.com/v1',
    apiKey: options.apiKey,
    fetch: options.fetch ?? nodeFetch,
    now,
  })
  const maxBytes = options.maxBytes ?? 64 * 1024 * 1024
  const partialImages = options.partialImages ?? 1
  const deadlineOf = (caller: AbortSignal | undefined, timeoutMs: number): Deadline =>
    startDeadline({ caller, closing: closing.signal, timeoutMs })
  const check = (signal?: AbortSignal): Promise<BackendHealth> =>
    probe(connection, deadlineOf(signal, healthTimeoutMs))
  return {
    name: 'openai',
    capabilities: (model) => capabilitiesOf(model, partialImages),
    health: async (signal) => {
      try {
        return await check(signal)
      } catch (error) {
        return { state: 'failed', reason: error instanceof Error ? error.message : 'The check was aborted.' }
      }
    },
    /** Only the check: OpenAI loads nothing on demand, and a real generation would cost money at every start. */
    warm: async (_model, signal) => {
      signal?.throwIfAborted()
      const health = await check(signal)
      if (health.state === 'ready') return
      const message = `The model server is ${health.state}: try again later.`
      throw new BackendError('backend_busy', message, { retry: 'same' })
    },
    generate: (request, signal) =>
      run({
        request,
        connection,
        deadline: () => deadlineOf(signal, options.timeoutMs ?? 300_000),
        now,
        maxBytes,
        partialImages,
      }),
    close: () => {
      const message = 'This server is shutting down: ask again in a moment.'
      closing.abort(new BackendError('shutting_down', message, { retry: 'same' }))
      return Promise.resolve()
    },
  }
}

function capabilitiesOf(model: string, partialImages: number): BackendCapabilities {
  const family = familyOf(model)
  return {
    kind: 'model',
    rendererVersion: 'openai-1',
    sizes: family.sizes,
    seed: false,
    negative: false,
    style: family.styles.length > 0,
    progress: false,
    previews: family.streams && partialImages > 0,
    // The connection is closed, but OpenAI does not promise to stop, and charges.
    cancel: false,
    edits: noEdits,
    batch: 1,
  }
}

interface Run {
  request: BackendRequest
  connection: Connection
  /** Starts the clock; called when the consumer begins to read. */
  deadline: () => Deadline
  now: () => number
  maxBytes: number
  partialImages: number
}

async function* run(options: Run): AsyncGenerator<BackendEvent> {
  const { request, connection, now } = options
  const deadline = options.deadline()
  try {
    deadline.signal.throwIfAborted()
    if (connection.fault !== undefined) throw connection.fault
    refuseInputs('openai', request)
    const { body, warnings } = imageRequestOf(request, options.partialImages)
    const startedAtMs = now()
    yield { type: 'started' }
    deadline.signal.throwIfAborted()
    const { signal } = deadline
    const response = await connection.post('/images/generations', body, signal, request.id)
    for await (const picture of picturesOf(response, { connection, maxBytes: options.maxBytes, signal })) {
      const { partial, bytes, mediaType } = picture
      if (partial) {
        const preview = await previewOf(bytes)
        if (preview !== undefined) yield { type: 'preview', ...preview }
        continue
      }
      // Before the picture is handed over: what the consumer does with it is not our time.
      const generateMs = Math.max(0, now() - startedAtMs)
      deadline.signal.throwIfAborted()
      yield { type: 'image', bytes, mediaType }
      yield { type: 'done', timings: { generateMs }, warnings }
    }
  } catch (error) {
    throw networkError(deadline.explain(error), connection.secret)
  } finally {
    deadline.end()
  }
}

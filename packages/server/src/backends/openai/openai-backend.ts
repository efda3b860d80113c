import type { Backend, BackendCapabilities, BackendHealth } from '../backend.ts'
import { BackendError } from '../backend.ts'
import { createConnection } from '../wire/connection.ts'
import type { Deadline } from '../wire/deadline.ts'
import { startDeadline } from '../wire/deadline.ts'
import type { Fetch } from '../wire/node-fetch.ts'
import { plainRequest } from '../wire/plain-request.ts'
import { createTurns } from '../wire/turns.ts'
import { runBatch } from './batch.ts'
import type { Dialect } from './dialect.ts'
import { openAIDialect } from './dialects/openai.ts'
import { probe } from './openai-health.ts'
import type { RunParts } from './run.ts'
import { runAlone, runStreaming } from './run.ts'
import { shuttingDown } from '../wire/shutting-down.ts'

/** What the adapter of OpenAI's Images API needs to know. */
export interface OpenAIBackendOptions {
  /** Which server speaks it. Default: OpenAI's own, and any that does not say. */
  dialect?: Dialect | undefined
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
  /** Hears of the steps of the job at work, from elsewhere than the API, until the function returned is called. */
  steps?: RunParts['steps'] | undefined
}

const healthTimeoutMs = 2000

/**
 * The adapter for OpenAI's Images API (`POST /images/generations` and `/images/edits`) and servers that speak it. One
 * call of `generate` is one request, never repeated: OpenAI's own client retries silently, and then nobody knows how
 * often a picture was paid for.
 */
export function createOpenAIBackend(options: OpenAIBackendOptions = {}): Backend {
  const { dialect = openAIDialect, timeoutMs = 300_000 } = options
  const closing = new AbortController()
  const connection = createConnection({
    baseUrl: options.baseUrl ?? 'https://api.openai.com/v1',
    apiKey: options.apiKey,
    names: dialect.names,
    fetch: options.fetch,
    now: options.now,
  })
  const deadlineOf = (caller: AbortSignal | undefined, limitMs: number): Deadline =>
    startDeadline({ caller, closing: closing.signal, timeoutMs: limitMs })
  const parts: RunParts = {
    connection,
    dialect,
    deadlineOf: (caller) => deadlineOf(caller, timeoutMs),
    now: options.now ?? Date.now,
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    partialImages: options.partialImages ?? 1,
    turns: createTurns(1),
    steps: options.steps,
  }
  const check = (signal?: AbortSignal): Promise<BackendHealth> =>
    probe(connection, deadlineOf(signal, healthTimeoutMs))
  const generate: Backend['generate'] = (request, signal) =>
    dialect.oneAtATime ? runAlone(parts, request, signal) : runStreaming(parts, request, signal)
  return {
    name: dialect.name,
    capabilities: (model) =>
      dialectCapabilities(dialect, model, parts.partialImages, options.steps !== undefined),
    health: async (signal) => {
      try {
        return await check(signal)
      } catch (error) {
        return { state: 'failed', reason: error instanceof Error ? error.message : 'The check was aborted.' }
      }
    },
    warm: async (model, signal) => {
      signal?.throwIfAborted()
      const health = await check(signal)
      if (health.state !== 'ready') {
        const message = `The model server is ${health.state}: try again later.`
        throw new BackendError('backend_busy', message, { retry: 'same' })
      }
      if (dialect.warms === 'asks') return
      const never = new AbortController().signal
      for await (const _ of generate(plainRequest(model), signal ?? never));
    },
    generate,
    ...(dialect.batch > 1 ? { generateBatch: (requests, signal) => runBatch(parts, requests, signal) } : {}),
    close: () => {
      closing.abort(shuttingDown())
      return Promise.resolve()
    },
  }
}

/**
 * What a model can do at a server of a dialect.
 * @param hearsSteps whether somebody tells of its steps: the API does not
 */
export function dialectCapabilities(
  dialect: Dialect,
  model: string,
  partialImages: number,
  hearsSteps: boolean,
): BackendCapabilities {
  const family = dialect.familyOf(model)
  const edits = dialect.editsOf(model)
  return {
    kind: 'model',
    rendererVersion: dialect.rendererVersion,
    sizes: family.sizes,
    seed: dialect.takes.seed,
    negative: dialect.takes.negative,
    style: family.styles.length > 0,
    progress: hearsSteps,
    previews: family.streams && partialImages > 0,
    // The connection is closed, but no server of this API promises to stop, and OpenAI charges.
    cancel: false,
    edits: { ...edits, variation: edits.image && dialect.takes.strength },
    batch: dialect.batch,
  }
}

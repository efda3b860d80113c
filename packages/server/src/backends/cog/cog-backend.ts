import { randomBytes } from 'node:crypto'
import type { Backend, BackendCapabilities, BackendEvent, BackendHealth, BackendRequest } from '../backend.ts'
import { BackendError } from '../backend.ts'
import { isRecord } from '../wire/answer-error.ts'
import { createConnection } from '../wire/connection.ts'
import type { Deadline } from '../wire/deadline.ts'
import { startDeadline } from '../wire/deadline.ts'
import { healthOf } from '../wire/health.ts'
import type { Fetch } from '../wire/node-fetch.ts'
import { plainRequest } from '../wire/plain-request.ts'
import { publicText } from '../wire/public-text.ts'
import type { TurnParts } from '../wire/run-in-turn.ts'
import { runInTurn } from '../wire/run-in-turn.ts'
import { createTurns } from '../wire/turns.ts'
import type { CogInputs } from './cog-inputs.ts'
import { cogInputOf, defaultCogInputs } from './cog-inputs.ts'
import type { PredictParts } from './predict.ts'
import { predict } from './predict.ts'
import { shuttingDown } from '../wire/shutting-down.ts'

/** What the adapter of Cog needs to know. */
export interface CogBackendOptions {
  /** Where the container listens. Default `http://127.0.0.1:5000`. */
  baseUrl?: string | undefined
  /** Sent as a bearer token, for a proxy before it: Cog itself has no keys. */
  apiKey?: string | undefined
  /** How the model calls its inputs. */
  inputs?: CogInputs | undefined
  /** How many predictions the model makes at a time (`@cog.concurrent`). Default 1, as Cog's. */
  concurrency?: number | undefined
  timeoutMs?: number | undefined
  /** The largest answer that is read, base64 included. Default 64 MiB. */
  maxBytes?: number | undefined
  fetch?: Fetch | undefined
  now?: (() => number) | undefined
  pollIntervalMs?: number | undefined
}

/** The adapter for Cog, Replicate's container for models: one model a container. */
export function createCogBackend(options: CogBackendOptions = {}): Backend {
  const closing = new AbortController()
  const connection = createConnection({
    baseUrl: options.baseUrl ?? 'http://127.0.0.1:5000',
    apiKey: options.apiKey,
    names: { url: 'COG_URL', key: 'COG_API_KEY' },
    fetch: options.fetch,
    now: options.now,
  })
  const deadlineOf = (caller: AbortSignal | undefined, timeoutMs: number): Deadline =>
    startDeadline({ caller, closing: closing.signal, timeoutMs })
  const parts: Parts = {
    connection,
    turns: createTurns(options.concurrency ?? 1),
    deadlineOf: (caller) => deadlineOf(caller, options.timeoutMs ?? 300_000),
    now: options.now ?? Date.now,
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    pollIntervalMs: options.pollIntervalMs ?? 500,
    streams: { known: undefined },
    names: options.inputs ?? defaultCogInputs,
    known: undefined,
  }
  return {
    name: 'cog',
    capabilities: () => capabilitiesOf(parts.names),
    health: (signal) => healthOf(connection, deadlineOf(signal, 2000), '/health-check', readHealth),
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

/** The route answers 200 whatever is the matter: what counts is in it. */
function readHealth(body: unknown): BackendHealth {
  const status = isRecord(body) ? body['status'] : undefined
  if (status === 'READY') return { state: 'ready' }
  if (status === 'STARTING') return { state: 'starting' }
  if (status === 'BUSY') return { state: 'busy' }
  const says = publicText(status, undefined) ?? 'nothing about itself'
  const error = publicText(isRecord(body) ? body['user_healthcheck_error'] : undefined, undefined)
  return { state: 'failed', reason: `The model says ${says}${error === undefined ? '' : `: ${error}`}.` }
}

function capabilitiesOf(names: CogInputs): BackendCapabilities {
  return {
    kind: 'model',
    rendererVersion: 'cog-1',
    sizes: null,
    seed: names.seed !== null,
    negative: names.negative !== null,
    style: false,
    progress: true,
    previews: true,
    cancel: true,
    edits: {
      image: names.image !== null,
      mask: names.image !== null && names.mask !== null,
      variation: names.image !== null && names.strength !== null,
      references: names.references === null ? 0 : 7,
    },
    batch: 1,
  }
}

interface Parts extends TurnParts, PredictParts {
  names: CogInputs
  /** The inputs that the model says it has, once it was asked. */
  known: ReadonlySet<string> | undefined
}

async function* run(
  parts: Parts,
  request: BackendRequest,
  caller: AbortSignal,
): AsyncGenerator<BackendEvent> {
  const { connection } = parts
  caller.throwIfAborted()
  checkInputs(parts.names, request)
  // Random, and not the request's: of a prediction that runs already the server would give the old one.
  const id = randomBytes(16).toString('hex')
  let warnings: string[] = []
  let tell: Parameters<typeof predict>[2] = { push: () => {} }
  const job = {
    send: async (signal: AbortSignal) => {
      // A server that does not say, or not yet, is asked again with the next picture.
      parts.known ??= await inputsOf(parts, signal).catch(() => undefined)
      const { input, warnings: lost } = await cogInputOf(parts.names, request, parts.known)
      warnings = lost
      return await predict(parts, { id, input }, { push: (event) => tell.push(event) }, signal)
    },
    watch: (events: typeof tell) => {
      tell = events
    },
    stop: async (signal: AbortSignal) => {
      const answer = await connection.send(`/predictions/${id}/cancel`, { json: {}, signal })
      await answer.body?.cancel()
    },
  }
  for await (const event of runInTurn(parts, job, caller)) {
    if (event.type !== 'answer') {
      yield event
      continue
    }
    const { bytes, mediaType, predictMs } = event.value
    const generateMs = predictMs ?? event.ms
    yield { type: 'image', bytes, mediaType }
    yield { type: 'done', timings: { generateMs }, gpuSeconds: generateMs / 1000, warnings }
  }
}

/** The names of the model's inputs out of its OpenAPI document: what it does not have, it drops silently. */
async function inputsOf(
  { connection }: Parts,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const response = await connection.send('/openapi.json', { method: 'GET', signal })
  if (!response.ok) {
    await response.body?.cancel()
    return undefined
  }
  const document = await connection.json(response, 8 * 1024 * 1024)
  const at = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined)
  const properties = ['components', 'schemas', 'Input', 'properties'].reduce(at, document)
  return isRecord(properties) ? new Set(Object.keys(properties)) : undefined
}

/** @throws BackendError unsupported_by_backend */
function checkInputs(names: CogInputs, { model, inputs }: BackendRequest): void {
  const refuse = (what: string): never => {
    throw new BackendError('unsupported_by_backend', `The model ${model} takes no ${what}: leave it out.`, {
      retry: 'never',
    })
  }
  if (inputs.image !== undefined && names.image === null) refuse('picture to change')
  if (inputs.mask !== undefined && (names.mask === null || inputs.image === undefined)) refuse('mask alone')
  if (inputs.references.length > 0 && names.references === null) refuse('reference pictures')
}

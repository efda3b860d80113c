import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OpenAIFakeMode } from './fake-answers.ts'
import { answer, answerPicture, json } from './fake-answers.ts'
import type { Counter } from './counter.ts'
import { createCounter } from './counter.ts'
import { refusalOf } from './fake-rules.ts'

/** One call of `POST /images/generations` or `POST /images/edits`. */
export interface OpenAIFakeCall {
  /** The JSON, or the fields of the form. */
  body: Record<string, unknown>
  /** The files of the form: their field and size. */
  files: readonly { field: string; bytes: number; mediaType: string }[]
  headers: IncomingMessage['headers']
  mode: OpenAIFakeMode
}

export interface OpenAIFakeOptions {
  mode?: OpenAIFakeMode
  /** How long the fake "draws" before it answers. Default 0. */
  delayMs?: number
  /** With a key, any other is answered 401. */
  apiKey?: string
  /** With models, any other is answered 404 `model_not_found`. */
  models?: readonly string[]
  /** Fields that this server takes besides OpenAI's. */
  extensions?: readonly string[]
  /** Sent with 429 and 503. Default 7. */
  retryAfterS?: number
  /** The status of `GET /models`. Default 200. */
  modelsStatus?: number
}

/** A server that speaks OpenAI's Images API, counts, and lies when told to. */
export interface OpenAIFake extends AsyncDisposable {
  /** With `/v1`. */
  readonly baseUrl: string
  /** Can be changed at any time; counts for the calls that arrive from then on. */
  mode: OpenAIFakeMode
  delayMs: number
  modelsStatus: number
  /** Generation calls, in the order they arrived. */
  readonly calls: readonly OpenAIFakeCall[]
  /** Calls of `GET /models`. */
  readonly modelsCallCount: number
  /** Generation calls that are not answered yet. */
  readonly concurrentCalls: number
  readonly maxConcurrentCalls: number
  /** Calls whose client left before the answer was complete. */
  readonly abandonedCalls: number
  /** The next generation call is answered so; several are used up in turn. */
  respondOnce(mode: OpenAIFakeMode): void
  /** Holds back every answer from now on; the function lets them go. A delay that needs no clock. */
  hold(): () => void
  /** Settles when that many generation calls have arrived, since the start. */
  waitForCalls(count: number): Promise<void>
  /** Settles when that many clients have left before their answer. */
  waitForAbandoned(count: number): Promise<void>
  close(): Promise<void>
}

/** Starts the fake on a free port of 127.0.0.1. */
export async function startOpenAIFake(options: OpenAIFakeOptions = {}): Promise<OpenAIFake> {
  const state = createState(options)
  const server = createServer((request, response) => {
    handle(state, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return fakeOf(state, server)
}

interface State {
  options: OpenAIFakeOptions
  origin: string
  mode: OpenAIFakeMode
  delayMs: number
  modelsStatus: number
  /** Modes for the next calls, before `mode` counts again. */
  once: OpenAIFakeMode[]
  calls: OpenAIFakeCall[]
  modelsCallCount: number
  concurrent: number
  maxConcurrent: number
  /** Every answer waits for it. */
  gate: Promise<void>
  arrived: Counter
  abandoned: Counter
}

function createState(options: OpenAIFakeOptions): State {
  return {
    options,
    origin: '',
    mode: options.mode ?? 'ok',
    delayMs: options.delayMs ?? 0,
    modelsStatus: options.modelsStatus ?? 200,
    once: [],
    calls: [],
    modelsCallCount: 0,
    concurrent: 0,
    maxConcurrent: 0,
    gate: Promise.resolve(),
    arrived: createCounter(),
    abandoned: createCounter(),
  }
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', state.origin)
  const sent = await readBody(request)
  const route = `${request.method} ${pathname}`
  if (route === 'POST /v1/images/generations' || route === 'POST /v1/images/edits') {
    return await generate(state, request, response, sent)
  }
  if (route === 'GET /v1/models') {
    state.modelsCallCount += 1
    const key = state.options.apiKey
    const allowed = key === undefined || request.headers.authorization === `Bearer ${key}`
    const data = (state.options.models ?? []).map((id) => ({
      id,
      object: 'model',
      created: 0,
      owned_by: 'fake',
    }))
    return json(response, allowed ? state.modelsStatus : 401, { object: 'list', data })
  }
  if (request.method === 'GET' && answerPicture(response, pathname)) return
  json(response, 404, {
    error: { message: `Invalid URL (${route})`, type: 'invalid_request_error', param: null, code: null },
  })
}

async function generate(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
  { body, files }: Pick<OpenAIFakeCall, 'body' | 'files'>,
): Promise<void> {
  const mode = state.once.shift() ?? state.mode
  state.calls.push({ body, files, headers: request.headers, mode })
  state.concurrent += 1
  state.maxConcurrent = Math.max(state.maxConcurrent, state.concurrent)
  response.once('close', () => {
    state.concurrent -= 1
    if (!response.writableFinished) state.abandoned.increment()
  })
  state.arrived.increment()
  await state.gate
  if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs))
  if (response.destroyed) return
  const authorization = request.headers.authorization ?? ''
  const refusal = refusalOf(body, authorization, state.options)
  if (refusal !== undefined) return json(response, refusal.status, { error: refusal.error })
  const size = typeof body['size'] === 'string' ? body['size'] : '1024x1024'
  const [widthPx = 1024, heightPx = 1024] = size.split('x').map(Number)
  answer(response, {
    mode,
    prompt: pictureText(body, files, state.options.extensions ?? []),
    edit: files.length > 0,
    widthPx,
    heightPx,
    stream: String(body['stream']) === 'true',
    partialImages: Number(body['partial_images'] ?? 0),
    authorization,
    origin: state.origin,
    retryAfterS: state.options.retryAfterS ?? 7,
  })
}

/** What a picture is made of: the prompt, what the server reads besides, and whatever it starts from. */
function pictureText(
  body: Record<string, unknown>,
  files: OpenAIFakeCall['files'],
  extensions: readonly string[],
): string {
  const from = files.map(({ field, bytes }) => ` + ${field} of ${bytes}`)
  const more = extensions.flatMap((name) =>
    name in body ? [` + ${name} ${JSON.stringify(body[name])}`] : [],
  )
  return [String(body['prompt']), ...more, ...from].join('')
}

async function readBody(request: IncomingMessage): Promise<Pick<OpenAIFakeCall, 'body' | 'files'>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('multipart/form-data')) {
    const body = bytes.byteLength === 0 ? {} : (JSON.parse(bytes.toString('utf8')) as Record<string, unknown>)
    return { body, files: [] }
  }
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData()
  const entries = [...form]
  return {
    body: Object.fromEntries(entries.filter(([, value]) => typeof value === 'string')),
    files: entries.flatMap(([field, value]) =>
      value instanceof Blob ? [{ field, bytes: value.size, mediaType: value.type }] : [],
    ),
  }
}

function fakeOf(state: State, server: Server): OpenAIFake {
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
    return closing
  }
  return {
    baseUrl: `${state.origin}/v1`,
    get mode() {
      return state.mode
    },
    set mode(mode) {
      state.mode = mode
    },
    get delayMs() {
      return state.delayMs
    },
    set delayMs(delayMs) {
      state.delayMs = delayMs
    },
    get modelsStatus() {
      return state.modelsStatus
    },
    set modelsStatus(status) {
      state.modelsStatus = status
    },
    get calls() {
      return state.calls
    },
    get modelsCallCount() {
      return state.modelsCallCount
    },
    get concurrentCalls() {
      return state.concurrent
    },
    get maxConcurrentCalls() {
      return state.maxConcurrent
    },
    get abandonedCalls() {
      return state.abandoned.count
    },
    respondOnce: (mode) => void state.once.push(mode),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      state.gate = promise
      return resolve
    },
    waitForCalls: (count) => state.arrived.waitFor(count),
    waitForAbandoned: (count) => state.abandoned.waitFor(count),
    close,
    [Symbol.asyncDispose]: close,
  }
}

import type { ServerResponse } from 'node:http'
import { createCounter } from '../../openai/testing/counter.ts'
import { testPng } from '../../openai/testing/test-png.ts'
import type { JsonAsk } from '../../wire/testing/json-server.ts'
import { sendJson, sendPage, startJsonServer } from '../../wire/testing/json-server.ts'

/** How the fake behaves. */
export type CogFakeMode =
  | 'ok'
  | 'hang'
  | 'out-of-memory'
  | 'nsfw'
  | 'invalid'
  | 'busy'
  | 'no-image'
  | 'not-an-image'
  | 'wrong-size'
  | 'many-previews'
  | 'html'
  | 'reset'
  | 'loading'
  | 'elsewhere'
  | 'own-address'
  /** Answers 202 whatever was asked for, and is polled. */
  | 'asynchronous'

export interface CogFake {
  readonly baseUrl: string
  mode: CogFakeMode
  /** What `/health-check` says. */
  status: string
  readonly inputs: readonly Record<string, unknown>[]
  readonly cancelled: readonly string[]
  waitForJobs(count: number): Promise<void>
  waitForCancels(count: number): Promise<void>
  close(): Promise<void>
}

const inputNames = [
  'prompt',
  'negative_prompt',
  'seed',
  'width',
  'height',
  'num_inference_steps',
  'image',
  'mask',
  'prompt_strength',
]

/** A model container as Cog's documentation describes it. @param streams whether its author made it stream */
export async function startCogFake(streams: boolean): Promise<CogFake> {
  const state = { mode: 'ok' as CogFakeMode, status: 'READY' }
  const inputs: Record<string, unknown>[] = []
  const cancelled: string[] = []
  const arrived = createCounter()
  const cancels = createCounter()
  let release = Promise.withResolvers<void>()
  const polled = new Map<string, object>()
  const predict = async (ask: JsonAsk, response: ServerResponse): Promise<void> => {
    const wantsStream = ask.headers.accept?.includes('text/event-stream') ?? false
    if (wantsStream && !streams) return sendJson(response, 406, { error: 'This model does not stream.' })
    const input = ask.body['input'] as Record<string, unknown>
    inputs.push(input)
    release = Promise.withResolvers()
    arrived.increment()
    if (state.mode === 'busy') return sendJson(response, 409, { error: 'At capacity', status: 'failed' })
    if (state.mode === 'invalid')
      return sendJson(response, 422, { detail: [{ loc: ['width'], msg: 'too large' }] })
    if (state.mode === 'html') return sendPage(response)
    if (state.mode === 'reset') return void response.destroy()
    const id = String(ask.body['id'])
    if (wantsStream) stream(response, 'start', { id, status: 'processing' })
    if (wantsStream) streamSteps(response, state.mode)
    if (state.mode === 'hang') await release.promise
    const prediction = { id, ...endOf(state.mode, input, cancelled.includes(id), server.origin) }
    if (state.mode === 'asynchronous') {
      polled.set(id, prediction)
      return sendJson(response, 202, { id, status: 'starting' })
    }
    if (!wantsStream) return sendJson(response, 200, prediction)
    stream(response, 'completed', prediction)
    response.end()
  }
  const server = await startJsonServer(async (ask, response) => {
    const [, id = '', cancel] = /^\/predictions\/(\w+)(\/cancel)?$/u.exec(ask.path) ?? []
    if (ask.route === 'GET /health-check') {
      return state.mode === 'loading'
        ? sendJson(response, 200, { status: 'STARTING' })
        : sendJson(response, 200, { status: state.status })
    }
    if (ask.route === 'GET /openapi.json') {
      const properties = Object.fromEntries(inputNames.map((name) => [name, {}]))
      return sendJson(response, 200, { components: { schemas: { Input: { properties } } } })
    }
    if (state.mode === 'loading' || state.status === 'DEFUNCT')
      return sendJson(response, 503, { error: 'Not ready', status: 'failed' })
    if (ask.path === '/picture.png') {
      response.writeHead(200, { 'content-type': 'image/png' })
      return void response.end(testPng(64, 96, 'at an address'))
    }
    if (cancel !== undefined) {
      cancelled.push(id)
      release.resolve()
      cancels.increment()
      return sendJson(response, 200, {})
    }
    if (ask.route.startsWith('GET /predictions/') && polled.has(id))
      return sendJson(response, 200, polled.get(id))
    if (ask.route.startsWith('PUT /predictions/')) return await predict(ask, response)
    sendJson(response, 404, {})
  })
  return {
    baseUrl: server.origin,
    get mode() {
      return state.mode
    },
    set mode(mode) {
      state.mode = mode
    },
    get status() {
      return state.status
    },
    set status(status) {
      state.status = status
    },
    inputs,
    cancelled,
    waitForJobs: (count) => arrived.waitFor(count),
    waitForCancels: (count) => cancels.waitFor(count),
    close: async () => {
      release.resolve()
      await server.close()
    },
  }
}

function stream(response: ServerResponse, event: string, data: object): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

function streamSteps(response: ServerResponse, mode: CogFakeMode): void {
  const count = mode === 'many-previews' ? 12 : 4
  for (let step = 1; step <= count; step += 1) {
    const percent = Math.round((step / count) * 100)
    stream(response, 'log', {
      source: 'stderr',
      data: `\r ${percent}%|███       | ${step}/${count} [00:01<00:02]`,
    })
    if (mode === 'many-previews')
      stream(response, 'output', { chunk: dataUrl(testPng(512, 512, `${step}`)), index: step })
  }
}

const dataUrl = (bytes: Buffer): string => `data:image/png;base64,${bytes.toString('base64')}`

function endOf(
  mode: CogFakeMode,
  input: Record<string, unknown>,
  wasCancelled: boolean,
  origin: string,
): object {
  if (wasCancelled) return { status: 'canceled' }
  const failed = (error: string): object => ({ status: 'failed', error, metrics: { predict_time: 0.1 } })
  if (mode === 'out-of-memory') return failed('CUDA out of memory. Tried to allocate 2.00 GiB')
  if (mode === 'nsfw')
    return failed('NSFW content detected. Try running it again, or try a different prompt.')
  const extra = mode === 'wrong-size' ? 8 : 0
  const picture = testPng(Number(input['width']) + extra, Number(input['height']), JSON.stringify(input))
  const addresses: Partial<Record<CogFakeMode, unknown>> = {
    'no-image': [],
    'not-an-image': dataUrl(Buffer.from('no picture')),
    elsewhere: 'http://127.0.0.1:9/internal.png',
    'own-address': `${origin}/picture.png`,
  }
  const output = mode in addresses ? addresses[mode] : [dataUrl(picture)]
  return { status: 'succeeded', output, metrics: { predict_time: 0.25 } }
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { createCounter } from '../../openai/testing/counter.ts'
import { testPng } from '../../openai/testing/test-png.ts'

/** How the fake behaves; `hang` never ends a job, `no-result` is what the real one says of any failure. */
export type SdFakeMode =
  | 'ok'
  | 'hang'
  | 'no-result'
  | 'no-image'
  | 'not-an-image'
  | 'html'
  | 'reset'
  | 'loading'

/** A job as the fake understood it, after it took its own arguments out of the prompt. */
export interface SdFakeJob {
  route: 'generations' | 'edits'
  prompt: string
  n: number
  widthPx: number
  heightPx: number
  args: Record<string, unknown>
  images: number
  mask: Buffer | undefined
}

export interface SdFakeOptions {
  mode?: SdFakeMode
  /** A fixed port; default a free one. */
  port?: number
  /** Hears every step before it is done; the next waits for what it returns. */
  onStep?: (step: number, steps: number) => Promise<void> | void
  /** What a side is rounded up to. Default 64. */
  multiplePx?: number
}

export interface SdFake {
  /** With `/v1`. */
  readonly baseUrl: string
  mode: SdFakeMode
  readonly jobs: readonly SdFakeJob[]
  /** Jobs that were ended, pictures made or not. */
  readonly endedJobs: number
  waitForJobs(count: number): Promise<void>
  close(): Promise<void>
}

/**
 * A server that behaves as stable-diffusion.cpp's did when it was recorded (commit 97d2990): one job at a time behind
 * a lock, sizes rounded up silently, arguments obeyed out of the prompt, the prompt written into the picture, jobs
 * that go on when their client has left, errors as a string.
 */
export async function startSdFake(options: SdFakeOptions = {}): Promise<SdFake> {
  const jobs: SdFakeJob[] = []
  const arrived = createCounter()
  const state = { mode: options.mode ?? 'ok', lock: Promise.resolve(), ended: 0 }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === '/v1/models') {
      // The real one answers this before its weights are loaded.
      return json(response, 200, { data: [{ id: 'sd-cpp-local', object: 'model', owned_by: 'local' }] })
    }
    const job = await jobOf(request)
    if (job === undefined) return json(response, 404, {})
    if (job.prompt === '') return json(response, 400, { error: 'prompt required' })
    jobs.push(job)
    arrived.increment()
    const turn = Promise.withResolvers<void>()
    const before = state.lock
    state.lock = before.then(() => turn.promise)
    await before
    try {
      await work(() => state.mode, job, response, options)
    } finally {
      state.ended += 1
      turn.resolve()
    }
  }
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get mode() {
      return state.mode
    },
    set mode(mode) {
      state.mode = mode
    },
    jobs,
    get endedJobs() {
      return state.ended
    },
    waitForJobs: (count) => arrived.waitFor(count),
    close: () => closed(server),
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

const tag = /<sd_cpp_extra_args>(.*?)<\/sd_cpp_extra_args>/gu

async function jobOf(request: IncomingMessage): Promise<SdFakeJob | undefined> {
  const route = request.url === '/v1/images/edits' ? 'edits' : 'generations'
  if (route === 'generations' && request.url !== '/v1/images/generations') return undefined
  const body = new Response(Readable.toWeb(request) as ReadableStream<Uint8Array>, {
    headers: { 'content-type': request.headers['content-type'] ?? '' },
  })
  const form = route === 'edits' ? await body.formData() : undefined
  const fields =
    form === undefined ? ((await body.json()) as Record<string, unknown>) : Object.fromEntries(form)
  const text = String(fields['prompt'])
  const [, found] = new RegExp(tag.source, 'u').exec(text) ?? []
  const args = found === undefined ? {} : (JSON.parse(found) as Record<string, unknown>)
  const [widthPx = 512, heightPx = 512] = String(fields['size']).split('x').map(Number)
  const mask = form?.get('mask')
  return {
    route,
    prompt: text.replaceAll(tag, ''),
    n: Number(fields['n'] ?? 1),
    widthPx,
    heightPx,
    args,
    images: form?.getAll('image[]').length ?? 0,
    mask: mask instanceof Blob ? Buffer.from(await mask.arrayBuffer()) : undefined,
  }
}

async function work(
  modeNow: () => SdFakeMode,
  job: SdFakeJob,
  response: ServerResponse,
  { onStep, multiplePx = 64 }: SdFakeOptions,
): Promise<void> {
  const began = modeNow()
  if (began === 'loading') return json(response, 503, { error: 'loading model' })
  if (began === 'hang') return await new Promise((resolve) => response.once('close', resolve))
  if (began === 'reset') return void response.destroy()
  const params = job.args['sample_params'] as { sample_steps?: number } | undefined
  const steps = params?.sample_steps ?? 4
  for (let step = 1; step <= steps; step += 1) await onStep?.(step, steps)
  const mode = modeNow()
  if (mode === 'no-result') return json(response, 500, { error: 'generate_image returned no results' })
  if (mode === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' })
    return void response.end('<!doctype html><h1>It works</h1>')
  }
  const roundUp = (px: number): number => Math.ceil(px / multiplePx) * multiplePx
  const pictures = Array.from({ length: job.n }, (_, index) => {
    const seed = Number(job.args['seed'] ?? 42) + index
    const from = `${job.images}|${job.mask?.byteLength ?? 0}|${JSON.stringify(job.args['strength'] ?? null)}`
    const text = `${job.prompt}|${JSON.stringify(job.args['negative_prompt'] ?? null)}|${seed}|${from}`
    return testPng(roundUp(job.widthPx), roundUp(job.heightPx), text)
  })
  const sent = mode === 'not-an-image' ? pictures.map(() => Buffer.from('no picture')) : pictures
  const data = mode === 'no-image' ? [] : sent.map((png) => ({ b64_json: png.toString('base64') }))
  json(response, 200, { created: 1_795_252_769, data, output_format: 'png' })
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

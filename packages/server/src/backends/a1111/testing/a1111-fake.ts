import type { ServerResponse } from 'node:http'
import { createCounter } from '../../openai/testing/counter.ts'
import { testPng } from '../../openai/testing/test-png.ts'
import type { JsonAsk } from '../../wire/testing/json-server.ts'
import { sendJson, sendPage, startJsonServer } from '../../wire/testing/json-server.ts'

/** How the fake behaves; `hang` draws until it is interrupted, and then sends what it has, as the real one does. */
export type A1111FakeMode =
  | 'ok'
  | 'hang'
  | 'out-of-memory'
  | 'unknown-model'
  | 'invalid'
  | 'no-image'
  | 'not-an-image'
  | 'wrong-size'
  | 'many-previews'
  | 'html'
  | 'reset'
  | 'loading'
  /** stable-diffusion.cpp's server has no progress and no interrupt. */
  | 'no-progress'

export interface A1111Fake {
  readonly baseUrl: string
  mode: A1111FakeMode
  readonly jobs: readonly Record<string, unknown>[]
  waitForJobs(count: number): Promise<void>
  waitForInterrupts(count: number): Promise<void>
  close(): Promise<void>
}

/** A server of `/sdapi/v1` as its public documentation and source describe it. */
export async function startA1111Fake(): Promise<A1111Fake> {
  const state = { mode: 'ok' as A1111FakeMode, task: '', asked: 0 }
  const jobs: Record<string, unknown>[] = []
  const arrived = createCounter()
  const interrupted = createCounter()
  let interrupt = Promise.withResolvers<void>()
  const asked = createCounter()
  const generate = async ({ body, path }: JsonAsk, response: ServerResponse): Promise<void> => {
    jobs.push(body)
    state.task = String(body['force_task_id'])
    interrupt = Promise.withResolvers()
    arrived.increment()
    if (state.mode === 'hang') await interrupt.promise
    if (state.mode === 'many-previews') await asked.waitFor(asked.count + 12)
    const failed = faultOf(state.mode, response)
    state.task = ''
    if (!failed) sendJson(response, 200, answerOf(state.mode, path, body))
  }
  const server = await startJsonServer(async (ask, response) => {
    if (state.mode === 'loading') return sendJson(response, 503, { detail: 'loading' })
    switch (ask.route) {
      case 'GET /sdapi/v1/options':
        return sendJson(response, 200, { sd_model_checkpoint: 'toy' })
      case 'GET /sdapi/v1/progress':
        if (state.mode === 'no-progress') return sendJson(response, 404, {})
        state.asked += 1
        asked.increment()
        return sendJson(response, 200, progressOf(state.task, state.asked))
      case 'POST /sdapi/v1/interrupt':
        interrupt.resolve()
        interrupted.increment()
        return sendJson(response, 200, {})
      case 'POST /sdapi/v1/txt2img':
      case 'POST /sdapi/v1/img2img':
        return await generate(ask, response)
      default:
        return sendJson(response, 404, { detail: 'Not Found' })
    }
  })
  return {
    baseUrl: server.origin,
    get mode() {
      return state.mode
    },
    set mode(mode) {
      state.mode = mode
    },
    jobs,
    waitForJobs: (count) => arrived.waitFor(count),
    waitForInterrupts: (count) => interrupted.waitFor(count),
    close: async () => {
      interrupt.resolve()
      await server.close()
    },
  }
}

function progressOf(task: string, asked: number): object {
  const step = Math.min(19, asked)
  return {
    progress: task === '' ? 0 : step / 20,
    eta_relative: 1,
    state: { interrupted: false, job: task, sampling_step: step, sampling_steps: 20 },
    current_image: task === '' ? null : testPng(512, 512, `step ${asked}`).toString('base64'),
    current_task: task === '' ? null : task,
  }
}

function faultOf(mode: A1111FakeMode, response: ServerResponse): boolean {
  if (mode === 'out-of-memory') {
    const errors = 'CUDA out of memory. Tried to allocate 20.00 GiB.'
    sendJson(response, 500, { error: 'OutOfMemoryError', detail: '', body: '', errors })
  } else if (mode === 'unknown-model') {
    sendJson(response, 500, {
      error: 'RuntimeError',
      detail: '',
      body: '',
      errors: 'Unknown checkpoint: absent',
    })
  } else if (mode === 'invalid') {
    sendJson(response, 422, { detail: [{ loc: ['body', 'width'], msg: 'Input should be a valid integer' }] })
  } else if (mode === 'html') sendPage(response)
  else if (mode === 'reset') response.destroy()
  else return false
  return true
}

function answerOf(mode: A1111FakeMode, path: string, body: Record<string, unknown>): object {
  const { prompt, negative_prompt, seed, width, height, init_images, mask, denoising_strength } = body
  const from = [path, init_images, mask, denoising_strength]
  const text = JSON.stringify([prompt, negative_prompt, seed, ...from])
  const picture = testPng(Number(width) + (mode === 'wrong-size' ? 8 : 0), Number(height), text)
  const bytes = mode === 'not-an-image' ? Buffer.from('no picture') : picture
  const images = mode === 'no-image' ? [] : [bytes.toString('base64')]
  return { images, parameters: body, info: JSON.stringify({ seed, all_seeds: [seed] }) }
}

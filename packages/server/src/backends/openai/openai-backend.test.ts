import { loadImage } from '@napi-rs/canvas'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { createOpenAIBackend } from './openai-backend.ts'
import type { OpenAIFake } from './testing/openai-fake.ts'
import { startOpenAIFake } from './testing/openai-fake.ts'
import { eventsOf, requestWith } from './testing/run-request.ts'
import { testPng } from './testing/test-png.ts'

let fake: OpenAIFake
let backend: Backend

beforeEach(async () => {
  fake = await startOpenAIFake()
  backend = createOpenAIBackend({ baseUrl: fake.baseUrl, apiKey: 'sk-test-key', partialImages: 2 })
})

afterEach(async () => {
  await backend.close()
  await fake.close()
})

const expected = testPng(1024, 1024, 'a red sailboat at sunset')

describe('the request', () => {
  test('is one call, with the key, the id and what the model knows', async () => {
    await eventsOf(backend)
    expect(fake.calls).toHaveLength(1)
    expect(fake.calls[0]?.headers.authorization).toBe('Bearer sk-test-key')
    expect(fake.calls[0]?.headers['x-client-request-id']).toBe('gen_1-1')
    expect(fake.calls[0]?.body).toEqual({
      model: 'gpt-image-1',
      prompt: 'a red sailboat at sunset',
      n: 1,
      size: '1024x1024',
      output_format: 'png',
      stream: true,
      partial_images: 2,
    })
  })

  test('without a key carries no Authorization header', async () => {
    await eventsOf(createOpenAIBackend({ baseUrl: fake.baseUrl }), { model: 'some-diffusion' })
    expect(fake.calls[0]?.headers.authorization).toBeUndefined()
  })

  test('keeps the path and the query of the base URL', async () => {
    const seen: string[] = []
    const other = createOpenAIBackend({
      baseUrl: 'https://gateway.example/openai/v1/?api-version=7',
      fetch: (url) => {
        seen.push(url.href)
        return Promise.resolve(Response.json({ data: [{ b64_json: expected.toString('base64') }] }))
      },
    })
    await eventsOf(other)
    expect(seen).toEqual(['https://gateway.example/openai/v1/images/generations?api-version=7'])
  })

  test('takes an id of any characters', async () => {
    await eventsOf(backend, { id: 'größe\n1' })
    expect(fake.calls[0]?.headers['x-client-request-id']).toBe('gr__e_1')
  })
})

describe('the answer', () => {
  test('streams small previews before the picture', async () => {
    const events = await eventsOf(backend)
    expect(events.map((event) => event.type)).toEqual(['started', 'preview', 'preview', 'image', 'done'])
    const previews = events.filter((event) => event.type === 'preview')
    for (const { bytes, mediaType } of previews) {
      const { width, height } = await loadImage(Buffer.from(bytes))
      expect({ mediaType, width, height }).toEqual({ mediaType: 'image/jpeg', width: 256, height: 256 })
    }
    expect(events.find((event) => event.type === 'image')).toMatchObject({
      mediaType: 'image/png',
      bytes: expected,
    })
  })

  test.each(['json', 'data-url', 'url'] as const)('gives the same bytes in the form %s', async (mode) => {
    fake.mode = mode
    const events = await eventsOf(backend, { model: 'some-diffusion' })
    expect(events.map((event) => event.type)).toEqual(['started', 'image', 'done'])
    expect(events[1]).toEqual({ type: 'image', mediaType: 'image/png', bytes: expected })
  })

  test('is JSON where the server ignores stream, and a stream where it streams unasked', async () => {
    fake.mode = 'json'
    expect((await eventsOf(backend)).map((event) => event.type)).toEqual(['started', 'image', 'done'])
    fake.mode = 'stream'
    const events = await eventsOf(backend, { model: 'some-diffusion' })
    expect(events.map((event) => event.type)).toEqual(['started', 'image', 'done'])
  })

  test('of a wrong size or cut short is passed on: the worker decodes and refuses it', async () => {
    fake.respondOnce('wrong-size')
    fake.respondOnce('truncated-image')
    const wrong = await eventsOf(backend, { model: 'some-diffusion' })
    expect(wrong[1]).toEqual({
      type: 'image',
      mediaType: 'image/png',
      bytes: testPng(1040, 1024, requestWith().prompt),
    })
    const cut = await eventsOf(backend, { model: 'some-diffusion' })
    expect(cut[1]).toMatchObject({
      type: 'image',
      bytes: expected.subarray(0, Math.floor(expected.byteLength / 2)),
    })
  })

  test('is timed by the clock that was given', async () => {
    let nowMs = 1000
    const timed = createOpenAIBackend({ baseUrl: fake.baseUrl, now: () => (nowMs += 250) })
    expect((await eventsOf(timed, { model: 'some-diffusion' })).at(-1)).toMatchObject({
      timings: { generateMs: 250 },
    })
  })

  test('names what was ignored', async () => {
    const events = await eventsOf(backend, { negative: 'people', style: 'vivid' })
    const done = events.at(-1)
    expect(done?.type === 'done' ? done.warnings : []).toEqual([
      expect.stringContaining('seed was ignored'),
      expect.stringContaining('negative prompt was ignored'),
      expect.stringContaining('style was ignored'),
    ])
  })
})

describe('leaving', () => {
  test('a consumer that stops at a preview closes the connection', async () => {
    fake.mode = 'stream-hang'
    for await (const event of backend.generate(requestWith(), new AbortController().signal)) {
      if (event.type === 'preview') break
    }
    await fake.waitForAbandoned(1)
    expect(fake.calls).toHaveLength(1)
  })

  test('an abort in the middle of a stream rejects with its reason', async () => {
    fake.mode = 'stream-hang'
    const abort = new AbortController()
    const reason = new Error('cancelled')
    const seen: string[] = []
    const consume = async (): Promise<void> => {
      for await (const event of backend.generate(requestWith(), abort.signal)) {
        seen.push(event.type)
        if (seen.filter((type) => type === 'preview').length === 2) abort.abort(reason)
      }
    }
    await expect(consume()).rejects.toBe(reason)
    await fake.waitForAbandoned(1)
  })

  test('close ends what runs, and refuses what comes later', async () => {
    fake.mode = 'hang'
    const running = eventsOf(backend).catch((error: unknown) => error)
    await fake.waitForCalls(1)
    await backend.close()
    expect(await running).toMatchObject({ name: 'BackendError', code: 'shutting_down', retry: 'same' })
    await fake.waitForAbandoned(1)
    await expect(eventsOf(backend)).rejects.toMatchObject({ code: 'shutting_down' })
    expect(fake.calls).toHaveLength(1)
  })
})

describe('health', () => {
  test.each([
    [200, { state: 'ready' }],
    [404, { state: 'ready' }],
    [503, { state: 'starting' }],
    [429, { state: 'busy' }],
    [401, { state: 'failed', reason: expect.stringContaining('OPENAI_API_KEY') }],
    [500, { state: 'failed', reason: expect.stringContaining('500') }],
  ])('status %i', async (status, health) => {
    fake.modelsStatus = status
    expect(await backend.health()).toEqual(health)
    expect(fake.modelsCallCount).toBe(1)
    expect(fake.calls).toEqual([])
  })

  test('a web page is not OpenAI’s API', async () => {
    const page = createOpenAIBackend({
      baseUrl: fake.baseUrl,
      fetch: () =>
        Promise.resolve(new Response('<h1>hello</h1>', { headers: { 'content-type': 'text/html' } })),
    })
    expect(await page.health()).toEqual({
      state: 'failed',
      reason: expect.stringContaining('OPENAI_BASE_URL'),
    })
  })

  test('warm asks for health only: a picture would cost money', async () => {
    await backend.warm('gpt-image-1')
    expect(fake.modelsCallCount).toBe(1)
    expect(fake.calls).toEqual([])
    fake.modelsStatus = 503
    await expect(backend.warm('gpt-image-1')).rejects.toMatchObject({ code: 'backend_busy', retry: 'same' })
  })
})

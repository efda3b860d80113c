import OpenAI, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpenAIFake } from './openai-fake.ts'
import { startOpenAIFake } from './openai-fake.ts'
import { collect } from './run-request.ts'
import { schemasOrSkip } from './openai-schema.ts'
import { testPng } from './test-png.ts'

let fake: OpenAIFake
let client: OpenAI

beforeEach(async () => {
  fake = await startOpenAIFake({ apiKey: 'sk-fake', models: ['gpt-image-1', 'dall-e-3'] })
  client = new OpenAI({ apiKey: 'sk-fake', baseURL: fake.baseUrl, maxRetries: 0 })
})

afterEach(() => fake.close())

const ask = { model: 'gpt-image-1', prompt: 'a lighthouse', size: '1024x1536' } as const
const picture = testPng(1024, 1536, 'a lighthouse').toString('base64')

describe('OpenAI’s own client takes the fake for OpenAI', () => {
  test('one picture', async (context) => {
    const answer = await client.images.generate(ask)
    expect(answer.data?.[0]?.b64_json).toBe(picture)
    expect((await client.models.list()).data.map((model) => model.id)).toEqual(['gpt-image-1', 'dall-e-3'])
    const check = schemasOrSkip(context)
    expect(check('ImagesResponse', answer)).toEqual([])
  })

  test('a stream', async (context) => {
    const stream = await client.images.generate({ ...ask, stream: true, partial_images: 2 })
    const events = await collect(stream)
    expect(events.map((event) => event.type)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ])
    expect(events.at(-1)?.b64_json).toBe(picture)
    const check = schemasOrSkip(context)
    for (const event of events.slice(0, 2)) expect(check('ImageGenPartialImageEvent', event)).toEqual([])
    expect(check('ImageGenCompletedEvent', events.at(-1))).toEqual([])
  })

  test.each([
    ['content-policy', BadRequestError, 'moderation_blocked'],
    ['quota', RateLimitError, 'insufficient_quota'],
    ['http-500', InternalServerError, null],
  ] as const)('the error %s', async (mode, kind, code) => {
    fake.respondOnce(mode)
    const error: unknown = await client.images.generate(ask).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ code })
    await expect(client.images.generate(ask)).resolves.toHaveProperty('data')
  })

  test('what OpenAI refuses, the fake refuses', async () => {
    const stranger = new OpenAI({ apiKey: 'sk-other', baseURL: fake.baseUrl, maxRetries: 0 })
    await expect(stranger.images.generate(ask)).rejects.toBeInstanceOf(AuthenticationError)
    await expect(client.images.generate({ ...ask, model: 'gpt-0' })).rejects.toBeInstanceOf(NotFoundError)
    const refused = [
      { ...ask, prompt: '' },
      { ...ask, size: '64x64' },
      { ...ask, response_format: 'b64_json' },
      { ...ask, model: 'dall-e-3', size: '1024x1024', output_format: 'png' },
    ] as const
    for (const body of refused) {
      await expect(client.images.generate(body)).rejects.toBeInstanceOf(BadRequestError)
    }
  })
})

describe('what tests need of it', () => {
  test('answers are held back until released, and calls counted meanwhile', async () => {
    const release = fake.hold()
    const answers = [1, 2, 3].map(() => client.images.generate(ask))
    await fake.waitForCalls(3)
    expect([fake.concurrentCalls, fake.calls.length]).toEqual([3, 3])
    release()
    await Promise.all(answers)
    await client.images.generate(ask)
    expect([fake.maxConcurrentCalls, fake.calls.length, fake.abandonedCalls]).toEqual([3, 4, 0])
  })

  test('a client that leaves is noticed', async () => {
    fake.mode = 'hang'
    const abort = new AbortController()
    const answer = client.images.generate(ask, { signal: abort.signal })
    await fake.waitForCalls(1)
    abort.abort()
    await expect(answer).rejects.toBeInstanceOf(APIUserAbortError)
    await fake.waitForAbandoned(1)
    expect(fake.concurrentCalls).toBe(0)
  })

  test('equal prompts give equal pictures, different ones different', () => {
    expect(testPng(64, 64, 'a').equals(testPng(64, 64, 'a'))).toBe(true)
    expect(testPng(64, 64, 'a').equals(testPng(64, 64, 'b'))).toBe(false)
  })
})

import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { makeDataDir, removeDataDir } from './support/server-process.ts'

let fake: OpenAIFake
let platform: Platform
let dataDir: string
let prompts = 0

beforeAll(async () => {
  fake = await startOpenAIFake({ retryAfterS: 1 })
  dataDir = await makeDataDir()
  platform = await createPlatform({
    config: parseConfig({
      DARKROOM_DATA: dataDir,
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'secret-key-0123456789',
      DARKROOM_BACKEND_TIMEOUT_S: '1',
    }),
    log: pino({ level: 'silent' }),
  })
})

afterAll(async () => {
  await platform.close()
  await fake.close()
  await removeDataDir(dataDir)
})

beforeEach(() => {
  fake.mode = 'ok'
  prompts += 1
})

function ask(path: string, init?: RequestInit): Promise<Response> {
  return platform.fetch(new Request(`http://127.0.0.1${path}`, init))
}

const live = (): Promise<Response> => ask(`/live/demo?prompt=fault+${prompts}&size=64x64&format=png`)

describe('a backend that fails', () => {
  test.each([
    ['html', 502, 'backend_bad_answer'],
    ['http-500', 502, 'backend_failed'],
    ['wrong-size', 502, 'backend_bad_answer'],
    ['truncated-image', 502, 'backend_bad_answer'],
    ['no-image', 502, 'backend_bad_answer'],
    ['reset', 502, undefined],
    ['http-401', 502, 'backend_auth'],
    ['content-policy', 451, 'moderated'],
    ['http-429', 503, 'backend_busy'],
    ['hang', 504, 'backend_timeout'],
  ] as const)('%s is %i, its record says why, and nothing is stored', async (mode, status, code) => {
    fake.mode = mode
    const before = fake.calls.length
    const response = await live()
    expect(response.status).toBe(status)
    const problem = (await response.json()) as { code: string; detail: string; generationId: string }
    if (code !== undefined) expect(problem.code).toBe(code)
    expect(problem.detail).not.toContain('secret-key')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const record = (await (await ask(`/v1/generations/${problem.generationId}`)).json()) as {
      status: string
      error: { code: string }
      images: { url: string | null }[]
    }
    expect(record.status).toBe('failed')
    expect(record.error.code).toBe(problem.code)
    expect(record.images[0]?.url).toBeNull()
    const retried = fake.calls.length - before
    // As the error says: what cannot help is not repeated, what can is repeated twice.
    expect([1, 3]).toContain(retried)
    if (['wrong-size', 'http-401', 'content-policy', 'html'].includes(mode)) expect(retried).toBe(1)
    if (['http-500', 'hang'].includes(mode)) expect(retried).toBe(3)
  })

  test('a fault that passes is not seen: the queue tries again', async () => {
    fake.respondOnce('http-500')
    const before = fake.calls.length
    expect((await live()).status).toBe(200)
    expect(fake.calls.length - before).toBe(2)
  })

  test('a failure that may pass is answered again until Retry-After, and then tried anew', async () => {
    fake.mode = 'http-500'
    const failed = await live()
    const retryAfterS = Number(failed.headers.get('retry-after'))
    expect(retryAfterS).toBeGreaterThanOrEqual(1)
    fake.mode = 'ok'
    const calls = fake.calls.length
    expect((await live()).status).toBe(502)
    expect(fake.calls).toHaveLength(calls)
    await new Promise((resolve) => setTimeout(resolve, retryAfterS * 1000 + 50))
    expect((await live()).status).toBe(200)
    expect(fake.calls).toHaveLength(calls + 1)
  })

  test('POST /v1/generations answers the same problem, with the record', async () => {
    fake.mode = 'http-401'
    const response = await ask('/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: `fault ${prompts}`, size: '64x64' }),
    })
    expect(response.status).toBe(502)
    expect(response.headers.get('location')).toMatch(/^\/v1\/generations\/req_/u)
  })
})

describe('cancel', () => {
  test('stops a running generation, once nobody else wants it', async () => {
    fake.mode = 'hang'
    const send = async (): Promise<string> => {
      const response = await ask('/v1/generations', {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer: 'respond-async' },
        body: JSON.stringify({ prompt: `fault ${prompts}`, size: '64x64' }),
      })
      return ((await response.json()) as { id: string }).id
    }
    const calls = fake.calls.length
    const abandoned = fake.abandonedCalls
    const [first, second] = [await send(), await send()]
    await fake.waitForCalls(calls + 1)
    expect((await ask(`/v1/generations/${first}/cancel`, { method: 'POST' })).status).toBe(200)
    expect(fake.abandonedCalls).toBe(abandoned)
    const cancelled = await ask(`/v1/generations/${second}/cancel`, { method: 'POST' })
    expect(await cancelled.json()).toMatchObject({ status: 'cancelled' })
    await fake.waitForAbandoned(abandoned + 1)
    expect((await ask(`/v1/generations/${second}/cancel`, { method: 'POST' })).status).toBe(409)
    fake.mode = 'ok'
    expect((await live()).status).toBe(200)
  })
})

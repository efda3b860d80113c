import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Backend, RetryAdvice } from '../backend.ts'
import type { ErrorCode } from '../../errors.ts'
import { eventsOf, failureOf } from '../openai/testing/run-request.ts'
import { createCogBackend } from './cog-backend.ts'
import { cogInputsSchema } from './cog-inputs.ts'
import type { CogFake, CogFakeMode } from './testing/cog-fake.ts'
import { startCogFake } from './testing/cog-fake.ts'

const ask = { model: 'toy', widthPx: 64, heightPx: 96 }
let fake: CogFake
let backend: Backend

beforeEach(async () => {
  fake = await startCogFake(false)
  backend = createCogBackend({
    baseUrl: fake.baseUrl,
    pollIntervalMs: 1,
    timeoutMs: 300,
    maxBytes: 64 * 1024,
  })
})

afterEach(async () => {
  await backend.close()
  await fake.close()
})

describe('a server that misbehaves', () => {
  const rows: [CogFakeMode, ErrorCode, RetryAdvice][] = [
    ['html', 'backend_bad_answer', 'never'],
    ['elsewhere', 'backend_bad_answer', 'never'],
    ['nsfw', 'moderated', 'never'],
    ['busy', 'backend_busy', 'same'],
    ['hang', 'backend_timeout', 'same'],
  ]
  test.each(rows)('%s: %s, retry %s', async (mode, code, retry) => {
    fake.mode = mode
    expect(await failureOf(backend, ask)).toMatchObject({ code, retry })
  })
})

test.each([
  ['READY', 'ready'],
  ['STARTING', 'starting'],
  ['BUSY', 'busy'],
  ['SETUP_FAILED', 'failed'],
  ['DEFUNCT', 'failed'],
  ['UNHEALTHY', 'failed'],
])('the status %s is %s, whatever the HTTP status', async (status, state) => {
  fake.status = status
  expect(await backend.health()).toMatchObject({ state })
})

test.each(['own-address', 'asynchronous'] as const)('%s: the picture is fetched', async (mode) => {
  fake.mode = mode
  expect((await eventsOf(backend, ask)).at(-1)).toMatchObject({ type: 'done', timings: { generateMs: 250 } })
})

test('inputs have the model’s names, and what it lacks is said', async () => {
  const inputs = cogInputsSchema.parse({
    seed: 'random_seed',
    negative: null,
    always: { output_format: 'png' },
  })
  const own = createCogBackend({ baseUrl: fake.baseUrl, inputs })
  const events = await eventsOf(own, { ...ask, negative: 'people' })
  expect(fake.inputs[0]).toMatchObject({
    prompt: 'a red sailboat at sunset',
    output_format: 'png',
    width: 64,
  })
  expect(Object.keys(fake.inputs[0] ?? {})).not.toContain('random_seed')
  expect(events.at(-1)).toMatchObject({
    warnings: [expect.stringContaining('negative prompt'), expect.stringContaining('seed')],
  })
  await own.close()
})

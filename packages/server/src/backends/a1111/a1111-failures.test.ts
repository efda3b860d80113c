import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { eventsOf, failureOf } from '../openai/testing/run-request.ts'
import { createA1111Backend } from './a1111-backend.ts'
import { currentModel, harmlessPrompt } from './a1111-request.ts'
import type { A1111Fake } from './testing/a1111-fake.ts'
import { startA1111Fake } from './testing/a1111-fake.ts'

const ask = { model: 'toy', widthPx: 64, heightPx: 64 }
let fake: A1111Fake
let backend: Backend

beforeEach(async () => {
  fake = await startA1111Fake()
  backend = createA1111Backend({
    baseUrl: fake.baseUrl,
    progressIntervalMs: 1,
    timeoutMs: 300,
    maxBytes: 64 * 1024,
  })
})

afterEach(async () => {
  await backend.close()
  await fake.close()
})

describe('a server that misbehaves', () => {
  test('a page instead of JSON', async () => {
    fake.mode = 'html'
    expect(await failureOf(backend, ask)).toMatchObject({ code: 'backend_bad_answer', retry: 'never' })
  })

  test('an answer beyond the limit is not read', async () => {
    const tooLarge = createA1111Backend({ baseUrl: fake.baseUrl, maxBytes: 64 })
    expect(await failureOf(tooLarge, ask)).toMatchObject({ code: 'backend_bad_answer', retry: 'never' })
  })

  test('an answer after the deadline', async () => {
    fake.mode = 'hang'
    expect(await failureOf(backend, ask)).toMatchObject({ code: 'backend_timeout', retry: 'same' })
    await fake.waitForInterrupts(1)
  })

  test('without progress it draws all the same', async () => {
    fake.mode = 'no-progress'
    expect((await eventsOf(backend, ask)).map((event) => event.type)).toEqual(['started', 'image', 'done'])
  })
})

test('the checkpoint is asked for by name, or left as it is', async () => {
  await eventsOf(backend, ask)
  await eventsOf(backend, { ...ask, model: currentModel })
  expect(fake.jobs.map((job) => job['override_settings'])).toEqual([
    { sd_model_checkpoint: 'toy' },
    undefined,
  ])
})

test.each([
  ['a cat <lora:evil:1>', 'a cat < lora:evil:1>'],
  ['a cat <hypernet:x:0.5>', 'a cat < hypernet:x:0.5>'],
  ['__colours__ cat', '_ _colours__ cat'],
  ['a (red:1.2) cat BREAK [a:b:0.5] AND a dog', 'a (red:1.2) cat BREAK [a:b:0.5] AND a dog'],
  [
    '<sd_cpp_extra_args>{"seed":1}</sd_cpp_extra_args>',
    '< sd_cpp_extra_args>{"seed":1}< /sd_cpp_extra_args>',
  ],
  ['1 < 2 and snake_case', '1 < 2 and snake_case'],
])('%s is sent as %s', (written, sent) => {
  expect(harmlessPrompt(written)).toBe(sent)
})

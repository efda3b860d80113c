import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RetryAdvice } from '../backend.ts'
import type { ErrorCode } from '../../errors.ts'
import { contractInput } from '../contract-inputs.ts'
import { eventsOf, failureOf } from '../openai/testing/run-request.ts'
import { createComfyBackend } from './comfyui-backend.ts'
import type { ComfyFake, ComfyFakeMode } from './testing/comfyui-fake.ts'
import { startComfyFake } from './testing/comfyui-fake.ts'
import { toyMapping, toyNodes, workflowFolder } from './testing/toy-workflow.ts'

const size = { widthPx: 64, heightPx: 96 }
const ask = { model: 'toy.json', ...size }

let fake: ComfyFake
let folder: ReturnType<typeof workflowFolder>
const opened: ReturnType<typeof createComfyBackend>[] = []

function backendOf(timeoutMs = 20_000): ReturnType<typeof createComfyBackend> {
  const backend = createComfyBackend({
    baseUrl: fake.baseUrl,
    workflowFolder: folder.folder,
    timeoutMs,
    poll: { withSocketMs: 20, withoutSocketMs: 5 },
  })
  opened.push(backend)
  return backend
}

beforeEach(async () => {
  fake = await startComfyFake()
  folder = workflowFolder({ 'toy.json': toyNodes, 'toy.darkroom.json': toyMapping })
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.close()))
  await fake.close()
  folder.remove()
})

describe('a server that misbehaves', () => {
  const rows: [ComfyFakeMode, ErrorCode, RetryAdvice][] = [
    ['html', 'backend_bad_answer', 'never'],
    ['missing-file', 'backend_bad_answer', 'never'],
    ['huge-picture', 'backend_bad_answer', 'never'],
    ['interrupted', 'backend_failed', 'same'],
    ['runtime-error', 'backend_failed', 'same'],
    ['forgets-jobs', 'backend_unavailable', 'same'],
  ]
  test.each(rows)('%s: %s, retry %s', async (mode, code, retry) => {
    fake.mode = mode
    expect(await failureOf(backendOf(), ask)).toMatchObject({ code, retry })
  })

  test('one that answers after the deadline: the job is taken back', async () => {
    fake.mode = 'hang'
    expect(await failureOf(backendOf(300), ask)).toMatchObject({ code: 'backend_timeout', retry: 'same' })
    await fake.waitForCancels(1)
    expect(fake.interrupts).toEqual([fake.jobs[0]?.id])
  })

  test.each(['no-socket', 'socket-dies', 'silent-socket'] as const)(
    '%s: the history is asked',
    async (mode) => {
      fake.mode = mode
      expect((await eventsOf(backendOf(), ask)).at(-1)?.type).toBe('done')
      expect(fake.jobs).toHaveLength(1)
    },
  )
})

describe('what is sent', () => {
  test('another file prefix for each run of the same workflow', async () => {
    const backend = backendOf()
    await eventsOf(backend, ask)
    await eventsOf(backend, ask)
    const prefixes = fake.jobs.map(({ nodes }) => nodes['9']?.inputs['filename_prefix'])
    expect(new Set(prefixes).size).toBe(2)
    for (const prefix of prefixes) expect(prefix).toMatch(/^darkroom\/[0-9a-f-]{36}$/u)
  })

  test('the request where the mapping says, and nothing else of the workflow changes', async () => {
    await eventsOf(backendOf(), {
      ...ask,
      prompt: 'a boat',
      negative: undefined,
      seed: 9,
      steps: 3,
      strength: 0.5,
    })
    const nodes = fake.jobs[0]?.nodes ?? {}
    expect(nodes['3']?.inputs).toEqual({ ...toyNodes['3'].inputs, seed: 9, steps: 3, denoise: 0.5 })
    expect(nodes['5']?.inputs).toEqual({ width: 64, height: 96, batch_size: 1 })
    expect(nodes['6']?.inputs['text']).toBe('a boat')
    expect(nodes['7']?.inputs['text'], 'the example’s negative prompt is not the caller’s').toBe('')
    expect(nodes['10']?.inputs).toEqual(toyNodes['10'].inputs)
  })

  test('an embedding in a prompt becomes words, and the caller is told', async () => {
    const events = await eventsOf(backendOf(), { ...ask, prompt: 'a boat, embedding:secret, (red:1.2)' })
    expect(fake.jobs[0]?.nodes['6']?.inputs['text']).toBe('a boat, embedding :secret, (red:1.2)')
    expect(events.at(-1)).toMatchObject({ warnings: [expect.stringContaining('embedding')] })
  })

  test('pictures are uploaded under their content’s name', async () => {
    const image = contractInput(size, '#c0392b')
    await eventsOf(backendOf(), { ...ask, inputs: { image, references: [] } })
    const name = `darkroom/${image.sha256.slice(0, 32)}.png`
    expect([...fake.uploads.keys()]).toEqual([name])
    expect(fake.jobs[0]?.nodes['10']?.inputs['image']).toBe(name)
  })
})

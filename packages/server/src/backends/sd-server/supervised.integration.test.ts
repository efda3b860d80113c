import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeBackendContract } from '../backend.contract.ts'
import type { Backend } from '../backend.ts'
import type { BackendHarness } from '../contract-harness.ts'
import { collect, eventsOf, failureOf, requestWith } from '../openai/testing/run-request.ts'
import { createSupervisedBackend } from './supervised-backend.ts'

const program = [process.execPath, join(import.meta.dirname, 'testing/sd-program.ts')]
const size = { widthPx: 64, heightPx: 128 }
const ask = { model: 'toy', ...size }
const withMode = (mode: string): { backend: Backend } => ({
  backend: createSupervisedBackend({ command: [...program, '--mode', mode], backoffMs: 1 }),
})

async function makeHarness(): Promise<BackendHarness> {
  const backend = createSupervisedBackend({ command: program, backoffMs: 1 })
  await backend.warm('toy')
  const others: Backend[] = []
  const other = (mode: string) => () => {
    const made = withMode(mode)
    others.push(made.backend)
    return made
  }
  const broken = () => {
    const made = { backend: createSupervisedBackend({ command: [...program, '--broken'], backoffMs: 1 }) }
    others.push(made.backend)
    return made
  }
  return {
    backend,
    model: 'toy',
    size,
    deterministic: true,
    situations: {
      running: () => ({ request: { prompt: 'a slow boat' } }),
      queued: 'Covered by the dialect, whose turns these are.',
      invalidRequest: () => ({ request: { prompt: '' } }),
      impossibleSize: () => ({ request: { widthPx: 100 } }),
      wrongSize: () => ({ request: { widthPx: 96, heightPx: 96 } }),
      manyPreviews: 'The server sends none.',
      unknownModel: 'The server has one model and draws with it whatever the name.',
      duplicateId: () => ({}),
      noImage: other('no-image'),
      notAnImage: other('not-an-image'),
      outOfMemory: () => ({ request: { prompt: 'more memory' } }),
      crash: () => ({ request: { prompt: 'a car crash' } }),
      unreachable: broken,
      slowStart: 'It is waited for until it listens; `loading` below.',
      unhealthy: async () => {
        const made = broken()
        await made.backend.warm('toy').catch(() => undefined)
        return made
      },
    },
    close: async () => {
      await Promise.all([backend, ...others].map((each) => each.close()))
    },
  }
}

describeBackendContract('sd-server, supervised', makeHarness)

describe('the child', () => {
  let folder: string
  let log: string
  let backend: Backend
  const lines = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  const starts = (): number[] =>
    lines().flatMap((line) => (line.startsWith('start ') ? [Number(line.slice('start '.length))] : []))

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'darkroom-sd-'))
    log = join(folder, 'log')
    backend = createSupervisedBackend({ command: [...program, '--log', log], backoffMs: 1 })
  })

  afterEach(async () => {
    await backend.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('is not started for capabilities or health, and is not ready before it has drawn', async () => {
    expect(backend.capabilities('toy').progress).toBe(true)
    expect(await backend.health()).toEqual({ state: 'starting' })
    expect(starts()).toEqual([])
    await backend.warm('toy')
    expect(await backend.health()).toEqual({ state: 'ready' })
    expect(lines().filter((line) => line.startsWith('step'))).toEqual(['step 1/1'])
  })

  test('tells its steps, read from what it prints', async () => {
    const events = await eventsOf(backend, { ...ask, steps: 5, prompt: 'a slow boat' })
    const steps = events.flatMap((event) => (event.type === 'progress' ? [event.step] : []))
    expect(steps).toContain(3)
    expect(events[0]).toEqual({ type: 'loading' })
  })

  test('is started again after a crash, and draws the same picture for the same seed', async () => {
    const [before] = (await eventsOf(backend, ask)).slice(-2)
    const crash = await failureOf(backend, { ...ask, prompt: 'a car crash' })
    expect(crash).toMatchObject({ code: 'backend_unavailable', retry: 'same' })
    // By itself: nobody has asked for anything since.
    await expect.poll(() => starts().length, { timeout: 10_000 }).toBe(2)
    expect(await backend.health()).toEqual({ state: 'starting' })
    const [after] = (await eventsOf(backend, ask)).slice(-2)
    expect(after).toEqual(before)
    expect(starts()).toHaveLength(2)
  })

  test('a batch that runs out of memory says so, and not only that it failed', async () => {
    const requests = ['a', 'b'].map((id, index) =>
      requestWith({ ...ask, id, seed: index, prompt: 'out of memory' }),
    )
    if (backend.generateBatch === undefined) throw new Error('It has no batches')
    const events = await collect(backend.generateBatch(requests, new AbortController().signal))
    const failed = events.filter(({ type }) => type === 'failed')
    expect(failed).toHaveLength(2)
    for (const event of failed) {
      expect(event).toMatchObject({ error: { code: 'backend_out_of_memory', retry: 'smaller' } })
    }
  })

  test('a run that is left keeps the child: the next one waits for its turn and is its own', async () => {
    await backend.warm('toy')
    const leave = new AbortController()
    const reason = new Error('left')
    const run = eventsOf(backend, { ...ask, prompt: 'a slow boat' }, leave.signal)
    const other = eventsOf(backend, { ...ask, prompt: 'a quick boat' })
    leave.abort(reason)
    await expect(run).rejects.toBe(reason)
    expect((await other).at(-1)?.type).toBe('done')
    expect(starts()).toHaveLength(1)
  })

  test('close lets what runs end, then ends the child, and nothing is left', async () => {
    await backend.warm('toy')
    const run = backend.generate(requestWith({ ...ask, prompt: 'a slow boat' }), new AbortController().signal)
    const events: string[] = []
    for await (const event of run) {
      events.push(event.type)
      if (event.type === 'started') void backend.close()
    }
    expect(events.at(-1)).toBe('done')
    await backend.close()
    expect(lines().at(-1)).toBe('term')
    for (const pid of starts()) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(await failureOf(backend, ask)).toMatchObject({ code: 'shutting_down' })
  })
})

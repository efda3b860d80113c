import { expect, test } from 'vitest'
import { BackendError } from '../backends/backend.ts'
import { accept, eventsOf, newAsk, rowOf } from '../generation/testing/test-cluster.ts'
import { draw, specOf, untilReady, useTestWorkers } from './testing/test-workers.ts'

const { openWorker } = useTestWorkers()
const never = new AbortController().signal

test('of two idle workers one loads a model that is asked for once, and whoever waits is told', async () => {
  const settings = { loadMs: 300 }
  const one = await openWorker({ warm: ['sim-1'], settings })
  const two = await openWorker({ warm: ['sim-1'], settings })
  await untilReady(one.worker)
  await untilReady(two.worker)
  const spec = specOf('sim-3')
  expect(await draw(one.node, spec)).toBe('stored')
  expect([...one.calls.warmed, ...two.calls.warmed].filter((model) => model === 'sim-3')).toHaveLength(1)
  const events = await eventsOf(one.node, await rowOf(one.node, spec))
  expect(
    events.filter((event) => /loading|started/u.test(event)).map((event) => event.split(' ').at(-1)),
  ).toEqual(['loading', 'started'])
})

test('a worker whose server dropped the model of its start for another is ready all the same', async () => {
  const { node, worker, calls } = await openWorker({ warm: ['sim-1'] })
  await untilReady(worker)
  expect(await draw(node, specOf('sim-2'))).toBe('stored')
  expect(calls.warmed).toEqual(['sim-1', 'sim-2'])
  expect(() => worker.check()).not.toThrow()
})

test('a model that its server refuses for good is not ready, and whoever asks is told why', async () => {
  const fail = (): BackendError => new BackendError('backend_auth', 'It wants a key.', { retry: 'never' })
  const { node, worker } = await openWorker({ warm: ['sim-1'], fail, settings: { batch: 1 } })
  const spec = specOf('sim-1')
  expect(await draw(node, spec)).toBe('failed')
  expect((await rowOf(node, spec)).error_message).toContain('It wants a key.')
  expect(() => worker.check()).toThrow('It wants a key.')
})

test('a loaded model is drawn with again after a time without work, and not before', async () => {
  const servers = {
    knownModels: [],
    warmModels: [{ backend: 'simulated-gpu', model: 'sim-1' }],
    keepAliveMs: 400,
    batchWindowMs: 0,
    breakerFailures: 3,
  }
  const settings = { batch: 1, stepMs: 250, steps: 8 }
  const { node, worker, calls } = await openWorker({ warm: [], settings, worker: { servers } })
  await untilReady(worker)
  await expect.poll(() => calls.warmed.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2)
  const request = await accept(node, newAsk([specOf('sim-1')]))
  await expect.poll(() => calls.drawn.length).toBe(1)
  const before = calls.warmed.length
  // Two seconds of work, five times as long as the model may be idle. One may have begun just before the job came.
  await node.generations.settled(request, never)
  expect(calls.warmed.length).toBeLessThanOrEqual(before + 1)
  await expect.poll(() => calls.warmed.length, { timeout: 10_000 }).toBeGreaterThan(before + 1)
})

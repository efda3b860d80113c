import { expect, test } from 'vitest'
import { BackendError } from '../backends/backend.ts'
import { accept, eventsOf, newAsk, rowOf } from '../generation/testing/test-cluster.ts'
import { draw, isReady, specOf, untilReady, useTestWorkers } from './testing/test-workers.ts'

const { openWorker } = useTestWorkers()
const never = new AbortController().signal

test('nothing is leased for a model before it has drawn a picture', async () => {
  const load = Promise.withResolvers<void>()
  const { node, worker, calls } = await openWorker({ warm: ['sim-1'], mayLoad: load.promise })
  expect(() => worker.check()).toThrow(/is being loaded/u)
  const spec = specOf('sim-1')
  const request = await accept(node, newAsk([spec]))
  expect((await rowOf(node, spec)).status).toBe('queued')
  expect(calls.warmed).toEqual([])
  load.resolve()
  await node.generations.settled(request, never)
  expect(calls.warmed).toEqual(['sim-1'])
  expect(calls.drawn).toHaveLength(1)
  expect(isReady(worker)).toBe(true)
  const row = (): Promise<unknown> =>
    node.database.kysely
      .selectFrom('workers')
      .select(['models', 'slots'])
      .where('state', 'is not', null)
      .executeTakeFirstOrThrow()
  // It is written a moment after.
  await expect.poll(row, { timeout: 10_000 }).toEqual({ models: ['simulated-gpu:sim-1'], slots: 4 })
})

test('a model that is not loaded is loaded when it is asked for', async () => {
  const { node, calls } = await openWorker({ warm: ['sim-1'] })
  expect(await draw(node, specOf('sim-2'))).toBe('stored')
  expect(calls.warmed.toSorted()).toEqual(['sim-1', 'sim-2'])
})

test('what nobody has asked for does not keep a model from being loaded that somebody waits for', async () => {
  // 200 s of drawing ahead, on a server that would drop its model for another.
  const { node, worker, calls } = await openWorker({
    warm: ['sim-1'],
    settings: { batch: 1, stepMs: 100, steps: 2000 },
    worker: {
      servers: {
        knownModels: [],
        warmModels: [{ backend: 'simulated-gpu', model: 'sim-1' }],
        keepAliveMs: 0,
        batchWindowMs: 0,
        breakerFailures: 3,
      },
    },
  })
  await untilReady(worker)
  const ahead = specOf('sim-1')
  await node.generations.foresee({ project: 'default', scope: 'ahead', spec: ahead })
  await expect.poll(() => calls.drawn.length, { timeout: 10_000 }).toBe(1)
  const wanted = specOf('sim-2')
  await accept(node, newAsk([wanted]))
  await expect.poll(() => calls.drawn.map(({ model }) => model), { timeout: 10_000 }).toContain('sim-2')
  expect(calls.warmed).toEqual(['sim-1', 'sim-2'])
  expect((await rowOf(node, ahead)).yields).toBe(1)
  await node.database.kysely
    .updateTable('generations')
    .set({ status: 'cancelled', lease: null })
    .where('status', 'in', ['queued', 'running'])
    .execute()
})

test('a job goes to the worker that has its model', async () => {
  const one = await openWorker({ warm: ['sim-1'] })
  const two = await openWorker({ warm: ['sim-2'] })
  await untilReady(one.worker)
  await untilReady(two.worker)
  // Each has seen the other's row.
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const specs = Array.from({ length: 12 }, (_, index) => specOf(index % 2 === 0 ? 'sim-1' : 'sim-2'))
  const statuses = await Promise.all(specs.map((spec) => draw(one.node, spec)))
  expect(statuses.every((status) => status === 'stored')).toBe(true)
  expect(new Set(one.calls.drawn.map(({ model }) => model))).toEqual(new Set(['sim-1']))
  expect(new Set(two.calls.drawn.map(({ model }) => model))).toEqual(new Set(['sim-2']))
  expect([one.calls.warmed, two.calls.warmed]).toEqual([['sim-1'], ['sim-2']])
})

test('requests of one shape are drawn in one run, each with its own record', async () => {
  const { node, worker, calls } = await openWorker({ warm: ['sim-1'] })
  await untilReady(worker)
  const specs = [1, 2, 3].map(() => specOf('sim-1'))
  const other = specOf('sim-1', { widthPx: 128 })
  const requests = await accept(node, newAsk([...specs, other]))
  const { generations } = await node.generations.settled(requests, never)
  expect(generations.map(({ status }) => status)).toEqual(['stored', 'stored', 'stored', 'stored'])
  expect(new Set(generations.map(({ object_hash: hash }) => hash)).size).toBe(4)
  expect(calls.drawn).toHaveLength(4)
  expect(calls.batches.toSorted((a, b) => a - b)).toEqual([1, 3])
  expect(generations.every(({ gpu_seconds: seconds }) => (seconds ?? 0) > 0)).toBe(true)
})

test('out of memory: freed and drawn once more, alone; what is too large is refused for good', async () => {
  const settings = { oomEvery: 2, vramMegapixels: 0.1, batch: 1 }
  const { node, worker, calls } = await openWorker({ warm: ['sim-1'], settings })
  await untilReady(worker)
  const spec = specOf('sim-1')
  expect(await draw(node, spec)).toBe('stored')
  expect(await rowOf(node, spec)).toMatchObject({ retries: 0, attempt: 1 })
  expect(calls.drawn.map(({ id }) => id.endsWith('-alone'))).toEqual([false, true])
  expect(calls.freed).toBe(1)
  const events = await eventsOf(node, await rowOf(node, spec))
  expect(events.filter((event) => event.endsWith(' started'))).toHaveLength(1)
  // The next count falls on the run behind a free, which has room.
  const more = [specOf('sim-1'), specOf('sim-1'), specOf('sim-1')]
  for (const each of more) expect(await draw(node, each)).toBe('stored')
  const huge = specOf('sim-1', { widthPx: 640, heightPx: 640 })
  expect(await draw(node, huge)).toBe('failed')
  expect((await rowOf(node, huge)).error_code).toBe('backend_out_of_memory')
})

test('a backend that fails in a row is left alone, and nothing that waits is lost', async () => {
  let isDown = false
  const fail = (): BackendError | undefined =>
    isDown ? new BackendError('backend_unavailable', 'It is down.', { retry: 'same' }) : undefined
  const { node, worker, calls } = await openWorker({ warm: ['sim-1'], fail, settings: { batch: 1 } })
  await untilReady(worker)
  isDown = true
  const lost = specOf('sim-1')
  expect(await draw(node, lost)).toBe('failed')
  expect(calls.drawn).toHaveLength(3)
  expect(() => worker.check()).toThrow('It is down.')
  const waits = await accept(node, newAsk([specOf('sim-1')]))
  await new Promise((resolve) => setTimeout(resolve, 1500))
  // Open: it was tried with a smallest picture, and no job was taken.
  expect(calls.drawn).toHaveLength(3)
  isDown = false
  expect((await node.generations.settled(waits, never)).record.status).toBe('stored')
  expect(isReady(worker)).toBe(true)
})

test('a worker that drains takes nothing more, says so, and hands back what does not fit', async () => {
  const { node, worker, calls } = await openWorker({ warm: ['sim-1'], settings: { stepMs: 40, steps: 100 } })
  await untilReady(worker)
  const spec = specOf('sim-1')
  const request = await accept(node, newAsk([spec]))
  await expect.poll(() => calls.drawn.length).toBe(1)
  const stopped = worker.stop(100)
  expect(() => worker.check()).toThrow('draining')
  await stopped
  expect(await rowOf(node, spec)).toMatchObject({ status: 'queued', retries: 0, reruns: 0 })
  const other = await openWorker({ warm: ['sim-1'] })
  expect((await other.node.generations.settled(request, never)).record.status).toBe('stored')
})

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Backend, BackendRequest } from '../backends/backend.ts'
import { BackendError } from '../backends/backend.ts'
import { createBackends } from '../backends/backends.ts'
import { backendMakers } from '../backends/makers.ts'
import { parseModelTable } from '../backends/model-table.ts'
import type { SimulatedGpuSettings } from '../backends/simulated-gpu/settings.ts'
import { createSimulatedGpuBackend } from '../backends/simulated-gpu/simulated-gpu-backend.ts'
import { createSessionLock } from '../database/session-lock.ts'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import {
  accept,
  eventsOf,
  newAsk,
  newSpec,
  rowOf,
  startTestCluster,
} from '../generation/testing/test-cluster.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import type { GenerationWorker, WorkerOptions } from './worker.ts'
import { startWorker } from './worker.ts'

let cluster: TestCluster
const opened: (() => Promise<void>)[] = []
const never = new AbortController().signal

beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.close())
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})

/** What a device was asked to do. */
interface Calls {
  warmed: string[]
  drawn: BackendRequest[]
  batches: number[]
  freed: number
}

/** The simulated GPU, counting; `fail` is asked before each picture. */
function countedGpu(
  settings: Partial<SimulatedGpuSettings>,
  fail: () => BackendError | undefined,
): { backend: Backend; calls: Calls } {
  const calls: Calls = { warmed: [], drawn: [], batches: [], freed: 0 }
  const inner = createSimulatedGpuBackend({
    settings: { spinUpMs: 0, loadMs: 0, stepMs: 1, steps: 4, ...settings },
  })
  const backend: Backend = {
    ...inner,
    warm: async (model, signal) => {
      const fault = fail()
      if (fault !== undefined) throw fault
      await inner.warm(model, signal)
      calls.warmed.push(model)
    },
    generate: async function* generate(request, signal) {
      calls.drawn.push(request)
      const fault = fail()
      if (fault !== undefined) throw fault
      yield* inner.generate(request, signal)
    },
    generateBatch: async function* generateBatch(requests, signal) {
      calls.batches.push(requests.length)
      calls.drawn.push(...requests)
      if (inner.generateBatch !== undefined) yield* inner.generateBatch(requests, signal)
    },
    free: async () => {
      calls.freed += 1
      await inner.free?.()
    },
  }
  return { backend, calls }
}

let lastLockId = 5000

interface TestWorker {
  calls: Calls
  node: TestNode
  worker: GenerationWorker
}

async function openWorker(options: {
  warm: readonly string[]
  settings?: Partial<SimulatedGpuSettings>
  fail?: () => BackendError | undefined
  worker?: Partial<WorkerOptions>
}): Promise<TestWorker> {
  const node = await cluster.openNode()
  opened.push(() => node.close())
  const parsed = parseModelTable('default=simulated-gpu:sim-1,other=simulated-gpu:sim-2')
  if ('faults' in parsed) throw new Error(parsed.faults.join())
  const { backend, calls } = countedGpu(options.settings ?? {}, options.fail ?? ((): undefined => undefined))
  const makers = backendMakers({
    openai: { apiKey: undefined, baseUrl: 'http://127.0.0.1:9' },
    timeoutMs: 1000,
  })
  const backends = createBackends({
    table: parsed.table,
    makers: { ...makers, 'simulated-gpu': () => backend },
  })
  const { id } = await node.database.kysely
    .insertInto('workers')
    .values({ name: `test ${(lastLockId += 1)}` })
    .returning('id')
    .executeTakeFirstOrThrow()
  const lock = await createSessionLock({
    connection: cluster.connection,
    log: cluster.log,
    id,
    namespace: lastLockId,
  })
  opened.push(() => lock.close())
  const worker = await startWorker({
    leases: node.leases,
    queue: node.queue,
    objects: node.objects,
    backends,
    lock,
    log: cluster.log,
    concurrency: 4,
    backendTimeoutMs: 60_000,
    drainMs: 0,
    sweepIntervalMs: 1000,
    now: () => cluster.clock.now,
    servers: {
      knownModels: parsed.table.list(),
      warmModels: options.warm.map((model) => ({ backend: 'simulated-gpu', model })),
      keepAliveMs: 0,
      // A machine with other work to do needs longer than the default.
      batchWindowMs: 500,
      breakerFailures: 3,
    },
    ...options.worker,
  })
  opened.push(() => worker.stop())
  return { calls, node, worker }
}

function specOf(model: string, fields: Partial<PictureSpec> = {}): PictureSpec {
  return newSpec({
    model: { alias: 'default', backend: 'simulated-gpu', model, rendererVersion: 'simulated-gpu-1' },
    widthPx: 64,
    heightPx: 64,
    ...fields,
  })
}

async function draw(node: TestNode, spec: PictureSpec): Promise<string> {
  const request = await accept(node, newAsk([spec]))
  return (await node.generations.settled(request, never)).record.status
}

async function untilReady(worker: GenerationWorker): Promise<void> {
  await expect.poll(() => isReady(worker), { timeout: 10_000 }).toBe(true)
}

function isReady(worker: GenerationWorker): boolean {
  try {
    worker.check()
    return true
  } catch {
    return false
  }
}

test('nothing is leased for a model before it has drawn a picture', async () => {
  const { node, worker, calls } = await openWorker({ warm: ['sim-1'], settings: { loadMs: 400 } })
  expect(() => worker.check()).toThrow(/is being loaded/u)
  const spec = specOf('sim-1')
  const request = await accept(node, newAsk([spec]))
  expect((await rowOf(node, spec)).status).toBe('queued')
  expect(calls.warmed).toEqual([])
  await node.generations.settled(request, never)
  expect(calls.warmed).toEqual(['sim-1'])
  expect(calls.drawn).toHaveLength(1)
  expect(isReady(worker)).toBe(true)
  const row = await node.database.kysely
    .selectFrom('workers')
    .select(['models', 'slots'])
    .where('state', 'is not', null)
    .executeTakeFirstOrThrow()
  expect(row).toEqual({ models: ['simulated-gpu:sim-1'], slots: 4 })
})

test('a model that is not loaded is loaded when it is asked for', async () => {
  const { node, calls } = await openWorker({ warm: ['sim-1'] })
  expect(await draw(node, specOf('sim-2'))).toBe('stored')
  expect(calls.warmed.toSorted()).toEqual(['sim-1', 'sim-2'])
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
  // Two seconds of work: five times as long as the model may be idle.
  await node.generations.settled(request, never)
  expect(calls.warmed).toHaveLength(before)
  await expect.poll(() => calls.warmed.length, { timeout: 10_000 }).toBeGreaterThan(before)
})

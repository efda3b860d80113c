import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Backend, BackendError, BackendRequest } from '../../backends/backend.ts'
import { createBackends } from '../../backends/backends.ts'
import { backendMakers } from '../../backends/makers.ts'
import { parseModelTable } from '../../backends/model-table.ts'
import type { SimulatedGpuSettings } from '../../backends/simulated-gpu/settings.ts'
import { createSimulatedGpuBackend } from '../../backends/simulated-gpu/simulated-gpu-backend.ts'
import { createLiveness } from '../../database/liveness.ts'
import { createSessionLock } from '../../database/session-lock.ts'
import type { TestCluster, TestNode } from '../../generation/testing/test-cluster.ts'
import { accept, newAsk, newSpec, startTestCluster } from '../../generation/testing/test-cluster.ts'
import type { PictureSpec } from '../../request/picture-spec.ts'
import type { GenerationWorker, WorkerOptions } from '../worker.ts'
import { startWorker } from '../worker.ts'

const never = new AbortController().signal

/** Opens workers with simulated GPUs on one database; what a test opened is closed after it. */
export function useTestWorkers(): { openWorker(options: TestWorkerOptions): Promise<TestWorker> } {
  let cluster: TestCluster
  const opened: (() => Promise<void>)[] = []
  beforeAll(async () => {
    cluster = await startTestCluster()
  })
  afterAll(() => cluster.close())
  afterEach(async () => {
    for (const close of opened.splice(0).toReversed()) await close()
  })
  return { openWorker: (options) => openWorker(options, cluster, opened) }
}

export interface TestWorkerOptions {
  /** Its models at the start. */
  warm: readonly string[]
  settings?: Partial<SimulatedGpuSettings>
  /** Asked before each picture. */
  fail?: () => BackendError | undefined
  /** No model is loaded before. */
  mayLoad?: Promise<void>
  worker?: Partial<WorkerOptions>
}

/** What a device was asked to do. */
export interface Calls {
  warmed: string[]
  drawn: BackendRequest[]
  batches: number[]
  freed: number
}

/** The simulated GPU, counting; `fail` is asked before each picture. */
function countedGpu(
  settings: Partial<SimulatedGpuSettings>,
  fail: () => BackendError | undefined,
  mayLoad: Promise<void> | undefined,
): { backend: Backend; calls: Calls } {
  const calls: Calls = { warmed: [], drawn: [], batches: [], freed: 0 }
  const inner = createSimulatedGpuBackend({
    settings: { spinUpMs: 0, loadMs: 0, stepMs: 1, steps: 4, ...settings },
  })
  const backend: Backend = {
    ...inner,
    warm: async (model, signal) => {
      await mayLoad
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

let lastName = 0

export interface TestWorker {
  calls: Calls
  node: TestNode
  worker: GenerationWorker
}

async function openWorker(
  options: TestWorkerOptions,
  cluster: TestCluster,
  opened: (() => Promise<void>)[],
): Promise<TestWorker> {
  const node = await cluster.openNode()
  opened.push(() => node.close())
  const parsed = parseModelTable('default=simulated-gpu:sim-1,other=simulated-gpu:sim-2')
  if ('faults' in parsed) throw new Error(parsed.faults.join())
  const { backend, calls } = countedGpu(
    options.settings ?? {},
    options.fail ?? ((): undefined => undefined),
    options.mayLoad,
  )
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
    .values({ name: `test ${(lastName += 1)}` })
    .returning('id')
    .executeTakeFirstOrThrow()
  const lock = await createSessionLock({
    connection: cluster.connection,
    log: cluster.log,
    id,
  })
  opened.push(() => lock.close())
  const worker = await startWorker({
    leases: node.leases,
    queue: node.queue,
    objects: node.objects,
    backends,
    lock,
    liveness: createLiveness({ database: node.database.kysely, lock }),
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

export function specOf(model: string, fields: Partial<PictureSpec> = {}): PictureSpec {
  return newSpec({
    model: { alias: 'default', backend: 'simulated-gpu', model, rendererVersion: 'simulated-gpu-1' },
    widthPx: 64,
    heightPx: 64,
    ...fields,
  })
}

export async function draw(node: TestNode, spec: PictureSpec): Promise<string> {
  const request = await accept(node, newAsk([spec]))
  return (await node.generations.settled(request, never)).record.status
}

export async function untilReady(worker: GenerationWorker): Promise<void> {
  await expect.poll(() => isReady(worker), { timeout: 10_000 }).toBe(true)
}

export function isReady(worker: GenerationWorker): boolean {
  try {
    worker.check()
    return true
  } catch {
    return false
  }
}

import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createLiveness } from '../database/liveness.ts'
import { createSessionLock } from '../database/session-lock.ts'
import type { RouteFilter, WorkSubscription } from '../queue/job-queue.ts'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import { startTestCluster } from '../generation/testing/test-cluster.ts'
import { createDeliveries } from '../webhooks/deliveries.ts'
import { startWebhookWorker } from './webhook-worker.ts'
import type { SweeperOptions } from './sweeper.ts'
import { startRuns } from './worker.ts'

let cluster: TestCluster
let node: TestNode
const opened: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
})
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
})
afterAll(() => cluster.close())

let lastLockId = 100

/** A real lock whose loss and return the test decides on. */
async function openParts(): Promise<{
  parts: Omit<SweeperOptions, 'records'>
  lose(): void
  restore(): void
}> {
  lastLockId += 1
  const lock = await createSessionLock({ connection: cluster.connection, log: cluster.log, id: lastLockId })
  opened.push(() => lock.close())
  const listeners = new Set<() => void>()
  let held = true
  return {
    parts: {
      lock: {
        id: lock.id,
        get held() {
          return held && lock.held
        },
        onRestored: (listener) => {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        },
      },
      liveness: createLiveness({ database: node.database.kysely, lock }),
      log: cluster.log,
      sweepIntervalMs: 50,
    },
    lose: () => {
      held = false
    },
    restore: () => {
      held = true
      for (const listener of listeners) listener()
    },
  }
}

const noRecords: SweeperOptions['records'] = {
  name: 'none',
  holders: async () => [],
  recover: async () => 0,
  cleanUp: async () => 0,
}

test('a worker of any kind takes no job without its lock, and does when it has it back', async () => {
  const { parts, lose, restore } = await openParts()
  const taken: string[] = []
  const first = Promise.withResolvers<void>()
  let subscription: WorkSubscription | undefined
  let asked = Promise.withResolvers<void>()
  const runs = await startRuns({
    ...parts,
    records: noRecords,
    queue: {
      ...node.carouselQueue,
      work: async ({ concurrency, routes }, handler) => {
        const ignored = (): ReturnType<RouteFilter['ignored']> => {
          asked.resolve()
          return routes.ignored()
        }
        subscription = await node.carouselQueue.work({ concurrency, routes: { ...routes, ignored } }, handler)
        return subscription
      },
    },
    concurrency: 2,
    drainMs: 0,
    take: async ({ jobId }) => {
      taken.push(jobId)
      first.resolve()
      return undefined
    },
    run: async () => {},
  })
  opened.push(() => runs.stop())
  lose()
  const jobId = randomUUID()
  await node.database.kysely
    .transaction()
    .execute((transaction) =>
      node.carouselQueue.enqueue({ jobId, recordId: '1' }, { transaction, priority: 'demand' }),
    )
  // Before it asks a second time it has done what the first answer let it do.
  for (let round = 0; round < 3; round += 1) {
    asked = Promise.withResolvers()
    subscription?.wake()
    await asked.promise
  }
  const { rows } = await node.database.pool.query(`select state from pgboss.job where id = $1`, [jobId])
  expect([rows, taken]).toEqual([[{ state: 'created' }], []])
  restore()
  await first.promise
  expect(taken).toEqual([jobId])
})

test('a sender of webhooks looks for nothing without its lock, and does when it has it back', async () => {
  const { parts, lose, restore } = await openParts()
  const { lock } = parts
  lose()
  const deliveries = createDeliveries({
    database: node.database.kysely,
    workerId: lock.id,
    keepMs: 1000,
    now: Date.now,
    random: Math.random,
  })
  let looks = 0
  const looked = Promise.withResolvers<void>()
  const due = new Set<() => void>()
  const worker = await startWebhookWorker({
    ...parts,
    deliveries: {
      ...deliveries,
      due: async (...asked) => {
        looks += 1
        looked.resolve()
        return await deliveries.due(...asked)
      },
    },
    onDue: (wake) => {
      due.add(wake)
      return () => due.delete(wake)
    },
    outbound: { send: () => Promise.reject(new Error('nothing is due')) },
    secretsOf: async () => [],
    publicUrl: undefined,
    limits: { all: 4, perOrigin: 1 },
    pollMs: 10,
    now: Date.now,
  })
  opened.push(() => worker.stop())
  for (const wake of due) wake()
  expect(looks).toBe(0)
  restore()
  await looked.promise
})

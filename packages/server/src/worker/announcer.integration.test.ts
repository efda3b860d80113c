import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WorkerRows, WorkerStatus } from '../generation/worker-rows.ts'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import { startTestCluster } from '../generation/testing/test-cluster.ts'
import { startAnnouncer } from './announcer.ts'

let cluster: TestCluster
let node: TestNode

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
})
afterAll(() => cluster.close())

let lastName = 0

async function newWorker(): Promise<number> {
  const { id } = await node.database.kysely
    .insertInto('workers')
    .values({ name: `announcer ${(lastName += 1)}` })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

const idle: WorkerStatus = { state: 'ready', models: [], warming: undefined, busy: 0, slots: 4 }

/** Whether nobody has the model, nor loads it. */
function nobodyHas(route: string): (peers: readonly WorkerStatus[]) => boolean {
  return (peers) => !peers.some(({ models, warming }) => warming === route || models.includes(route))
}

test('a status from before a model was claimed does not undo the claim: one of two loads it', async () => {
  const [one, two] = [await newWorker(), await newWorker()]
  const { workers } = node.leases
  await workers.announce(two, idle)
  const route = 'simulated-gpu:claimed'
  let warming: string | undefined
  const arrived = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const rows: Pick<WorkerRows, 'announce' | 'leave'> = {
    announce: async (id, status) => {
      arrived.resolve()
      await gate.promise
      await workers.announce(id, status)
    },
    leave: (id) => workers.leave(id),
  }
  const announcer = startAnnouncer({
    rows,
    workerId: one,
    status: () => ({ ...idle, warming }),
    log: cluster.log,
  })
  // It has read a status without the claim, and writes it late.
  await arrived.promise
  const claimed = announcer.alone(async () => {
    const granted = await workers.mayLoad(one, route, nobodyHas(route))
    if (granted) warming = route
    return granted
  })
  gate.resolve()
  expect(await claimed).toBe(true)
  expect(await workers.mayLoad(two, route, nobodyHas(route))).toBe(false)
  // What has come to nothing is taken back, though the status is as it last was.
  warming = undefined
  await announcer.alone(async () => {})
  await expect.poll(() => workers.mayLoad(two, route, nobodyHas(route))).toBe(true)
  await announcer.close()
})

test('who has seen nobody with a model does not load it when another has meanwhile', async () => {
  const [one, two] = [await newWorker(), await newWorker()]
  const { workers } = node.leases
  const route = 'simulated-gpu:loaded'
  await workers.announce(one, idle)
  await workers.announce(two, idle)
  expect(nobodyHas(route)(await workers.peers(two))).toBe(true)
  await workers.announce(one, { ...idle, models: [route] })
  expect(await workers.mayLoad(two, route, nobodyHas(route))).toBe(false)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import {
  accept,
  jobOf,
  newAsk,
  newSpec,
  resultOf,
  rowOf,
  startTestCluster,
} from '../generation/testing/test-cluster.ts'
import { createDemandReader } from './demand-reader.ts'
import { createPoolReader } from './pool-reader.ts'

let cluster: TestCluster
let node: TestNode
let workerId: number

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
  const worker = await node.database.kysely
    .insertInto('workers')
    .values({ name: 'host:1' })
    .returning('id')
    .executeTakeFirstOrThrow()
  workerId = worker.id
  await node.leases.workers.announce(workerId, {
    state: 'busy',
    models: ['openai:any'],
    warming: undefined,
    busy: 1,
    slots: 1,
  })
})
afterAll(() => cluster.close())

test('what nobody has asked for neither makes a worker busy nor keeps it, until somebody asks', async () => {
  const pools = createPoolReader(node.database.kysely, () => cluster.clock.now)
  const demand = createDemandReader(node.database.kysely)
  const read = async (): Promise<{ busy: number; idleForMs: readonly number[]; events: string[] }> => {
    const { pool } = await pools.read()
    const events = await demand.read(1, cluster.clock.now)
    return { busy: pool.busy, idleForMs: pool.idleForMs, events: events.map(({ type }) => type) }
  }
  expect(await read()).toEqual({ busy: 0, idleForMs: [0], events: [] })

  const spec = newSpec()
  await node.generations.foresee({ project: 'default', scope: 'ahead', spec })
  const leased = await node.leases.take(jobOf(await rowOf(node, spec)), workerId)
  cluster.clock.now += 60_000
  expect(await read()).toEqual({ busy: 0, idleForMs: [60_000], events: [] })

  await accept(node, newAsk([spec]))
  cluster.clock.now += 60_000
  expect(await read()).toEqual({ busy: 1, idleForMs: [], events: ['arrived', 'started'] })

  await leased?.store(resultOf(node, leased.row.id))
  cluster.clock.now += 60_000
  expect(await read()).toEqual({ busy: 0, idleForMs: [60_000], events: ['served'] })
})

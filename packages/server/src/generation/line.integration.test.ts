import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestCluster, TestNode } from './testing/test-cluster.ts'
import {
  accept,
  eventsOf,
  finish,
  jobOf,
  jobStatesOf,
  newAsk,
  newSpec,
  resultOf,
  rowOf,
  startTestCluster,
} from './testing/test-cluster.ts'

let cluster: TestCluster
let node: TestNode
let other: TestNode

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
  other = await cluster.openNode()
})
afterAll(() => cluster.close())

/** The records of all waiting jobs, in the order in which the queue gives them out. */
async function line(): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select data ->> 'recordId' as id from pgboss.job where name = 'generation' and state = 'created'
    order by priority desc, created_on, id
  `.execute(node.database.kysely)
  return rows.map(({ id }) => id)
}

async function clear(): Promise<void> {
  await sql`delete from pgboss.job`.execute(node.database.kysely)
  await sql`update generations set status = 'cancelled' where status in ('queued', 'running')`.execute(
    node.database.kysely,
  )
}

describe('turns', () => {
  test('are one job of a scope each in a process, and one a process where two accept at once', async () => {
    await clear()
    const asks = Array.from({ length: 40 }, async (_, index) => {
      const { generations } = await accept(
        index % 2 === 0 ? node : other,
        newAsk([newSpec()], { scope: 'many' }),
      )
      return generations.map(({ turn }) => Number(turn))
    })
    const turns = Map.groupBy((await Promise.all(asks)).flat(), (turn) => turn)
    expect(Math.max(...[...turns.values()].map(({ length }) => length))).toBeLessThanOrEqual(2)
    const { generations } = await accept(other, newAsk([newSpec()], { scope: 'lone' }))
    const position = (await line()).indexOf(generations[0]?.id ?? '')
    expect(position).toBeGreaterThanOrEqual(0)
    expect(position).toBeLessThanOrEqual(2)
  })

  test('of a request that is refused are free again', async () => {
    await clear()
    const ask = newAsk([newSpec()], { scope: 'free' })
    const refused = node.generations.accept({ ...ask, prompt: '\u0000' })
    await expect(refused).rejects.toThrow(/0x00/u)
    const { generations } = await accept(node, ask)
    expect(generations.map(({ turn }) => Number(turn))).toEqual([0])
  })

  test('what is foreseen goes after all demand, and as demand once somebody asks for it', async () => {
    await clear()
    const foreseen = newSpec()
    await accept(node, newAsk([foreseen], { priority: 'speculative' }))
    for (let job = 0; job < 5; job += 1) await accept(node, newAsk([newSpec()]))
    const before = await rowOf(node, foreseen)
    expect((await line()).at(-1)).toBe(before.id)
    await accept(other, newAsk([foreseen], { scope: 'somebody' }))
    expect((await line()).indexOf(before.id)).toBeLessThanOrEqual(1)
    expect(await jobStatesOf(node, before)).toEqual(['created'])
    expect(await node.leases.take(jobOf(before), 1)).toBe(undefined)
    await finish(node, foreseen)
    expect(await rowOf(node, foreseen)).toMatchObject({ status: 'stored', priority: 'demand', attempt: 1 })
  })

  test('do not hold up the work of a dead worker: it goes first', async () => {
    await clear()
    const spec = newSpec()
    await accept(node, newAsk([spec]))
    await node.leases.take(jobOf(await rowOf(node, spec)), 4711)
    for (const scope of ['one', 'two']) await accept(node, newAsk([newSpec()], { scope }))
    expect(await other.leases.recover(4711)).toBe(1)
    const row = await rowOf(node, spec)
    expect(row).toMatchObject({ status: 'queued', reruns: 1 })
    expect((await line())[0]).toBe(row.id)
  })
})

describe('a job that was handed to a process which died before it began', () => {
  async function hand(jobId: string, agoMs: number): Promise<void> {
    await sql`
      update pgboss.job set state = 'active', started_on = now() - ${agoMs} * interval '1 millisecond'
      where id = ${jobId}
    `.execute(node.database.kysely)
  }

  test('is handed out anew, once, and is no rerun', async () => {
    await clear()
    const spec = newSpec()
    await accept(node, newAsk([spec]))
    const job = jobOf(await rowOf(node, spec))
    await hand(job.jobId, 3000)
    const counts = await Promise.all([node.leases.recoverUnstarted(), other.leases.recoverUnstarted()])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1)
    const row = await rowOf(node, spec)
    expect(row).toMatchObject({ status: 'queued', reruns: 0 })
    expect(await jobStatesOf(node, row)).toEqual(['created'])
    // Should that process live after all, it has nothing to do.
    expect(await node.leases.take(job, 1)).toBe(undefined)
    await finish(node, spec)
    expect(await eventsOf(node, row)).toEqual(['1 queued', '2 stored'])
  })

  test('is left alone while it may yet begin, when it has, and while it waits', async () => {
    await clear()
    const [fresh, begun, waiting] = [newSpec(), newSpec(), newSpec()]
    await accept(node, newAsk([fresh, begun, waiting]))
    await hand(jobOf(await rowOf(node, fresh)).jobId, 500)
    const { jobId, recordId } = jobOf(await rowOf(node, begun))
    await hand(jobId, 3000)
    const leased = await node.leases.take({ jobId, recordId }, 1)
    expect(await other.leases.recoverUnstarted()).toBe(0)
    expect(await leased?.store(resultOf(node, 'begun'))).toBe(true)
  })
})

import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Backend } from '../backends/backend.ts'
import { createBackends } from '../backends/backends.ts'
import { backendMakers } from '../backends/makers.ts'
import { parseModelTable } from '../backends/model-table.ts'
import type { OpenAIFake } from '../backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../backends/openai/testing/openai-fake.ts'
import { createLiveness } from '../database/liveness.ts'
import { createSessionLock } from '../database/session-lock.ts'
import type { GenerationRow } from '../generation/generation-row.ts'
import type { Leases } from '../generation/leases.ts'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import {
  accept,
  eventsOf,
  jobOf,
  jobStatesOf,
  newAsk,
  newSpec,
  resultOf,
  rowOf,
  startTestCluster,
} from '../generation/testing/test-cluster.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import { startWorker } from './worker.ts'

let cluster: TestCluster
let fake: OpenAIFake
let node: TestNode
const opened: (() => Promise<void>)[] = []

beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.close())
beforeEach(async () => {
  fake = await startOpenAIFake()
  node = await cluster.openNode()
  opened.push(() => node.close())
  await sql`delete from pgboss.job`.execute(node.database.kysely)
  await sql`update generations set status = 'cancelled' where status in ('queued', 'running')`.execute(
    node.database.kysely,
  )
})
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
  await fake.close()
})

let lastLockId = 100

/** A worker with one slot whose model server really stops when it is told to, or not. */
async function openWorker(
  cancel: boolean,
  concurrency = 1,
  { speculationRestMs = 0, leases = {} }: { speculationRestMs?: number; leases?: Partial<Leases> } = {},
): Promise<void> {
  const own = await cluster.openNode()
  opened.push(() => own.close())
  const parsed = parseModelTable('default=openai:any')
  if ('faults' in parsed) throw new Error(parsed.faults.join())
  const makers = backendMakers({ openai: { apiKey: 'k', baseUrl: fake.baseUrl }, timeoutMs: 60_000 })
  const openai = (): Backend => {
    const made = makers.openai()
    return Object.assign(Object.create(made) as Backend, {
      capabilities: (model: string) => ({ ...made.capabilities(model), cancel }),
      generate: made.generate.bind(made),
      close: () => made.close(),
    })
  }
  lastLockId += 1
  const lock = await createSessionLock({ connection: cluster.connection, log: cluster.log, id: lastLockId })
  opened.push(() => lock.close())
  const worker = await startWorker({
    leases: { ...own.leases, ...leases },
    queue: own.queue,
    objects: own.objects,
    backends: createBackends({ table: parsed.table, makers: { ...makers, openai } }),
    lock,
    liveness: createLiveness({ database: node.database.kysely, lock }),
    log: cluster.log,
    concurrency,
    speculationRestMs,
    backendTimeoutMs: 60_000,
    drainMs: 0,
    sweepIntervalMs: 50,
    now: () => cluster.clock.now,
  })
  opened.push(() => worker.stop())
}

const never = new AbortController().signal

async function foresee(spec: PictureSpec): Promise<void> {
  await node.generations.foresee({ project: 'default', scope: 'ahead', spec })
}

/** Offers these runs as room. @returns which of them were stopped */
async function madeRoom(of: TestNode, runs: readonly GenerationRow[]): Promise<string[]> {
  const stopped: string[] = []
  await of.leases.makeRoom({ runs, stop: (id) => stopped.push(id) > 0 }, { waitedMs: 100 })
  return stopped
}

function drawn(): unknown[] {
  return fake.calls.map(({ body }) => body['prompt'])
}

describe('a speculative run', () => {
  test('makes room for demand, is no failure, and is drawn later', async () => {
    const [ahead, wanted] = [newSpec(), newSpec()]
    fake.mode = 'hang'
    await openWorker(true)
    await foresee(ahead)
    await fake.waitForCalls(1)
    fake.mode = 'ok'
    const { record } = await node.generations.settled(await accept(node, newAsk([wanted])), never)
    expect(record.status).toBe('stored')
    await fake.waitForAbandoned(1)
    await node.settlements.wait((await rowOf(node, ahead)).id)
    const row = await rowOf(node, ahead)
    expect(row).toMatchObject({
      status: 'stored',
      priority: 'speculative',
      attempt: 1,
      retries: 0,
      reruns: 0,
    })
    expect(row.yields).toBe(1)
    expect(drawn()).toEqual([ahead.prompt, wanted.prompt, ahead.prompt])
    expect((await eventsOf(node, row)).filter((event) => event.endsWith('queued'))).toHaveLength(2)
  })

  test('makes way for demand that has a slot of its own: they would share the accelerator', async () => {
    const [ahead, wanted] = [newSpec(), newSpec()]
    fake.mode = 'hang'
    await openWorker(true, 2)
    await foresee(ahead)
    await fake.waitForCalls(1)
    fake.mode = 'ok'
    const { record } = await node.generations.settled(await accept(node, newAsk([wanted])), never)
    expect(record.status).toBe('stored')
    expect(fake.abandonedCalls).toBe(1)
    await node.settlements.wait((await rowOf(node, ahead)).id)
    expect(await rowOf(node, ahead)).toMatchObject({ status: 'stored', yields: 1, retries: 0 })
    expect(drawn()).toEqual([ahead.prompt, wanted.prompt, ahead.prompt])
  })

  test('is queued again although the commit of that has failed, and is drawn later', async () => {
    const [ahead, wanted] = [newSpec(), newSpec()]
    const clearFor: Leases['clearFor'] = ({ runs, stop }) => {
      for (const { id } of runs) stop(id)
      return Promise.reject(new Error('the connection was lost'))
    }
    fake.mode = 'hang'
    await openWorker(true, 2, { leases: { clearFor } })
    await foresee(ahead)
    await fake.waitForCalls(1)
    fake.mode = 'ok'
    await node.generations.settled(await accept(node, newAsk([wanted])), never)
    await node.settlements.wait((await rowOf(node, ahead)).id)
    expect(await rowOf(node, ahead)).toMatchObject({ status: 'stored', yields: 0, retries: 0, reruns: 0 })
    expect(drawn().filter((prompt) => prompt === ahead.prompt)).toHaveLength(2)
  })

  test('does not begin before its worker has had no demand for a while', async () => {
    const [first, second] = [newSpec(), newSpec()]
    await openWorker(true, 2, { speculationRestMs: 3_600_000 })
    await foresee(first)
    await node.settlements.wait((await rowOf(node, first)).id)
    const wanted = [newSpec(), newSpec()]
    for (const spec of wanted) {
      await node.generations.settled(await accept(node, newAsk([spec])), never)
      await foresee(second)
    }
    expect((await rowOf(node, second)).status).toBe('queued')
    expect(drawn()).toEqual([first, ...wanted].map(({ prompt }) => prompt))
    await openWorker(true)
    await node.settlements.wait((await rowOf(node, second)).id)
    expect((await rowOf(node, second)).status).toBe('stored')
  })

  test('that somebody asks for while it runs makes room for nobody', async () => {
    const [ahead, wanted] = [newSpec(), newSpec()]
    const release = fake.hold()
    await openWorker(true)
    await foresee(ahead)
    await fake.waitForCalls(1)
    const joined = await accept(node, newAsk([ahead], { scope: 'somebody' }))
    expect(joined.generations[0]).toMatchObject({ priority: 'demand', status: 'running', scope: 'somebody' })
    const other = await accept(node, newAsk([wanted]))
    expect(await madeRoom(node, [await rowOf(node, ahead)])).toEqual([])
    release()
    for (const request of [joined, other]) {
      expect((await node.generations.settled(request, never)).record.status).toBe('stored')
    }
    expect(drawn()).toEqual([ahead.prompt, wanted.prompt])
  })

  test('is let be where the backend cannot stop, and where a slot is free', async () => {
    const [ahead, wanted, second] = [newSpec(), newSpec(), newSpec()]
    const release = fake.hold()
    await openWorker(false)
    await foresee(ahead)
    await fake.waitForCalls(1)
    const waiting = await accept(node, newAsk([wanted]))
    await openWorker(true)
    await fake.waitForCalls(2)
    await foresee(second)
    release()
    await node.generations.settled(waiting, never)
    for (const spec of [ahead, second]) await node.settlements.wait((await rowOf(node, spec)).id)
    for (const spec of [ahead, second]) expect((await rowOf(node, spec)).yields).toBe(0)
    expect(fake.calls).toHaveLength(3)
  })
})

describe('making room', () => {
  /** Leases a foreseen picture by hand. */
  async function running(spec: PictureSpec) {
    await foresee(spec)
    const leased = await node.leases.take(jobOf(await rowOf(node, spec)), 1)
    if (leased === undefined) throw new Error('it was not leased')
    return leased
  }

  /** As after a while of waiting, or before it however long the test has taken. */
  async function age(waitedS = 1): Promise<void> {
    await sql`update pgboss.job set start_after = now() - ${waitedS} * interval '1 second'`.execute(
      node.database.kysely,
    )
  }

  test('gives up as many runs as demand waits for, in the whole cluster, and fences the run', async () => {
    const runs = [await running(newSpec()), await running(newSpec()), await running(newSpec())]
    await accept(node, newAsk([newSpec()]))
    await age(-3600)
    expect(
      await madeRoom(
        node,
        runs.map(({ row }) => row),
      ),
    ).toEqual([])
    await age()
    const other = await cluster.openNode()
    opened.push(() => other.close())
    const given = await Promise.all(
      [node, other].map((each) =>
        madeRoom(
          each,
          runs.map(({ row }) => row),
        ),
      ),
    )
    expect(given.flat()).toHaveLength(1)
    const stored = await Promise.all(runs.map((leased) => leased.store(resultOf(node, leased.row.id))))
    expect(stored.filter((kept) => !kept)).toHaveLength(1)
  })

  test('leaves a run alone whose picture is drawn while its record is being written', async () => {
    const spec = newSpec()
    const leased = await running(spec)
    await accept(node, newAsk([newSpec()]))
    await age()
    const before = await rowOf(node, spec)
    for (const give of [
      () => node.leases.makeRoom({ runs: [leased.row], stop: () => false }, { waitedMs: 100 }),
      () => node.leases.clearFor({ runs: [leased.row], stop: () => false }),
    ]) {
      await give()
      expect(await rowOf(node, spec)).toEqual(before)
    }
    expect(await leased.store(resultOf(node, leased.row.id))).toBe(true)
  })

  test('is later each time, and ends: what nobody asked for is cancelled, and what somebody did is not', async () => {
    const [alone, listed] = [newSpec(), newSpec()]
    await foresee(alone)
    await accept(node, newAsk([listed], { priority: 'speculative' }))
    await accept(node, newAsk([newSpec(), newSpec(), newSpec()]))
    const delays: number[] = []
    for (let round = 0; round < 5; round += 1) {
      await age()
      const leased = await Promise.all(
        [alone, listed].map(async (spec) => node.leases.take(jobOf(await rowOf(node, spec)), 1)),
      )
      const rows = leased.flatMap((each) => (each === undefined ? [] : [each.row]))
      expect(await madeRoom(node, rows)).toHaveLength(2)
      await sql`update generations set yielded_at = yielded_at - interval '2 seconds'`.execute(
        node.database.kysely,
      )
      const { rows: jobs } = await sql<{ s: number }>`
        select extract(epoch from start_after - created_on)::int as s from pgboss.job
        where id = ${(await rowOf(node, listed)).job_id}
      `.execute(node.database.kysely)
      delays.push(jobs[0]?.s ?? -1)
    }
    expect(delays).toEqual([1, 2, 4, 8, 16])
    expect(await rowOf(node, alone)).toMatchObject({ status: 'cancelled', attempt: 1, yields: 5 })
    expect(await rowOf(node, listed)).toMatchObject({ status: 'queued', yields: 5 })
    await accept(node, newAsk([alone]))
    expect(await rowOf(node, alone)).toMatchObject({ status: 'queued', attempt: 2, yields: 0 })
  })
})

describe('what is foreseen', () => {
  test('is one record however often it is foreseen, is no request, and is not tried again by itself', async () => {
    const spec = newSpec()
    await foresee(spec)
    const ahead = { project: 'default', scope: 'ahead', spec }
    expect(await node.generations.foresee(ahead)).toMatchObject({ how: 'joined', row: { status: 'queued' } })
    const { id } = await rowOf(node, spec)
    expect(await node.generations.withdrawForeseen([id])).toEqual([id])
    expect(await jobStatesOf(node, await rowOf(node, spec))).toEqual([])
    expect(await node.generations.foresee(ahead)).toMatchObject({
      how: 'joined',
      row: { status: 'cancelled' },
    })
    const { rows } = await node.database.pool.query('select from request_images where generation_id = $1', [
      id,
    ])
    expect(rows).toHaveLength(0)
  })

  test('is not withdrawn once somebody has asked for it', async () => {
    const spec = newSpec()
    await foresee(spec)
    await accept(node, newAsk([spec]))
    const row = await rowOf(node, spec)
    expect(row.priority).toBe('demand')
    expect(await node.generations.withdrawForeseen([row.id])).toEqual([])
  })

  test('goes with its urgency of now when it is tried again, and behind demand when its worker died', async () => {
    const [joined, alone] = [newSpec(), newSpec()]
    await foresee(joined)
    await foresee(alone)
    const leased = await node.leases.take(jobOf(await rowOf(node, joined)), 1)
    await accept(node, newAsk([joined]))
    await leased?.requeue({ kind: 'drain' })
    await node.leases.take(jobOf(await rowOf(node, alone)), 4711)
    expect(await node.leases.recover(4711)).toBe(1)
    const wanted = [(await rowOf(node, joined)).job_id, (await rowOf(node, alone)).job_id]
    const { rows } = await sql<{ id: string }>`
      select id from pgboss.job where id = any(${wanted}::uuid[]) order by priority desc
    `.execute(node.database.kysely)
    expect(rows.map(({ id }) => id)).toEqual(wanted)
  })

  test('is paid for by whom it says', async () => {
    const charged: string[] = []
    const budget = {
      charge: async (_: unknown, { scope }: { scope: string }, rows: readonly unknown[]) => {
        charged.push(`${scope} ${rows.length}`)
      },
    }
    await node.generations.foresee({ project: 'default', scope: 'ahead', spec: newSpec(), budget })
    expect(charged).toEqual(['ahead 1'])
  })
})

import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createBackends } from '../backends/backends.ts'
import { backendMakers } from '../backends/makers.ts'
import { parseModelTable } from '../backends/model-table.ts'
import type { OpenAIFake } from '../backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../backends/openai/testing/openai-fake.ts'
import type { SessionLock } from '../database/session-lock.ts'
import { createLiveness } from '../database/liveness.ts'
import { createSessionLock } from '../database/session-lock.ts'
import type { RequestWithGenerations } from '../generation/record.ts'
import type { TestCluster, TestNode } from '../generation/testing/test-cluster.ts'
import {
  accept,
  eventsOf,
  jobStatesOf,
  newAsk,
  newSpec,
  rowOf,
  startTestCluster,
} from '../generation/testing/test-cluster.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import type { Worker, WorkerOptions } from './worker.ts'
import { startWorker } from './worker.ts'

let cluster: TestCluster
let fake: OpenAIFake
const opened: (() => Promise<void>)[] = []

beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(async () => {
  await cluster.close()
})
beforeEach(async () => {
  fake = await startOpenAIFake()
})
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close()
  await fake.close()
})

interface TestWorker {
  node: TestNode
  worker: Worker
  lock: SessionLock
}

let lastLockId = 0

/** A node whose worker draws with the fake server over real HTTP. */
async function openWorker(options: Partial<WorkerOptions> = {}): Promise<TestWorker> {
  const node = await cluster.openNode()
  opened.push(() => node.close())
  const parsed = parseModelTable('default=openai:any')
  if ('faults' in parsed) throw new Error(parsed.faults.join())
  const makers = backendMakers({ openai: { apiKey: 'k', baseUrl: fake.baseUrl }, timeoutMs: 60_000 })
  const backends = createBackends({ table: parsed.table, makers })
  lastLockId += 1
  const lock = await createSessionLock({ connection: cluster.connection, log: cluster.log, id: lastLockId })
  opened.push(() => lock.close())
  const worker = await startWorker({
    leases: node.leases,
    queue: node.queue,
    objects: node.objects,
    backends,
    lock,
    liveness: createLiveness({ database: node.database.kysely, lock }),
    log: cluster.log,
    concurrency: 2,
    backendTimeoutMs: 60_000,
    drainMs: 0,
    sweepIntervalMs: 50,
    now: () => cluster.clock.now,
    ...options,
  })
  opened.push(() => worker.stop())
  return { node, worker, lock }
}

const never = new AbortController().signal

async function ask(node: TestNode, spec: PictureSpec = newSpec()): Promise<RequestWithGenerations> {
  return await accept(node, newAsk([spec]))
}

describe('a worker', () => {
  test('draws what is queued, once, and tells it in order', async () => {
    const { node } = await openWorker()
    const spec = newSpec()
    const { record } = await node.generations.settled(await ask(node, spec), never)
    expect(record).toMatchObject({ status: 'stored', images: [{ width: 256, height: 192 }] })
    expect(fake.calls).toHaveLength(1)
    const row = await rowOf(node, spec)
    const events = await eventsOf(node, row)
    expect(events[0]).toBe('1 queued')
    expect(events.at(-1)).toBe(`${events.length} stored`)
    expect(await node.objects.has(row.object_hash ?? '')).toBe(true)
  })

  test('two of them share twelve jobs, and each job is drawn once', async () => {
    const [one, two] = [await openWorker(), await openWorker()]
    const specs = Array.from({ length: 12 }, () => newSpec())
    const requests = await Promise.all(
      specs.map((spec, index) => ask(index % 2 === 0 ? one.node : two.node, spec)),
    )
    const settled = await Promise.all(requests.map((request) => one.node.generations.settled(request, never)))
    expect(settled.every(({ record }) => record.status === 'stored')).toBe(true)
    expect(fake.calls).toHaveLength(12)
    expect(new Set(fake.calls.map(({ body }) => body['prompt']))).toEqual(
      new Set(specs.map(({ prompt }) => prompt)),
    )
  })

  test('draws again what failed with the advice to try again', async () => {
    const { node } = await openWorker()
    fake.respondOnce('truncated-image')
    const spec = newSpec()
    const { record } = await node.generations.settled(await ask(node, spec), never)
    expect(record.status).toBe('stored')
    expect(fake.calls).toHaveLength(2)
    expect((await rowOf(node, spec)).retries).toBe(1)
  })

  test('stops drawing what is cancelled, and goes on with the next', async () => {
    const { node } = await openWorker({ concurrency: 1 })
    fake.mode = 'hang'
    const spec = newSpec()
    const { record } = await ask(node, spec)
    await fake.waitForCalls(1)
    await node.generations.cancel('default', record.id)
    await fake.waitForAbandoned(1)
    expect((await rowOf(node, spec)).status).toBe('cancelled')
    fake.mode = 'ok'
    const next = await node.generations.settled(await ask(node), never)
    expect(next.record.status).toBe('stored')
    expect(fake.calls).toHaveLength(2)
  })

  test('cancelled and asked for again at once: the new run is not ended by the old news', async () => {
    const { node } = await openWorker()
    fake.mode = 'hang'
    const spec = newSpec()
    const first = await ask(node, spec)
    await fake.waitForCalls(1)
    fake.mode = 'ok'
    await node.generations.cancel('default', first.record.id)
    const second = await node.generations.settled(await ask(node, spec), never)
    expect(second.record.status).toBe('stored')
    expect(await rowOf(node, spec)).toMatchObject({ attempt: 2, retries: 0, reruns: 0 })
  })

  test('is not ended by news from before its run that comes late', async () => {
    const { node } = await openWorker()
    const release = fake.hold()
    const spec = newSpec()
    const request = await ask(node, spec)
    await fake.waitForCalls(1)
    const { id } = await rowOf(node, spec)
    for (const type of ['cancelled', 'queued']) {
      const heard = new Promise<void>((resolve) => {
        const forget = node.queue.onAnnouncement((announcement) => {
          if (announcement.recordId !== id || announcement.type !== type) return
          forget()
          resolve()
        })
      })
      const late = node.queue.announcement({ recordId: id, seq: 1, type })
      await sql`select ${late}`.execute(node.database.kysely)
      await heard
    }
    release()
    expect((await node.generations.settled(request, never)).record.status).toBe('stored')
    expect(fake.calls).toHaveLength(1)
  })

  test.each(['another', 'the same'])(
    'keeps its run when the queue gives the job again, to %s worker',
    async (whom) => {
      const drawing = await openWorker()
      const { node } = drawing
      const release = fake.hold()
      const spec = newSpec()
      const request = await ask(node, spec)
      await fake.waitForCalls(1)
      if (whom === 'another') await openWorker()
      // As the queue does when no heartbeat has reached it for 15 s, because the database was away.
      const { job_id: jobId } = await rowOf(node, spec)
      await node.database.pool.query(
        `update pgboss.job set state = 'retry', retry_count = 1, start_after = now() where id = $1`,
        [jobId],
      )
      const stateOf = async (): Promise<unknown> => {
        const { rows } = await node.database.pool.query<{ state: string }>(
          'select state, retry_count from pgboss.job where id = $1',
          [jobId],
        )
        return rows[0]
      }
      await expect.poll(stateOf, { timeout: 10_000 }).toEqual({ state: 'completed', retry_count: 2 })
      release()
      expect((await node.generations.settled(request, never)).record.status).toBe('stored')
      expect(await rowOf(node, spec)).toMatchObject({ reruns: 0, retries: 0 })
      expect(fake.calls).toHaveLength(1)
    },
  )

  test('hands back what it has taken and lost, and draws it', async () => {
    const { node, lock } = await openWorker()
    const spec = newSpec()
    const request = await ask(node, spec)
    fake.mode = 'ok'
    expect((await node.generations.settled(request, never)).record.status).toBe('stored')
    // As if neither the run nor its end could have been written.
    const { id } = await rowOf(node, spec)
    await node.database.kysely
      .updateTable('generations')
      .set({ status: 'running', worker_id: lock.id, settled_at: null })
      .where('id', '=', id)
      .execute()
    expect(await node.settlements.wait(id)).toMatchObject({ status: 'stored', reruns: 1 })
    expect(fake.calls).toHaveLength(2)
  })

  test('that stops hands back what it draws, and another draws it', async () => {
    const stopping = await openWorker({ concurrency: 1 })
    fake.mode = 'hang'
    const spec = newSpec()
    const request = await ask(stopping.node, spec)
    await fake.waitForCalls(1)
    await stopping.worker.stop()
    expect(stopping.worker.running).toBe(0)
    expect(await rowOf(stopping.node, spec)).toMatchObject({ status: 'queued', retries: 0, reruns: 0 })
    fake.mode = 'ok'
    const { node } = await openWorker()
    expect((await node.generations.settled(request, never)).record.status).toBe('stored')
    expect(fake.calls).toHaveLength(2)
  })

  test('that stops lets a run end that is about to', async () => {
    const { node, worker } = await openWorker({ drainMs: 30_000 })
    const release = fake.hold()
    const request = await ask(node)
    await fake.waitForCalls(1)
    const stopped = worker.stop()
    release()
    await stopped
    expect((await node.generations.read('default', request.record.id)).record.status).toBe('stored')
    expect(fake.calls).toHaveLength(1)
  })
})

describe('a worker that dies', () => {
  test('leaves its runs to the others as soon as its lock is free', async () => {
    const dying = await openWorker({ concurrency: 1 })
    fake.mode = 'hang'
    const spec = newSpec()
    const request = await ask(dying.node, spec)
    await fake.waitForCalls(1)
    const { node } = await openWorker()
    fake.mode = 'ok'
    // As the server sees a death: the session is gone and does not come back.
    await dying.lock.close()
    const { record } = await node.generations.settled(request, never)
    expect(record.status).toBe('stored')
    expect(await rowOf(node, spec)).toMatchObject({ reruns: 1 })
    // The one taken for dead hears that its run is another's now, and lets go.
    await fake.waitForAbandoned(1)
    expect(fake.calls).toHaveLength(2)
  })
})

describe('a database that goes away', () => {
  test('for the session of the lock alone: the run goes on and is kept', async () => {
    const { node, lock } = await openWorker()
    await openWorker()
    const release = fake.hold()
    const spec = newSpec()
    const request = await ask(node, spec)
    await fake.waitForCalls(1)
    const lost = Promise.withResolvers<void>()
    lock.onLost(lost.resolve)
    await node.database.pool.query(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = $1 and classid = $2`,
      [lock.id, 0x647277],
    )
    await lost.promise
    release()
    const { record } = await node.generations.settled(request, never)
    expect(record.status).toBe('stored')
  })

  test('killed with -9 under a run: the picture is kept, told, and was drawn once', async () => {
    const { node } = await openWorker()
    const release = fake.hold()
    const spec = newSpec()
    const settled = node.generations.settled(await ask(node, spec), never)
    await fake.waitForCalls(1)
    await cluster.killServer()
    // The picture comes while nothing can be written.
    release()
    expect((await settled).record.status).toBe('stored')
    expect(fake.calls).toHaveLength(1)
    // And the worker works on.
    expect((await node.generations.settled(await ask(node), never)).record.status).toBe('stored')
  })

  test('killed under forty requests: every accepted one is answered', async () => {
    const [one, two] = [await openWorker(), await openWorker()]
    const specs = Array.from({ length: 40 }, () => newSpec())
    const requests = await Promise.all(specs.map((spec) => ask(one.node, spec)))
    const settled = requests.map((request) => two.node.generations.settled(request, never))
    await fake.waitForCalls(5)
    await cluster.killServer()
    for (const { record } of await Promise.all(settled)) expect(record.status).toBe('stored')
    for (const spec of specs) {
      const events = await eventsOf(one.node, await rowOf(one.node, spec))
      expect(events.at(-1)).toBe(`${events.length} stored`)
    }
  })
})

describe('records that nobody would bring up again', () => {
  test('are found when a worker starts', async () => {
    const node = await cluster.openNode()
    opened.push(() => node.close())
    const spec = newSpec()
    const request = await ask(node, spec)
    await node.database.pool.query('delete from pgboss.job where id = $1', [(await rowOf(node, spec)).job_id])
    await openWorker()
    expect((await node.generations.settled(request, never)).record.status).toBe('stored')
    expect(await jobStatesOf(node, await rowOf(node, spec))).toHaveLength(1)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSettlements } from './settlements.ts'
import type { TestCluster, TestNode } from './testing/test-cluster.ts'
import {
  accept,
  finish,
  jobOf,
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
afterAll(async () => {
  await cluster.close()
})

const never = new AbortController().signal

/** Resolves at the next time that the node's listener has a session again. */
function reconnected(on: TestNode): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const forget = on.listener.onReconnect(resolve)
  return promise.finally(forget)
}

describe('waiting for a record', () => {
  test('ends when another process settles it', async () => {
    const spec = newSpec()
    const request = await accept(node, newAsk([spec]))
    const settled = node.generations.settled(request, never)
    await finish(other, spec)
    expect((await settled).record.status).toBe('stored')
  })

  test('of one that has settled ends at once', async () => {
    const spec = newSpec()
    const request = await accept(node, newAsk([spec]))
    await finish(node, spec)
    expect((await other.generations.settled(request, never)).record.status).toBe('stored')
  })

  test('of a request with three pictures ends with the last of them', async () => {
    const specs = [newSpec(), newSpec(), newSpec()]
    const request = await accept(node, newAsk(specs))
    let over = false
    const settled = node.generations.settled(request, never).finally(() => {
      over = true
    })
    for (const spec of specs.toReversed()) {
      expect(over).toBe(false)
      await finish(other, spec)
    }
    expect((await settled).record.images.map(({ status }) => status)).toEqual(['stored', 'stored', 'stored'])
  })

  test('a hundred at once read the record as one', async () => {
    const spec = newSpec()
    const { id } = (await accept(node, newAsk([spec]))).generations[0] ?? (await rowOf(node, spec))
    let reads = 0
    const count = (): void => {
      reads += 1
    }
    node.database.pool.on('acquire', count)
    const waits = Array.from({ length: 100 }, () => node.settlements.wait(id))
    await finish(other, spec)
    const rows = await Promise.all(waits)
    node.database.pool.off('acquire', count)
    expect(new Set(rows).size).toBe(1)
    expect(reads).toBeLessThanOrEqual(3)
  })

  test('one that leaves takes nobody with it', async () => {
    const spec = newSpec()
    const { id } = (await accept(node, newAsk([spec]))).generations[0] ?? (await rowOf(node, spec))
    const leaving = new AbortController()
    const left = node.settlements.wait(id, leaving.signal)
    const stayed = node.settlements.wait(id)
    leaving.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    await finish(other, spec)
    expect((await stayed).status).toBe('stored')
  })

  test('goes on when the record failed and was started again meanwhile', async () => {
    const spec = newSpec()
    const request = await accept(node, newAsk([spec]))
    const leased = await other.leases.take(jobOf(await rowOf(node, spec)), 1)
    await leased?.fail({ code: 'backend_failed', message: 'It failed.', retryAfterS: undefined })
    const again = await accept(other, newAsk([spec]))
    const settled = node.generations.settled(request, never)
    await finish(other, spec)
    expect((await settled).record.status).toBe('stored')
    expect((await other.generations.settled(again, never)).record.status).toBe('stored')
  })

  test('misses nothing that happens while its connection is gone', async () => {
    const spec = newSpec()
    const request = await accept(node, newAsk([spec]))
    const settled = node.generations.settled(request, never)
    const back = reconnected(node)
    await cluster.endSessions('darkroom listener')
    // Settled while nobody listens, or after: both must be heard of.
    await finish(other, spec)
    await back
    expect((await settled).record.status).toBe('stored')
  })

  test('reads again when its connection is back, since no announcement comes twice', async () => {
    // Deaf to announcements: only the new connection can tell.
    const deaf = createSettlements({
      database: node.database.kysely,
      queue: { ...node.queue, onAnnouncement: () => () => {} },
    })
    const spec = newSpec()
    const { generations } = await accept(node, newAsk([spec]))
    const settled = deaf.wait(generations[0]?.id ?? '')
    await finish(other, spec)
    await cluster.endSessions('darkroom listener')
    expect((await settled).status).toBe('stored')
    deaf.close()
  })

  test('outlives a kill -9 of the database, and so do the requests that were accepted', async () => {
    const specs = Array.from({ length: 5 }, () => newSpec())
    const requests = await Promise.all(specs.map((spec) => accept(node, newAsk([spec]))))
    const settled = requests.map((request) => node.generations.settled(request, never))
    const back = [reconnected(node), reconnected(other)]
    await cluster.killServer()
    // Begun while the database is away: it waits for it as well.
    const late = requests.map((request) => other.generations.settled(request, never))
    await Promise.all(back)
    for (const spec of specs) await finish(other, spec)
    for (const { record } of await Promise.all([...settled, ...late])) expect(record.status).toBe('stored')
  })

  test('ends with the process that waits', async () => {
    const closing = await cluster.openNode()
    const spec = newSpec()
    const request = await accept(closing, newAsk([spec]))
    const settled = closing.generations.settled(request, never)
    closing.generations.close()
    await expect(settled).rejects.toMatchObject({ code: 'shutting_down' })
    await closing.close()
    await finish(node, spec)
  })
})

describe('get-or-generate', () => {
  const ask = (prompt: string): Parameters<TestNode['generations']['ensure']>[0] => ({
    ...newAsk([]),
    source: 'live',
    prompt,
  })

  test('a hundred callers of two processes come to two requests, one record and one picture', async () => {
    const spec = newSpec()
    expect(await node.generations.find(spec)).toBeUndefined()
    const answers = Array.from({ length: 100 }, (_, index) =>
      (index % 2 === 0 ? node : other).generations.ensure(ask(spec.prompt), spec, never),
    )
    const told = new Promise<void>((resolve) => {
      const forget = node.queue.onAnnouncement(({ type }) => {
        if (type !== 'queued') return
        forget()
        resolve()
      })
    })
    await told
    await finish(other, spec)
    const rows = (await Promise.all(answers)).map(({ generation }) => generation)
    expect(new Set(rows.map(({ image_id }) => image_id)).size).toBe(1)
    const { rows: requests } = await node.database.pool.query(
      'select id from request_images join requests on id = request_id where generation_id = $1',
      [rows[0]?.id],
    )
    expect(requests.length).toBeLessThanOrEqual(2)
    expect((await node.generations.find(spec))?.image_id).toBe(rows[0]?.image_id)
  })

  test('a caller that leaves stops nothing; the next is answered by what was begun', async () => {
    const spec = newSpec()
    const leaving = new AbortController()
    const first = node.generations.ensure(ask(spec.prompt), spec, leaving.signal)
    leaving.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    const second = other.generations.ensure(ask(spec.prompt), spec, never)
    await until(async () => (await node.generations.list(listOf(spec.prompt))).items.length === 2)
    await finish(node, spec)
    expect((await second).generation.attempt).toBe(1)
  })

  test('somebody else cancels their request: this one is started again, not refused', async () => {
    const spec = newSpec()
    const mine = node.generations.ensure(ask(spec.prompt), spec, never)
    await until(async () => (await node.generations.list(listOf(spec.prompt))).items.length === 1)
    const [item] = (await node.generations.list(listOf(spec.prompt))).items
    await other.generations.cancel('default', item?.id ?? '')
    await until(async () => (await rowOf(node, spec)).attempt === 2)
    await finish(other, spec)
    expect(await mine).toMatchObject({ waited: true, generation: { status: 'stored', attempt: 2 } })
  })

  test('a failure is thrown with its code and when to come again', async () => {
    const spec = newSpec()
    const answer = node.generations.ensure(ask(spec.prompt), spec, never)
    const refusal = answer.catch((error: unknown) => error)
    await until(async () => (await node.generations.list(listOf(spec.prompt))).items.length === 1)
    const leased = await other.leases.take(jobOf(await rowOf(node, spec)), 1)
    await leased?.fail({ code: 'backend_busy', message: 'Busy.', retryAfterS: 7 })
    expect(await refusal).toMatchObject({ code: 'backend_busy', facts: { retryAfterS: 7 } })
  })

  function listOf(prompt: string): Parameters<TestNode['generations']['list']>[0] {
    return { project: 'default', scopes: undefined, limit: 10, cursor: undefined, search: prompt }
  }

  async function until(check: () => Promise<boolean>): Promise<void> {
    while (!(await check())) await new Promise((resolve) => setImmediate(resolve))
  }
})

describe('listening to events', () => {
  test('a listener is called for its records only, in every process', async () => {
    const [mine, another] = [newSpec(), newSpec()]
    const request = await accept(node, newAsk([mine]))
    await accept(node, newAsk([another]))
    let calls = 0
    const forget = other.generations.onEvent(
      request.generations.map(({ id }) => id),
      () => {
        calls += 1
      },
    )
    await finish(node, another)
    const settled = other.generations.settled(request, never)
    await finish(node, mine)
    await settled
    forget()
    expect(calls).toBe(1)
  })

  test('previews go ten minutes after they were made; what else happened stays', async () => {
    const spec = newSpec()
    const { generations } = await accept(node, newAsk([spec]))
    const [row] = generations
    const leased = await node.leases.take(jobOf(await rowOf(node, spec)), 1)
    await leased?.tell('preview', { mediaType: 'image/webp', b64: 'AAAA' })
    await node.leases.deleteOldPreviews()
    const types = async (): Promise<string[]> =>
      (await node.generations.events(row?.id ?? '', 0)).map(({ type }) => type)
    expect(await types()).toEqual(['queued', 'preview'])
    await node.database.pool.query(
      `update generation_events set created_at = now() - interval '601 seconds' where generation_id = $1`,
      [row?.id],
    )
    expect(await node.leases.deleteOldPreviews()).toBe(1)
    expect(await types()).toEqual(['queued'])
    expect(await leased?.store(resultOf(node, 'after its previews'))).toBe(true)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DarkroomError } from '../errors.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import { generationKey } from '../request/picture-spec.ts'
import type { Failure } from './lease.ts'
import type { TestCluster, TestNode } from './testing/test-cluster.ts'
import {
  accept,
  eventsOf,
  finish,
  jobOf,
  jobStatesOf,
  newAsk,
  newSpec,
  revisionsOf,
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

async function fail(spec: PictureSpec, failure: Partial<Failure> = {}): Promise<void> {
  const leased = await node.leases.take(jobOf(await rowOf(node, spec)), 1)
  const settled = await leased?.fail({
    code: 'backend_failed',
    message: 'It failed.',
    retryAfterS: undefined,
    ...failure,
  })
  expect(settled).toBe(true)
}

describe('accepting a request', () => {
  test('a new key becomes a record, its job and its first event', async () => {
    const spec = newSpec()
    const { record, generations } = await accept(node, newAsk([spec], { tags: ['a', 'b'] }))
    expect(record).toMatchObject({ status: 'queued', prompt: spec.prompt, tags: ['a', 'b'], scope: 'demo' })
    const row = await rowOf(node, spec)
    expect(row).toMatchObject({ status: 'queued', revision: 1, attempt: 1, key: generationKey(spec) })
    expect(generations).toEqual([row])
    expect(await jobStatesOf(node, row)).toEqual(['created'])
    expect(await eventsOf(node, row)).toEqual(['1 queued'])
  })

  test('a second request for the key joins: no second record, job or event', async () => {
    const spec = newSpec()
    const first = await accept(node, newAsk([spec]))
    const second = await accept(other, newAsk([spec]))
    expect(second.record.id).not.toBe(first.record.id)
    expect(second.generations).toEqual(first.generations)
    const row = await rowOf(node, spec)
    expect(await jobStatesOf(node, row)).toEqual(['created'])
    expect(await eventsOf(node, row)).toEqual(['1 queued'])
  })

  test('fifty requests at once over two processes come to one record and one job', async () => {
    const spec = newSpec()
    const requests = await Promise.all(
      Array.from({ length: 50 }, (_, index) => accept(index % 2 === 0 ? node : other, newAsk([spec]))),
    )
    expect(new Set(requests.map(({ record }) => record.id)).size).toBe(50)
    expect(new Set(requests.map(({ generations }) => generations[0]?.id)).size).toBe(1)
    expect(await revisionsOf(node, spec)).toHaveLength(1)
    expect(await jobStatesOf(node, await rowOf(node, spec))).toEqual(['created'])
  })

  test('the pictures of many requests overlap in any order, and none waits for another for ever', async () => {
    const specs = Array.from({ length: 6 }, () => newSpec())
    const requests = await Promise.all(
      Array.from({ length: 24 }, (_, index) => {
        const turned = [...specs.slice(index % 6), ...specs.slice(0, index % 6)]
        const pictures = index % 2 === 0 ? turned : turned.toReversed()
        return accept(index % 4 < 2 ? node : other, newAsk(pictures)).then(({ generations }) => ({
          pictures,
          generations,
        }))
      }),
    )
    for (const { pictures, generations } of requests) {
      expect(generations.map(({ key }) => key)).toEqual(pictures.map((spec) => generationKey(spec)))
    }
    for (const spec of specs) expect(await revisionsOf(node, spec)).toHaveLength(1)
  })

  test('a picture asked for twice in one request is one record, shown twice', async () => {
    const spec = newSpec()
    const { record, generations } = await accept(node, newAsk([spec, spec]))
    expect(record.images).toHaveLength(2)
    expect(generations[0]).toEqual(generations[1])
    expect(await jobStatesOf(node, await rowOf(node, spec))).toEqual(['created'])
  })
})

describe('a record that has settled', () => {
  test('stored: it is the answer, without a job', async () => {
    const spec = newSpec()
    await accept(node, newAsk([spec]))
    await finish(node, spec)
    const { record } = await accept(other, newAsk([spec]))
    expect(record.status).toBe('stored')
    expect(record.images[0]?.url).toBe(`/images/${record.images[0]?.id}`)
    expect(await eventsOf(node, await rowOf(node, spec))).toEqual(['1 queued', '2 stored'])
  })

  test('failed without a Retry-After: the next request starts attempt 2 of the same record', async () => {
    const spec = newSpec()
    await accept(node, newAsk([spec]))
    await fail(spec)
    const failed = await rowOf(node, spec)
    const { record } = await accept(node, newAsk([spec]))
    expect(record.status).toBe('queued')
    const row = await rowOf(node, spec)
    expect(row).toMatchObject({ id: failed.id, attempt: 2, retries: 0, error_code: null, settled_at: null })
    expect(row.job_id).not.toBe(failed.job_id)
    expect(await eventsOf(node, row)).toEqual(['1 queued', '2 failed', '3 queued'])
  })

  test('failed within its Retry-After: the failure is the answer; after it, attempt 2', async () => {
    const spec = newSpec()
    await accept(node, newAsk([spec]))
    await fail(spec, { code: 'backend_busy', retryAfterS: 7 })
    cluster.clock.now += 6999
    const within = await accept(node, newAsk([spec]))
    expect(within.record).toMatchObject({ status: 'failed', error: { code: 'backend_busy' } })
    expect((await rowOf(node, spec)).attempt).toBe(1)
    cluster.clock.now += 1
    const past = await accept(node, newAsk([spec]))
    expect(past.record.status).toBe('queued')
    expect((await rowOf(node, spec)).attempt).toBe(2)
  })

  test('fifty requests after a failure start one attempt', async () => {
    const spec = newSpec()
    await accept(node, newAsk([spec]))
    await fail(spec)
    const before = await jobStatesOf(node, await rowOf(node, spec))
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => accept(index % 2 === 0 ? node : other, newAsk([spec]))),
    )
    const row = await rowOf(node, spec)
    expect(row.attempt).toBe(2)
    expect(await jobStatesOf(node, row)).toHaveLength(before.length + 1)
  })
})

describe('regenerate', () => {
  const resolveModel = (): PictureSpec['model'] => newSpec().model

  test('retires the stored revision and starts the next, under another image id', async () => {
    const spec = newSpec()
    const { record } = await accept(node, newAsk([spec]))
    await finish(node, spec)
    const { request, retiredImageIds } = await node.generations.regenerate('default', record.id, resolveModel)
    expect(retiredImageIds).toEqual([record.images[0]?.id])
    expect(request.record.status).toBe('queued')
    expect(request.record.images[0]?.id).not.toBe(record.images[0]?.id)
    const revisions = await revisionsOf(node, spec)
    expect(revisions.map(({ revision, status }) => ({ revision, status }))).toEqual([
      { revision: 1, status: 'stored' },
      { revision: 2, status: 'queued' },
    ])
    // The old record still shows the old picture.
    expect((await node.generations.read('default', record.id)).record.images[0]?.id).toBe(
      record.images[0]?.id,
    )
  })

  test('many at once, of overlapping requests in any order, start one revision of each', async () => {
    const specs = [newSpec(), newSpec(), newSpec()]
    const forward = await accept(node, newAsk(specs))
    const backward = await accept(node, newAsk(specs.toReversed()))
    for (const spec of specs) await finish(node, spec)
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? node : other).generations.regenerate(
          'default',
          index % 3 === 0 ? forward.record.id : backward.record.id,
          resolveModel,
        ),
      ),
    )
    for (const spec of specs) expect(await revisionsOf(node, spec)).toHaveLength(2)
  })

  test('what still runs is refused', async () => {
    const spec = newSpec()
    const { record } = await accept(node, newAsk([spec]))
    const regenerated = node.generations.regenerate('default', record.id, resolveModel)
    await expect(regenerated).rejects.toMatchObject({ code: 'not_settled' })
    expect(await revisionsOf(node, spec)).toHaveLength(1)
  })

  test('a request of another project is not there', async () => {
    const spec = newSpec()
    const { record } = await accept(node, newAsk([spec]))
    await expect(node.generations.read('other', record.id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(node.generations.cancel('other', record.id)).rejects.toMatchObject({ code: 'not_found' })
    const junk = node.generations.read('default', 'req_\u0000')
    await expect(junk).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('an idempotency key', () => {
  const idempotency = (
    key: string,
    fingerprint = 'a',
  ): { owner: string; key: string; fingerprint: string } => ({
    owner: 'default',
    key,
    fingerprint,
  })

  test('twenty first uses at once accept one request; the others are told that it runs', async () => {
    const spec = newSpec()
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? node : other).generations.accept(
          newAsk([spec], { idempotency: idempotency('twenty') }),
        ),
      ),
    )
    const accepted = results.filter((result) => result.status === 'fulfilled')
    const refused = results.filter((result) => result.status === 'rejected')
    expect(accepted).toHaveLength(1)
    expect(refused.map(({ reason }) => (reason as DarkroomError).code)).toEqual(
      Array.from({ length: 19 }, () => 'idempotency_conflict'),
    )
  })

  test('after the answer it replays; another body is refused; another key is another request', async () => {
    const spec = newSpec()
    const first = await accept(node, newAsk([spec], { idempotency: idempotency('k1') }))
    await node.generations.answered('default', 'k1')
    const repeated = await other.generations.accept(newAsk([spec], { idempotency: idempotency('k1') }))
    expect(repeated).toEqual({ kind: 'replayed', requestId: first.record.id })
    const changed = other.generations.accept(newAsk([spec], { idempotency: idempotency('k1', 'b') }))
    await expect(changed).rejects.toMatchObject({ code: 'idempotency_mismatch', status: 422 })
    const second = await accept(node, newAsk([spec], { idempotency: idempotency('k2') }))
    expect(second.record.id).not.toBe(first.record.id)
  })

  test('of a request that settled without ever being answered replays too', async () => {
    const spec = newSpec()
    const first = await accept(node, newAsk([spec], { idempotency: idempotency('k3') }))
    await finish(node, spec)
    const repeated = await node.generations.accept(newAsk([spec], { idempotency: idempotency('k3') }))
    expect(repeated).toEqual({ kind: 'replayed', requestId: first.record.id })
  })

  test('is forgotten after a day', async () => {
    const spec = newSpec()
    const first = await accept(node, newAsk([spec], { idempotency: idempotency('k4') }))
    await node.database.pool.query(
      `update idempotency_keys set created_at = now() - interval '24 hours 1 second' where key = 'k4'`,
    )
    const second = await accept(node, newAsk([spec], { idempotency: idempotency('k4', 'b') }))
    expect(second.record.id).not.toBe(first.record.id)
  })

  test('of a request that could not be accepted is free again', async () => {
    const spec = newSpec({ prompt: 'nul \u0000' })
    const broken = node.generations.accept(newAsk([spec], { idempotency: idempotency('k5') }))
    await expect(broken).rejects.toThrow(/encoding|invalid byte/u)
    expect((await accept(node, newAsk([newSpec()], { idempotency: idempotency('k5') }))).record.status).toBe(
      'queued',
    )
  })
})

describe('the list', () => {
  test('goes newest first through pages without gap or repeat while requests arrive', async () => {
    const prompt = `listed ${Date.now()} 100%_\\`
    const ids: string[] = []
    // Half of them in one transaction time: their order then is by id.
    for (let index = 0; index < 5; index += 1) {
      ids.push((await accept(node, newAsk([newSpec({ prompt })], { prompt }))).record.id)
    }
    await node.database.pool.query(
      `update requests set created_at = date_trunc('second', now()) where id = any($1)`,
      [ids.slice(0, 3)],
    )
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await node.generations.list({
        project: 'default',
        scopes: undefined,
        limit: 2,
        cursor,
        search: '00%_\\',
      })
      seen.push(...page.items.map(({ id }) => id))
      await accept(node, newAsk([newSpec({ prompt: `${prompt} later` })], { prompt: 'later' }))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toHaveLength(5)
    expect(new Set(seen)).toEqual(new Set(ids))
  })

  test('knows no other project', async () => {
    const page = await node.generations.list({
      project: 'other',
      limit: 2,
      cursor: undefined,
      search: undefined,
      scopes: undefined,
    })
    expect(page).toEqual({ items: [], nextCursor: null })
  })
})

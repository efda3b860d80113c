import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DarkroomError } from '../errors.ts'
import type { PictureSpec } from '../request/picture-spec.ts'
import { generationKey } from '../request/picture-spec.ts'
import type { LeasedGeneration } from './lease.ts'
import { createLeases } from './leases.ts'
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
  untilBlocked,
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

async function lease(spec: PictureSpec, workerId = 1, from: TestNode = node): Promise<LeasedGeneration> {
  const leased = await from.leases.take(jobOf(await rowOf(node, spec)), workerId)
  if (leased === undefined) throw new Error('there was nothing to lease')
  return leased
}

async function accepted(): Promise<PictureSpec> {
  const spec = newSpec()
  await accept(node, newAsk([spec]))
  return spec
}

/** What every record must be true to: events in order without a gap, and the last of them is its state. */
async function checkEvents(spec: PictureSpec): Promise<string[]> {
  const row = await rowOf(node, spec)
  const events = await eventsOf(node, row)
  expect(events.map((text) => Number(text.split(' ')[0]))).toEqual(events.map((_, index) => index + 1))
  expect(row.event_seq).toBe(events.length)
  return events
}

describe('a lease', () => {
  test('runs a record to its picture, with its events in order', async () => {
    const spec = await accepted()
    const leased = await lease(spec)
    expect(leased.row).toMatchObject({ status: 'running', worker_id: 1 })
    expect(await leased.tell('started', {})).toBe(true)
    expect(await leased.tell('progress', { fraction: 0.5 })).toBe(true)
    expect(await leased.store(resultOf(node, 'a picture'))).toBe(true)
    expect(await checkEvents(spec)).toEqual(['1 queued', '2 started', '3 progress', '4 stored'])
    const row = await rowOf(node, spec)
    const image = await node.images.read(row.image_id ?? '')
    expect(image).toMatchObject({ object_hash: row.object_hash, seed: 0, width_px: 256, height_px: 192 })
  })

  test('events told at once by two readers of the record keep one order', async () => {
    const spec = await accepted()
    const leased = await lease(spec)
    await Promise.all(Array.from({ length: 20 }, (_, step) => leased.tell('progress', { step })))
    expect(await checkEvents(spec)).toHaveLength(21)
  })

  test('keeps a running record, though the queue gives its job again: to anybody, and to its worker too', async () => {
    const spec = await accepted()
    const first = await lease(spec, 1)
    const job = jobOf(await rowOf(node, spec))
    expect(await other.leases.take(job, 2)).toBeUndefined()
    expect(await node.leases.take(job, 1)).toBeUndefined()
    // Who was given it for nothing has acknowledged it; the run needs no job to be its worker's.
    await node.database.pool.query(`update pgboss.job set state = 'completed' where id = $1`, [job.jobId])
    expect(await other.leases.recoverOrphans()).toBe(0)
    expect(await first.store(resultOf(node, 'by the first'))).toBe(true)
    expect(await rowOf(node, spec)).toMatchObject({ status: 'stored', reruns: 0 })
    expect(await checkEvents(spec)).toEqual(['1 queued', '2 stored'])
  })

  test('is taken although the answer to its first statement was lost, once', async () => {
    const spec = await accepted()
    let answers = 0
    const losing = node.database.kysely.withPlugin({
      transformQuery: ({ node: query }) => query,
      transformResult: async ({ result }) => {
        answers += 1
        if (answers === 1) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
        return result
      },
    })
    const leases = createLeases({ database: losing, queue: node.queue, now: () => cluster.clock.now })
    const leased = await leases.take(jobOf(await rowOf(node, spec)), 1)
    expect(answers).toBe(2)
    expect(await leased?.store(resultOf(node, 'taken at the second try'))).toBe(true)
    expect(await checkEvents(spec)).toEqual(['1 queued', '2 stored'])
  })

  test('taken from its holder fences it out of every step', async () => {
    const spec = await accepted()
    const first = await lease(spec, 7201)
    await other.leases.recover(7201)
    const second = await lease(spec, 7202, other)
    expect(await first.tell('progress', {})).toBe(false)
    expect(await first.store(resultOf(node, 'by the first'))).toBe(false)
    expect(await first.fail({ code: 'backend_failed', message: '', retryAfterS: undefined })).toBe(false)
    expect(await first.requeue({ kind: 'drain' })).toBe(false)
    expect(await second.store(resultOf(node, 'by the second'))).toBe(true)
    const row = await rowOf(node, spec)
    expect(row.object_hash).toBe(resultOf(node, 'by the second').objectHash)
    expect(await checkEvents(spec)).toEqual(['1 queued', '2 queued', '3 stored'])
    expect(await jobStatesOf(node, row)).toEqual(['created'])
  })

  test('is not given for a job that another has replaced, nor for a settled record', async () => {
    const spec = await accepted()
    const old = jobOf(await rowOf(node, spec))
    await (await lease(spec)).requeue({ kind: 'drain' })
    expect(await node.leases.take(old, 1)).toBeUndefined()
    await finish(node, spec)
    expect(await node.leases.take(jobOf(await rowOf(node, spec)), 1)).toBeUndefined()
  })

  test('a retry is queued under a new job that is due later, and counts', async () => {
    const spec = await accepted()
    const leased = await lease(spec)
    await leased.requeue({ kind: 'retry', code: 'backend_busy', message: 'Busy.', delayS: 60 })
    const row = await rowOf(node, spec)
    expect(row).toMatchObject({ status: 'queued', retries: 1, lease: null, worker_id: null })
    const { rows } = await node.database.pool.query<{ later: boolean }>(
      `select start_after > now() + interval '50 seconds' as later from pgboss.job where id = $1`,
      [row.job_id],
    )
    expect(rows).toEqual([{ later: true }])
  })

  test('a store that fails leaves nothing: no event, no image, and the record can still settle', async () => {
    const spec = await accepted()
    const leased = await lease(spec)
    const refused = new DarkroomError('storage_unavailable', 'The disk is full.')
    const putObject = (): Promise<void> => Promise.reject(refused)
    await expect(leased.store({ ...resultOf(node, 'x'), putObject })).rejects.toBe(refused)
    expect(await checkEvents(spec)).toEqual(['1 queued'])
    expect(await leased.fail({ code: 'storage_unavailable', message: '', retryAfterS: 1 })).toBe(true)
    expect(await checkEvents(spec)).toEqual(['1 queued', '2 failed'])
  })

  test('a store whose connection dies is done when the database is back, once', async () => {
    const spec = await accepted()
    const leased = await lease(spec)
    let rounds = 0
    const result = resultOf(node, 'stored at the second try')
    const putObject = async (): Promise<void> => {
      rounds += 1
      if (rounds === 1) await cluster.endSessions('darkroom')
      await result.putObject()
    }
    expect(await leased.store({ ...result, putObject })).toBe(true)
    expect(rounds).toBe(2)
    expect(await checkEvents(spec)).toEqual(['1 queued', '2 stored'])
  })
})

describe('recovery', () => {
  test('hands back what a dead worker ran, once, however many sweep; its lease is worth nothing then', async () => {
    const specs = [await accepted(), await accepted()]
    const leases = await Promise.all(specs.map((spec) => lease(spec, 7001)))
    expect(await node.leases.holders()).toContain(7001)
    const counts = await Promise.all(
      Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? node : other).leases.recover(7001)),
    )
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2)
    expect(await node.leases.holders()).not.toContain(7001)
    for (const [index, spec] of specs.entries()) {
      const row = await rowOf(node, spec)
      expect(row).toMatchObject({ status: 'queued', reruns: 1 })
      // The old job is gone, so that nobody is handed it for nothing.
      expect(await jobStatesOf(node, row)).toEqual(['created'])
      expect(await leases[index]?.store(resultOf(node, 'late'))).toBe(false)
      await finish(other, spec)
      expect(await checkEvents(spec)).toEqual(['1 queued', '2 queued', '3 stored'])
    }
  })

  test('a record that takes four workers down has failed, and its waiters are told', async () => {
    const spec = await accepted()
    const { id } = await rowOf(node, spec)
    const told = other.settlements.wait(id)
    for (const workerId of [7101, 7102, 7103, 7104]) {
      await lease(spec, workerId)
      expect(await node.leases.recover(workerId)).toBe(1)
    }
    expect(await told).toMatchObject({ status: 'failed', error_code: 'worker_lost', reruns: 4 })
    expect(await jobStatesOf(node, await rowOf(node, spec))).toEqual([])
  })

  test.each(['deleted', 'completed', 'failed', 'cancelled'])(
    'a queued record whose job is %s gets a new one',
    async (end) => {
      const spec = await accepted()
      const { jobId } = jobOf(await rowOf(node, spec))
      await (end === 'deleted'
        ? node.database.pool.query('delete from pgboss.job where id = $1', [jobId])
        : node.database.pool.query(`update pgboss.job set state = $2::pgboss.job_state where id = $1`, [
            jobId,
            end,
          ]))
      const counts = await Promise.all([node.leases.recoverOrphans(), other.leases.recoverOrphans()])
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1)
      const row = await rowOf(node, spec)
      expect(row).toMatchObject({ status: 'queued', reruns: 1 })
      expect(await jobStatesOf(node, row)).toEqual(['created'])
      await finish(node, spec)
    },
  )

  test('what a worker holds and has lost is handed back by itself; what it runs is not', async () => {
    const [lost, runs, ends] = [await accepted(), await accepted(), await accepted()]
    const abandoned = await lease(lost, 7301)
    await lease(runs, 7301)
    const ending = await lease(ends, 7301)
    const running = (await rowOf(node, runs)).id
    const ended = (await rowOf(node, ends)).id
    // The worker is asked after the first look and before the second; one run ends just then.
    expect(await node.leases.recoverOwn(7301, (id) => id === running || id === ended)).toBe(1)
    expect(await node.leases.recoverOwn(7301, (id) => id === running || id === ended)).toBe(0)
    expect(await ending.store(resultOf(node, 'in time'))).toBe(true)
    expect(await rowOf(node, lost)).toMatchObject({ status: 'queued', reruns: 1 })
    expect(await rowOf(node, runs)).toMatchObject({ status: 'running', reruns: 0 })
    expect(await rowOf(node, ends)).toMatchObject({ status: 'stored', reruns: 0 })
    expect(await abandoned.store(resultOf(node, 'late'))).toBe(false)
  })

  test('records with a job that waits, runs or will be tried again are left alone', async () => {
    const specs = [await accepted(), await accepted(), await accepted(), await accepted()]
    for (const [index, state] of ['created', 'retry', 'active'].entries()) {
      const { jobId } = jobOf(await rowOf(node, specs[index] ?? newSpec()))
      await node.database.pool.query('update pgboss.job set state = $2::pgboss.job_state where id = $1', [
        jobId,
        state,
      ])
    }
    await finish(node, specs[3] ?? newSpec())
    const before = await Promise.all(specs.map((spec) => rowOf(node, spec)))
    expect(await node.leases.recoverOrphans()).toBe(0)
    expect(await Promise.all(specs.map((spec) => rowOf(node, spec)))).toEqual(before)
  })
})

describe('cancelling', () => {
  test('a queued record that nobody else wants: cancelled, its job gone, its waiters told', async () => {
    const spec = newSpec()
    const { record, generations } = await accept(node, newAsk([spec]))
    const told = other.settlements.wait(generations[0]?.id ?? '')
    await node.generations.cancel('default', record.id)
    expect((await told).status).toBe('cancelled')
    expect((await node.generations.read('default', record.id)).record.status).toBe('cancelled')
    expect(await jobStatesOf(node, await rowOf(node, spec))).toEqual([])
    expect(await checkEvents(spec)).toEqual(['1 queued', '2 cancelled'])
    await expect(node.generations.cancel('default', record.id)).rejects.toMatchObject({
      code: 'already_settled',
    })
  })

  test('a running record: its worker may store no more', async () => {
    const spec = newSpec()
    const { record } = await accept(node, newAsk([spec]))
    const leased = await lease(spec)
    await other.generations.cancel('default', record.id)
    expect(await leased.tell('progress', {})).toBe(false)
    expect(await leased.store(resultOf(node, 'too late'))).toBe(false)
    expect((await rowOf(node, spec)).status).toBe('cancelled')
  })

  test('a record that another request wants runs on; the last to leave ends it', async () => {
    const spec = newSpec()
    const first = await accept(node, newAsk([spec]))
    const second = await accept(other, newAsk([spec]))
    await node.generations.cancel('default', first.record.id)
    expect((await rowOf(node, spec)).status).toBe('queued')
    expect((await node.generations.read('default', first.record.id)).record.status).toBe('cancelled')
    expect((await node.generations.read('default', second.record.id)).record.status).toBe('queued')
    await other.generations.cancel('default', second.record.id)
    expect((await rowOf(node, spec)).status).toBe('cancelled')
  })

  test('a new request starts a cancelled record again', async () => {
    const spec = newSpec()
    const { record } = await accept(node, newAsk([spec]))
    await node.generations.cancel('default', record.id)
    await accept(node, newAsk([spec]))
    expect(await rowOf(node, spec)).toMatchObject({ status: 'queued', attempt: 2 })
    await finish(node, spec)
    expect(await checkEvents(spec)).toEqual(['1 queued', '2 cancelled', '3 queued', '4 stored'])
  })

  test('and joining at once: whoever joined is never told of a cancellation it did not ask for', async () => {
    for (let round = 0; round < 25; round += 1) {
      const spec = newSpec()
      const first = await accept(node, newAsk([spec]))
      const [, joined] = await Promise.all([
        node.generations.cancel('default', first.record.id),
        accept(other, newAsk([spec])),
      ])
      const row = await rowOf(node, spec)
      expect(row.status).toBe('queued')
      expect(joined.generations[0]?.id).toBe(row.id)
      expect(await jobStatesOf(node, row)).toEqual(['created'])
      await checkEvents(spec)
    }
  })

  test('a join that waits for the cancellation starts the record again', async () => {
    const spec = newSpec()
    const { record, generations } = await accept(node, newAsk([spec]))
    const [row] = generations
    // A lock of the test's own holds both up, the cancellation first.
    const client = await node.database.pool.connect()
    await client.query('begin')
    await client.query('select from generations where id = $1 for update', [row?.id])
    const cancelled = node.generations.cancel('default', record.id)
    await untilBlocked(node, 1)
    const joined = accept(other, newAsk([spec]))
    await untilBlocked(node, 2)
    await client.query('commit')
    client.release()
    await cancelled
    expect((await joined).record.status).toBe('queued')
    const after = await rowOf(node, spec)
    expect(after.status).toBe('queued')
    expect(await jobStatesOf(node, after)).toEqual(['created'])
  })

  test('many requests with many pictures at once, cancelled and asked for again, never deadlock', async () => {
    const specs = Array.from({ length: 5 }, () => newSpec())
    // Recorded from the last key to the first, so that the order of their numbers is not the order of their keys.
    const backwards = specs.toSorted((a, b) => (generationKey(a) < generationKey(b) ? 1 : -1))
    for (const spec of backwards) {
      const { record } = await accept(node, newAsk([spec]))
      await node.generations.cancel('default', record.id)
    }
    await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const on = index % 2 === 0 ? node : other
        const { record } = await accept(on, newAsk(index % 3 === 0 ? specs : specs.toReversed()))
        await on.generations.cancel('default', record.id)
      }),
    )
    for (const spec of specs) {
      expect((await rowOf(node, spec)).status).toBe('cancelled')
      await checkEvents(spec)
    }
  })
})

describe('taking a picture down', () => {
  test('keeps bytes that another picture shares, and deletes them with the last', async () => {
    const [one, two] = [newSpec(), newSpec()]
    await accept(node, newAsk([one, two]))
    await finish(node, one, 'shared bytes')
    await finish(node, two, 'shared bytes')
    const [a, b] = [await rowOf(node, one), await rowOf(node, two)]
    const hash = a.object_hash ?? ''
    expect(b.object_hash).toBe(hash)
    await node.images.takeDown('default', a.image_id ?? '')
    await expect(other.images.read(a.image_id ?? '')).rejects.toMatchObject({ code: 'not_found' })
    expect(await other.objects.has(hash)).toBe(true)
    expect((await other.images.read(b.image_id ?? '')).object_hash).toBe(hash)
    await other.images.takeDown('default', b.image_id ?? '')
    expect(await node.objects.has(hash)).toBe(false)
    await expect(node.images.takeDown('default', b.image_id ?? '')).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('a new request for it starts the next revision; the old record shows no address', async () => {
    const spec = newSpec()
    const { record } = await accept(node, newAsk([spec]))
    await finish(node, spec)
    await node.images.takeDown('default', record.images[0]?.id ?? '')
    expect((await node.generations.read('default', record.id)).record.images[0]?.url).toBeNull()
    const again = await accept(node, newAsk([spec]))
    expect(again.record.status).toBe('queued')
    expect(again.record.images[0]?.id).not.toBe(record.images[0]?.id)
  })

  test('of another project is refused', async () => {
    const spec = newSpec()
    const { record } = await accept(node, newAsk([spec]))
    await finish(node, spec)
    const id = record.images[0]?.id ?? ''
    await expect(node.images.takeDown('other', id)).rejects.toMatchObject({ code: 'not_found' })
    expect((await node.images.read(id)).id).toBe(id)
  })

  test('waits for a store of the same bytes that is under way, and then leaves them', async () => {
    const [one, two] = [newSpec(), newSpec()]
    await accept(node, newAsk([one, two]))
    await finish(node, one, 'bytes in a race')
    const leased = await lease(two)
    const result = resultOf(node, 'bytes in a race')
    let takenDown: Promise<void> | undefined
    const putObject = async (): Promise<void> => {
      takenDown = other.images.takeDown('default', (await rowOf(node, one)).image_id ?? '')
      await untilBlocked(other, 1)
      await result.putObject()
    }
    expect(await leased.store({ ...result, putObject })).toBe(true)
    await takenDown
    expect(await node.objects.has(result.objectHash)).toBe(true)
  })

  test('that broke off before the bytes were deleted is completed by the next', async () => {
    const spec = newSpec()
    await accept(node, newAsk([spec]))
    await finish(node, spec)
    const row = await rowOf(node, spec)
    await node.database.pool.query('update images set deleted_at = now() where id = $1', [row.image_id])
    await expect(node.images.takeDown('default', row.image_id ?? '')).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await node.objects.has(row.object_hash ?? '')).toBe(false)
  })
})

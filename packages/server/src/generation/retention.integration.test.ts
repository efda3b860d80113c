import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PictureSpec } from '../request/picture-spec.ts'
import type { GonePicture } from './expire-rows.ts'
import { createImageUse } from './image-use.ts'
import type { Retention } from './retention.ts'
import { createRetention } from './retention.ts'
import type { RetentionRule } from './retention-rules.ts'
import type { TestCluster, TestNode } from './testing/test-cluster.ts'
import {
  accept,
  inTransaction,
  untilBlocked,
  finish,
  jobOf,
  resultOf,
  newAsk,
  newSpec,
  revisionsOf,
  rowOf,
  startTestCluster,
} from './testing/test-cluster.ts'

let cluster: TestCluster
let node: TestNode
let other: TestNode
let purged: GonePicture[] = []
let dead: ReadonlySet<number> = new Set()

beforeAll(async () => {
  cluster = await startTestCluster()
  node = await cluster.openNode()
  other = await cluster.openNode()
})
afterAll(() => cluster.close())
beforeEach(async () => {
  purged = []
  dead = new Set()
  cluster.clock.now = Date.now()
  await sql`
    truncate requests, request_images, generations, generation_events, images, carousels, idempotency_keys, scopes,
      workers, rate_limits cascade
  `.execute(node.database.kysely)
})

const never: RetentionRule = { maxAgeDays: undefined, unusedDays: undefined }

function retention(defaults: RetentionRule, of: TestNode = node): Retention {
  return createRetention({
    database: of.database.kysely,
    objects: of.objects,
    variants: of.variants,
    defaults,
    purge: async (pictures) => void purged.push(...pictures),
    isDead: async (id) => dead.has(id),
    log: cluster.log,
    now: () => cluster.clock.now,
  })
}

/** A stored picture that scopes of `default` asked for so many days ago. */
async function stored(days: number, scopes: readonly string[] = ['demo'], spec: PictureSpec = newSpec()) {
  for (const scope of scopes) await accept(node, newAsk([spec], { scope }))
  await finish(node, spec)
  await age(spec, days)
  return spec
}

/** As if all of it had happened so many days ago. */
async function age(spec: PictureSpec, days: number): Promise<void> {
  const { id } = await rowOf(node, spec)
  const then = sql`now() - ${days} * interval '1 day'`
  for (const statement of [
    sql`update generations set settled_at = ${then}, created_at = ${then} where id = ${id}`,
    sql`update images set created_at = ${then} where generation_id = ${id}`,
    sql`update requests set created_at = ${then}
      where id in (select request_id from request_images where generation_id = ${id})`,
  ])
    await statement.execute(node.database.kysely)
}

async function isThere(spec: PictureSpec): Promise<boolean> {
  const [row] = await revisionsOf(node, spec)
  return (
    row?.object_hash !== undefined && row.object_hash !== null && (await node.objects.has(row.object_hash))
  )
}

async function setScope(name: string, days: { age?: number; unused?: number }): Promise<void> {
  await node.database.kysely
    .insertInto('scopes')
    .values({
      project: 'default',
      name,
      retain_days: days.age ?? null,
      retain_unused_days: days.unused ?? null,
    })
    .execute()
}

async function count(table: string): Promise<number> {
  const { rows } = await sql<{
    count: number
  }>`select count(*)::int as count from ${sql.table(table)}`.execute(node.database.kysely)
  return rows[0]?.count ?? -1
}

describe('by age', () => {
  test('a picture goes with its object, its request and its events; younger ones stay', async () => {
    const [old, young] = [await stored(31), await stored(29)]
    expect(await retention({ ...never, maxAgeDays: 30 }).sweep()).toMatchObject({ pictures: 1, records: 0 })
    expect([await isThere(old), await isThere(young)]).toEqual([false, true])
    expect(await Promise.all(['requests', 'request_images', 'images'].map(count))).toEqual([1, 1, 1])
    const row = await rowOf(node, old)
    expect(row).toMatchObject({ prompt: '', project: null, revision: 1 })
    expect(row.taken_down_at).not.toBe(null)
    expect(await node.generations.events(row.id, 0)).toEqual([])
    expect(purged).toEqual([
      { id: row.image_id, objectHash: row.object_hash, project: 'default', askedBy: ['default'] },
    ])
  })

  test('the next ask makes the next revision, under another address', async () => {
    const spec = await stored(31)
    const before = await rowOf(node, spec)
    await retention({ ...never, maxAgeDays: 30 }).sweep()
    await accept(node, newAsk([spec]))
    await finish(node, spec)
    const after = await rowOf(node, spec)
    expect(after).toMatchObject({ revision: 2, status: 'stored', prompt: spec.prompt })
    expect(after.image_id).not.toBe(before.image_id)
  })

  test('bytes that another picture has too stay', async () => {
    const [old, young] = [newSpec(), newSpec()]
    for (const spec of [old, young]) {
      await accept(node, newAsk([spec]))
      await finish(node, spec, 'the same picture')
    }
    await age(old, 31)
    expect(await retention({ ...never, maxAgeDays: 30 }).sweep()).toMatchObject({ pictures: 1 })
    expect(await isThere(young)).toBe(true)
    await age(young, 31)
    await retention({ ...never, maxAgeDays: 30 }).sweep()
    expect(await isThere(young)).toBe(false)
  })

  test('nothing goes where no rule says so', async () => {
    const spec = await stored(4000)
    expect(await retention(never).sweep()).toEqual({ pictures: 0, carousels: 0, records: 0, rows: 0 })
    expect(await isThere(spec)).toBe(true)
  })
})

describe('by scope', () => {
  test('a scope says for itself, and the one that keeps it longest counts', async () => {
    await setScope('short', { age: 7 })
    await setScope('archive', { age: 0 })
    const specs = {
      short: await stored(8, ['short']),
      shared: await stored(8, ['short', 'demo']),
      archive: await stored(4000, ['archive', 'short']),
      demo: await stored(31),
    }
    await retention({ ...never, maxAgeDays: 30 }).sweep()
    const there = await Promise.all(Object.values(specs).map(isThere))
    expect(there).toEqual([false, true, true, false])
  })

  test('what was foreseen and never asked for is its scope’s', async () => {
    await setScope('short', { age: 7 })
    const spec = newSpec()
    await node.generations.foresee({ project: 'default', scope: 'short', spec })
    await finish(node, spec)
    await age(spec, 8)
    await retention(never).sweep()
    expect(await isThere(spec)).toBe(false)
  })
})

describe('by last use', () => {
  const rule = { ...never, unusedDays: 10 }

  test('what is looked at stays, and use is written once a grain', async () => {
    const [used, unused] = [await stored(12), await stored(12)]
    const use = createImageUse({
      database: node.database.kysely,
      defaults: rule,
      now: () => cluster.clock.now,
      failed: (error) => expect(error).toBe(undefined),
    })
    const { image_id: id } = await rowOf(node, used)
    const writes = async (): Promise<string | undefined> => {
      use.note(id ?? '')
      await use.flush()
      const { rows } = await sql<{ at: string }>`
        select last_used_at::text as at from images where id = ${id}
      `.execute(node.database.kysely)
      return rows[0]?.at
    }
    const first = await writes()
    cluster.clock.now += 3_600_000
    expect(await writes()).toBe(first)
    cluster.clock.now += 24 * 3_600_000
    expect(await writes()).not.toBe(first)
    await use.close()
    await retention(rule).sweep()
    expect([await isThere(used), await isThere(unused)]).toEqual([true, false])
  })

  test('an ask for what is there is a use, and a use is let count as much longer as it is written coarsely', async () => {
    const [asked, nearly] = [await stored(12), await stored(11)]
    await accept(node, newAsk([asked], { scope: 'another' }))
    await retention(rule).sweep()
    expect([await isThere(asked), await isThere(nearly)]).toEqual([true, true])
  })

  test('nothing is written while no rule asks for it', async () => {
    const spec = await stored(1)
    const use = createImageUse({
      database: node.database.kysely,
      defaults: never,
      now: () => cluster.clock.now,
      failed: (error) => expect(error).toBe(undefined),
    })
    use.note((await rowOf(node, spec)).image_id ?? '')
    await use.close()
    const { rows } = await sql`select from images where last_used_at is not null`.execute(
      node.database.kysely,
    )
    expect(rows).toHaveLength(0)
  })
})

describe('what stays for now', () => {
  test.each(['image', 'mask', 'references'])('the %s of an edit that waits or runs', async (part) => {
    const source = await stored(31)
    const { object_hash: hash } = await rowOf(node, source)
    const object = { hash: hash ?? '', format: 'png' as const }
    const edit = newSpec({
      inputs: { references: [], [part]: part === 'references' ? [object] : object },
    })
    await accept(node, newAsk([edit]))
    const sweep = retention({ ...never, maxAgeDays: 30 })
    await sweep.sweep()
    expect(await isThere(source)).toBe(true)
    const leased = await node.leases.take(jobOf(await rowOf(node, edit)), 1)
    await sweep.sweep()
    expect(await isThere(source)).toBe(true)
    await leased?.store(resultOf(node, 'edited'))
    await sweep.sweep()
    expect(await isThere(source)).toBe(false)
  })

  test('an answer that its Idempotency-Key may still ask for', async () => {
    const spec = newSpec()
    const idempotency = { owner: 'me', key: 'k', fingerprint: 'f' }
    await accept(node, newAsk([spec], { idempotency }))
    await finish(node, spec)
    await age(spec, 31)
    const sweep = retention({ ...never, maxAgeDays: 0.5 })
    await sweep.sweep()
    expect(await isThere(spec)).toBe(true)
    await sql`update idempotency_keys set created_at = now() - interval '26 hours'`.execute(
      node.database.kysely,
    )
    await sweep.sweep()
    expect(await isThere(spec)).toBe(false)
    expect(await count('idempotency_keys')).toBe(0)
  })

  test('a picture that is asked for while it is being deleted', async () => {
    const spec = await stored(12)
    const rule = { ...never, unusedDays: 10 }
    const { id } = await rowOf(node, spec)
    const values = {
      project: 'default',
      scope: 's',
      source: 'native' as const,
      prompt: '',
      model: 'd',
      tags: [],
      n: 1,
    }
    const { swept } = await inTransaction(
      node,
      async (transaction) => {
        await transaction
          .insertInto('requests')
          .values({ id: 'req_x', priority: 'demand', ...values })
          .execute()
        await transaction
          .insertInto('request_images')
          .values({ request_id: 'req_x', index: 0, generation_id: id })
          .execute()
      },
      async () => {
        const sweep = retention(rule, other).sweep()
        await untilBlocked(node, 1)
        // Not awaited here: it waits for this transaction.
        return { swept: sweep }
      },
    )
    expect(await swept).toMatchObject({ pictures: 0 })
    expect(await isThere(spec)).toBe(true)
  })
})

describe('work without a picture', () => {
  test('failed and cancelled records go by the age rule, with their requests', async () => {
    const [failed, cancelled, fresh] = [newSpec(), newSpec(), newSpec()]
    for (const spec of [failed, fresh]) {
      await accept(node, newAsk([spec]))
      const leased = await node.leases.take(jobOf(await rowOf(node, spec)), 1)
      await leased?.fail({ code: 'backend_failed', message: 'no', retryAfterS: undefined })
    }
    const { record } = await accept(node, newAsk([cancelled]))
    await node.generations.cancel('default', record.id)
    for (const spec of [failed, cancelled]) await age(spec, 31)
    expect(await retention({ ...never, maxAgeDays: 30 }).sweep()).toMatchObject({ records: 2 })
    expect(await Promise.all(['generations', 'requests'].map(count))).toEqual([1, 1])
    await accept(node, newAsk([failed]))
    expect(await rowOf(node, failed)).toMatchObject({ revision: 1, attempt: 1, status: 'queued' })
  })

  test('a request with another picture keeps it', async () => {
    const [gone, kept] = [newSpec(), newSpec()]
    await accept(node, newAsk([gone, kept]))
    for (const spec of [gone, kept]) await finish(node, spec)
    await age(gone, 31)
    await age(kept, 1)
    await retention({ ...never, maxAgeDays: 30 }).sweep()
    expect(await count('requests')).toBe(1)
    const { items } = await node.generations.list({
      project: 'default',
      scopes: undefined,
      limit: 9,
      cursor: undefined,
      search: undefined,
    })
    expect(items[0]?.images.map(({ url }) => url === null)).toEqual([true, false])
    await age(kept, 31)
    await retention({ ...never, maxAgeDays: 30 }).sweep()
    expect(await count('requests')).toBe(0)
    expect((await rowOf(node, gone)).prompt).toBe('')
  })
})

describe('a sweep', () => {
  test('is one process’s at a time', async () => {
    await stored(31)
    const counts = await Promise.all(
      [node, other].map((each) => retention({ ...never, maxAgeDays: 30 }, each).sweep()),
    )
    expect(counts.reduce((sum, each) => sum + (each?.pictures ?? 0), 0)).toBe(1)
  })

  test('ends takedowns whose process died before the bytes were gone', async () => {
    const spec = await stored(1)
    await sql`update images set deleted_at = now() - interval '1 hour'`.execute(node.database.kysely)
    expect(await isThere(spec)).toBe(true)
    await retention(never).sweep()
    expect(await isThere(spec)).toBe(false)
    expect(await count('images')).toBe(0)
    expect(purged).toHaveLength(1)
  })

  test('prunes what would only grow: events but the last, rates, processes that are gone', async () => {
    const spec = await stored(8)
    await sql`update generation_events set created_at = now() - interval '8 days'`.execute(
      node.database.kysely,
    )
    await sql`insert into rate_limits (key, points, expire) values ('a', 1, 1), ('b', 1, ${Date.now()})`.execute(
      node.database.kysely,
    )
    await sql`
      insert into workers (name, started_at) values
        ('dead', now() - interval '2 days'), ('alive', now() - interval '2 days'), ('new', now())
    `.execute(node.database.kysely)
    const { rows } = await sql<{ id: number }>`select id from workers order by id`.execute(
      node.database.kysely,
    )
    dead = new Set([rows[0]?.id ?? 0, rows[2]?.id ?? 0])
    expect((await retention(never).sweep())?.rows).toBe(3)
    const row = await rowOf(node, spec)
    expect((await node.generations.events(row.id, 0)).map(({ type }) => type)).toEqual(['stored'])
    expect(await Promise.all(['rate_limits', 'workers'].map(count))).toEqual([1, 2])
  })
})

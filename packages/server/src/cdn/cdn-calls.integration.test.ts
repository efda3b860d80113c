import fc from 'fast-check'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database } from '../database/database.ts'
import { openDatabase } from '../database/database.ts'
import type { EmbeddedPostgres } from '../database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts'
import { migrate } from '../database/migrate.ts'
import { migrations } from '../database/migrations.ts'
import type { DatabaseFolder } from '../database/testing/owner-process.ts'
import { createDatabaseFolder } from '../database/testing/owner-process.ts'
import type { CdnCall, CdnCalls } from './cdn-calls.ts'
import { createCdnCalls } from './cdn-calls.ts'
import { orderCdnPurge } from './cdn-orders.ts'
import { reviveFailed } from './dead-letters.ts'

const cdn = 'fastly'
const maxTags = 3
const clock = { now: Date.now() }

let folder: DatabaseFolder
let postgres: EmbeddedPostgres
let database: Database

beforeAll(async () => {
  folder = await createDatabaseFolder()
  postgres = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres') })
  database = await openDatabase({ connection: postgres.connection, log: pino({ level: 'silent' }) })
  await migrate(database.kysely, migrations)
})
afterAll(async () => {
  await database.close()
  await postgres.stop()
  await folder.remove()
})
beforeEach(empty)

async function empty(): Promise<void> {
  await database.kysely.deleteFrom('cdn_purges').execute()
  await database.kysely.deleteFrom('cdn_states').execute()
}

function callsOf(workerId: number, repeatMs = 0): CdnCalls {
  return createCdnCalls({
    database: database.kysely,
    workerId,
    repeatMs,
    now: () => clock.now,
    random: () => 0.5,
  })
}

async function order(tags: readonly string[], soft = false): Promise<void> {
  await orderCdnPurge(database.kysely, [cdn], { tags, everything: false, soft }, new Date(clock.now))
}

/** One thing that happens. */
type Event =
  | { what: 'order'; tags: string[]; soft: boolean }
  | { what: 'take'; worker: 1 | 2 }
  | { what: 'end'; outcome: 'done' | 'retry' | 'refused' | 'unauthorized' }
  | { what: 'die' }
  | { what: 'wait' }
  | { what: 'start' }

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('order' as const),
      tags: fc.subarray(['a', 'b', 'c', 'd', 'e'], { minLength: 1 }),
      soft: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('take' as const),
      worker: fc.constantFrom(1 as const, 2 as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('end' as const),
      outcome: fc.constantFrom(
        'done' as const,
        'retry' as const,
        'refused' as const,
        'unauthorized' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ what: 'die' as const }) },
  { weight: 2, arbitrary: fc.constant({ what: 'wait' as const }) },
  { weight: 1, arbitrary: fc.constant({ what: 'start' as const }) },
)

test('whatever is ordered, dies, fails and is refused: each order is followed by a call that was taken, begun after it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { maxLength: 25 }), async (events) => {
      await empty()
      const workers = { 1: callsOf(1), 2: callsOf(2) }
      let time = 0
      let open: { call: CdnCall; worker: 1 | 2; begunAt: number } | undefined
      const ordered: { name: string; soft: boolean; at: number }[] = []
      const done: { names: readonly string[]; soft: boolean; begunAt: number }[] = []
      const references = new Map<string, string>()

      const take = async (worker: 1 | 2): Promise<void> => {
        const call = await workers[worker].take(cdn, maxTags)
        if (call === undefined) return
        // One call at a time, by whomever.
        expect(open).toBe(undefined)
        expect(call.names.length).toBeLessThanOrEqual(maxTags)
        open = { call, worker, begunAt: time }
      }
      const end = async (outcome: 'done' | 'retry' | 'refused' | 'unauthorized'): Promise<void> => {
        if (open === undefined) return
        const { call, begunAt } = open
        open = undefined
        const said = { reason: 'as the test has it', status: 400 }
        expect(await call.record(outcome === 'done' ? { outcome } : { outcome, ...said })).toBe(true)
        if (outcome === 'done') {
          done.push({ names: call.names, soft: call.soft, begunAt })
          // What was taken is no repeat of anything that was taken before.
          const what = JSON.stringify([call.names, call.soft, begunAt])
          expect(references.get(call.reference)).toBe(undefined)
          references.set(call.reference, what)
        }
      }
      const die = async (): Promise<void> => {
        if (open === undefined) return
        const { call, worker } = open
        open = undefined
        await workers[worker === 1 ? 2 : 1].recover(worker)
        // It was not dead at all: what it says now changes nothing.
        expect(await call.record({ outcome: 'done' })).toBe(false)
      }

      for (const event of events) {
        time += 1
        clock.now += 1
        if (event.what === 'order') {
          await order(event.tags, event.soft)
          ordered.push(...event.tags.map((name) => ({ name, soft: event.soft, at: time })))
        } else if (event.what === 'take') await take(event.worker)
        else if (event.what === 'end') await end(event.outcome)
        else if (event.what === 'die') await die()
        else if (event.what === 'start') await workers[1].reviveUnauthorized([cdn])
        else clock.now += 600_000
      }
      // In the end all goes well.
      await end('done')
      await reviveFailed(database.kysely, { cdns: [cdn] }, clock.now)
      clock.now += 600_000
      do {
        time += 1
        await end('done')
        await take(1)
      } while (open !== undefined)
      for (const { name, soft, at } of ordered)
        expect(
          done.some(
            // A dead letter ends with a later hard purge too: that does what a soft one would.
            (call) => call.begunAt >= at && call.names.includes(name) && (call.soft === soft || !call.soft),
          ),
        ).toBe(true)
      expect(await database.kysely.selectFrom('cdn_purges').selectAll().execute()).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('orders and calls at the same time, by many: nothing is lost, nothing waits for anything', async () => {
  const workers = [callsOf(1), callsOf(2)]
  const taken: string[][] = []
  let ordering = true
  const sending = workers.map(async (worker) => {
    for (;;) {
      const wasOrdering = ordering
      const call = await worker.take(cdn, maxTags)
      if (call === undefined && !wasOrdering) return
      if (call === undefined) continue
      taken.push([...call.names])
      expect(await call.record({ outcome: 'done' })).toBe(true)
    }
  })
  await Promise.all(
    Array.from({ length: 8 }, async (_, at) => {
      for (let round = 0; round < 15; round += 1)
        await order([`t${(at + round) % 7}`, `t${(at * round) % 5}`, 'all'].toReversed())
    }),
  )
  ordering = false
  await Promise.all(sending)
  expect(new Set(taken.flat())).toEqual(new Set(['t0', 't1', 't2', 't3', 't4', 't5', 't6', 'all']))
  expect(await database.kysely.selectFrom('cdn_purges').selectAll().execute()).toEqual([])
})

test('a repeat comes once, later, and is not told when the name is ordered again', async () => {
  const calls = callsOf(1, 10_000)
  await order(['a'])
  const first = await calls.take(cdn, maxTags)
  await first?.record({ outcome: 'done' })
  expect(await calls.take(cdn, maxTags)).toBe(undefined)
  clock.now += 5000
  await order(['a'])
  const again = await calls.take(cdn, maxTags)
  expect(again?.reference).not.toBe(first?.reference)
  await again?.record({ outcome: 'done' })
  clock.now += 9000
  expect(await calls.take(cdn, maxTags)).toBe(undefined)
  clock.now += 1000
  const repeat = await calls.take(cdn, maxTags)
  expect([repeat?.names, repeat?.reference === again?.reference]).toEqual([['a'], false])
  await repeat?.record({ outcome: 'done' })
  clock.now += 60_000
  expect(await calls.take(cdn, maxTags)).toBe(undefined)
})

test('the same call repeated has the same reference, and one with a later order in it another', async () => {
  const calls = callsOf(1)
  await order(['a', 'b'])
  const first = await calls.take(cdn, maxTags)
  await first?.record({ outcome: 'retry', reason: 'nobody knows' })
  clock.now += 600_000
  const repeated = await calls.take(cdn, maxTags)
  expect(repeated?.reference).toBe(first?.reference)
  await repeated?.record({ outcome: 'retry', reason: 'nobody knows' })
  await order(['b'])
  clock.now += 600_000
  const later = await calls.take(cdn, maxTags)
  expect(later?.names).toEqual(['a', 'b'])
  expect(later?.reference).not.toBe(first?.reference)
})

test('what could not be told for seven days is a dead letter, and so is what no process is configured for', async () => {
  const calls = callsOf(1)
  await order(['old'])
  clock.now += 8 * 86_400_000
  await order(['young'])
  const call = await calls.take(cdn, maxTags)
  expect(call?.names).toEqual(['old', 'young'])
  await call?.record({ outcome: 'retry', reason: 'still away' })
  const rows = async (): Promise<unknown[]> =>
    await database.kysely
      .selectFrom('cdn_purges')
      .select(['name', 'status', 'failure'])
      .orderBy('name')
      .execute()
  expect(await rows()).toEqual([
    { name: 'old', status: 'failed', failure: 'given-up' },
    { name: 'young', status: 'pending', failure: null },
  ])
  clock.now += 8 * 86_400_000
  await calls.cleanUp([], ['another'])
  expect(await rows()).toEqual([
    { name: 'old', status: 'failed', failure: 'given-up' },
    { name: 'young', status: 'failed', failure: 'given-up' },
  ])
  clock.now += 31 * 86_400_000
  await calls.cleanUp([], ['another'])
  expect(await rows()).toEqual([])
})

test('rows of a call that nobody holds, as an imported database has them, wait again', async () => {
  await order(['a'])
  await callsOf(1).take(cdn, maxTags)
  await database.kysely.deleteFrom('cdn_states').execute()
  expect(await callsOf(2).take(cdn, maxTags)).toBe(undefined)
  expect(await callsOf(2).cleanUp([], [cdn])).toBe(1)
  expect((await callsOf(2).take(cdn, maxTags))?.names).toEqual(['a'])
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from './database.ts'
import { openDatabase } from './database.ts'
import type { EmbeddedPostgres } from './embedded-postgres.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import type { Liveness } from './liveness.ts'
import { createLiveness } from './liveness.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { identityOf } from './process-identity.ts'
import type { SessionLock } from './session-lock.ts'
import { createSessionLock } from './session-lock.ts'
import type { DatabaseFolder } from './testing/owner-process.ts'
import { createDatabaseFolder, killServer } from './testing/owner-process.ts'

const log = { info: () => {}, warn: () => {}, error: () => {} }

let folder: DatabaseFolder
let server: EmbeddedPostgres
let database: Database
let lock: SessionLock
const opened: { close(): unknown }[] = []

beforeAll(async () => {
  folder = await createDatabaseFolder()
  server = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres') })
  // One connection, so that none that broke lies in the pool.
  database = await openDatabase({ connection: server.connection, log, maxConnections: 1 })
  await migrate(database.kysely, migrations)
  lock = await createSessionLock({
    connection: server.connection,
    log,
    id: await register('the one who looks'),
  })
})
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})
afterAll(async () => {
  await lock.close()
  await database.close()
  await server.stop()
  await folder.remove()
})

async function register(name: string, where?: ProcessIdentity): Promise<number> {
  const { id } = await database.kysely
    .insertInto('workers')
    .values({
      name,
      machine: where?.machine ?? null,
      pid: where?.pid ?? null,
      process_start: where?.start ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Looks with a clock that the test sets forward. */
function look(): Liveness & { clock: { nowMs: number } } {
  const clock = { nowMs: 1_000_000 }
  const liveness = createLiveness({ database: database.kysely, lock, clock: () => clock.nowMs })
  opened.push(liveness)
  return { ...liveness, clock }
}

/** As if the database had been back for so long. */
async function ageEpoch(ms: number): Promise<void> {
  await sql`
    insert into lock_epochs values (pg_postmaster_start_time(), clock_timestamp() - ${ms} * interval '1 millisecond')
    on conflict (server_started_at) do update set began_at = excluded.began_at
  `.execute(database.kysely)
}

/** Resolves when it is back, for the lock and for the pool. */
async function restartServer(): Promise<void> {
  const restored = new Promise<void>((resolve) => {
    const forget = lock.onRestored(() => {
      forget()
      resolve()
    })
  })
  await killServer(join(folder.path, 'postgres'))
  await restored
  await expect.poll(() => database.pool.query('select').then(() => 'back', String)).toBe('back')
}

async function untilFree(id: number): Promise<void> {
  while (!(await lock.isFree(id))) await database.pool.query('select pg_sleep(0.005)')
}

async function startProcess(): Promise<{ where: ProcessIdentity | undefined; kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return {
    where: await identityOf(child.pid),
    kill: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function lockOf(id: number): Promise<SessionLock> {
  const held = await createSessionLock({ connection: server.connection, log, id })
  opened.push(held)
  return held
}

describe('a worker elsewhere', () => {
  const elsewhere = { machine: 'another boot', pid: process.pid, start: '1' }

  test('lives while its lock is held, and is dead when it was free twice', async () => {
    const id = await register('elsewhere', elsewhere)
    const held = await lockOf(id)
    await ageEpoch(60_000)
    const looking = look()
    looking.clock.nowMs += 60_000
    expect(await looking.dead([id])).toEqual([])
    await held.close()
    await untilFree(id)
    // Its session alone may have broken, and it may be about to take its lock again.
    expect(await looking.dead([id])).toEqual([])
    looking.clock.nowMs += 300
    expect(await looking.dead([id])).toEqual([id])
  })

  test('is not dead when it has taken its lock again between two looks', async () => {
    const id = await register('back again', elsewhere)
    await ageEpoch(60_000)
    const looking = look()
    expect(await looking.dead([id])).toEqual([])
    const held = await lockOf(id)
    looking.clock.nowMs += 300
    expect(await looking.dead([id])).toEqual([])
    await held.close()
    await untilFree(id)
    expect(await looking.dead([id])).toEqual([])
  })

  test('is not dead until the database has been back for a while, whoever looks and however new it is', async () => {
    const id = await register('slow to come back', elsewhere)
    await ageEpoch(60_000)
    const before = look()
    expect(await before.dead([id])).toEqual([])
    await restartServer()
    // One that has looked all along, and one whose process has just started.
    for (const looking of [before, look()]) {
      await looking.dead([id])
      looking.clock.nowMs += 60_000
      expect(await looking.dead([id])).toEqual([])
    }
    await ageEpoch(60_000)
    expect(await before.dead([id])).toEqual([id])
  })
})

describe.runIf(process.platform === 'linux')('a worker of this machine', () => {
  test('whose process is gone is dead at once, the moment that the database is back included', async () => {
    const neighbour = await startProcess()
    const id = await register('neighbour', neighbour.where)
    const looking = look()
    expect(await looking.dead([id])).toEqual([])
    expect(await looking.hasLocalDeath()).toBe(false)
    await neighbour.kill()
    expect([await looking.hasLocalDeath(), await looking.hasLocalDeath()]).toEqual([true, false])
    await restartServer()
    expect(await looking.dead([id])).toEqual([id])
  })

  test('whose process is there has time to come back to the database', async () => {
    const id = await register('without a session', await identityOf())
    await ageEpoch(60_000)
    const looking = look()
    expect(await looking.dead([id])).toEqual([])
    looking.clock.nowMs += 5000
    expect(await looking.dead([id])).toEqual([])
    // Ten seconds in which the database was away are no time that it had.
    await ageEpoch(5000)
    looking.clock.nowMs += 10_000
    expect(await looking.dead([id])).toEqual([])
    await ageEpoch(60_000)
    expect(await looking.dead([id])).toEqual([id])
  })

  test('is another than the one that had its number before', async () => {
    const own = await identityOf()
    if (own === undefined) throw new Error('this system does not tell')
    const id = await register('before', { ...own, start: '1' })
    expect(await look().dead([id])).toEqual([id])
  })
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPlatform, parseConfig } from '@darkroom/server'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { openDatabase } from '../packages/server/src/database/database.ts'
import { createListener } from '../packages/server/src/database/listener.ts'
import { createLeases } from '../packages/server/src/generation/leases.ts'
import { createPgBossQueues } from '../packages/server/src/queue/pg-boss-queue.ts'
import { command } from './support/access-platform.ts'
import { makeDataDir, removeDataDir } from './support/server-process.ts'

/** Roles of least right, on a real PostgreSQL: what they need works, and nothing else. */
let dataDir: string
let postgres: EmbeddedPostgres
let owner: Record<string, string>
const log = pino({ level: 'silent' })
const password = 'password-of-tests'

function urlOf(user: string, withPassword = password): string {
  const { host, port, database } = postgres.connection
  const query = new URLSearchParams({ host, port: String(port) })
  return `postgres://${user}:${encodeURIComponent(withPassword)}@/${database}?${query}`
}

beforeAll(async () => {
  dataDir = await makeDataDir()
  const folder = join(dataDir, 'postgres')
  postgres = await startEmbeddedPostgres({ dataDir: folder })
  const credentials = JSON.parse(await readFile(join(folder, 'credentials.json'), 'utf8')) as {
    superuserPassword: string
  }
  const superuser = new pg.Client({
    ...postgres.connection,
    user: 'postgres',
    password: credentials.superuserPassword,
  })
  await superuser.connect()
  for (const role of ['the-api', 'the-worker'])
    await superuser.query(`create role "${role}" login password '${password}'`)
  await superuser.end()
  owner = {
    DARKROOM_DATA: join(dataDir, 'owner'),
    DATABASE_URL: urlOf(postgres.connection.user, postgres.connection.password),
  }
})

afterAll(async () => {
  await postgres.stop()
  await removeDataDir(dataDir)
})

describe('darkroom database roles', () => {
  test('wants names, and prints what it would do', async () => {
    expect((await command(['database', 'roles'], owner)).code).toBe(2)
    const { code, stdout } = await command(['database', 'roles', '--worker', 'w', '--print'], owner)
    expect(code).toBe(0)
    expect(stdout).toContain('grant select, update on generations to "w";')
    expect(stdout).not.toMatch(/access_keys|settings|scopes/u)
  })

  test('the api role serves the whole platform, and cannot change tables', async () => {
    const given = await command(['database', 'roles', '--api', 'the-api', '--worker', 'the-worker'], owner)
    expect(given).toMatchObject({ code: 0 })
    const platform = await createPlatform({
      config: parseConfig({
        DARKROOM_DATA: join(dataDir, 'api'),
        DATABASE_URL: urlOf('the-api'),
        DARKROOM_STORAGE: `file:${join(dataDir, 'objects')}`,
      }),
      log,
    })
    try {
      const picture = await platform.fetch(new Request('http://127.0.0.1/live/demo?prompt=roles&size=64x64'))
      expect(picture.status).toBe(200)
      const key = await platform.fetch(
        new Request('http://127.0.0.1/v1/keys', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        }),
      )
      expect(key.status).toBe(201)
    } finally {
      await platform.close()
    }
    const client = new pg.Client(urlOf('the-api'))
    await client.connect()
    for (const statement of ['drop table access_keys', 'create table x ()', 'delete from audit_log'])
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' })
    await client.end()
  })

  test('the worker role takes and ends work, and reads no key, budget or setting', async () => {
    const connection = urlOf('the-worker')
    const database = await openDatabase({ connection, log })
    const listener = await createListener({ connection, log })
    const queues = await createPgBossQueues({ connection, listener, log })
    const queue = queues.generations
    const leases = createLeases({ database: database.kysely, queue, now: Date.now })
    const { rows } = await database.pool.query<{ id: string; job_id: string }>(
      "update generations set status = 'queued', settled_at = null returning id, job_id",
    )
    const [row] = rows
    const leased = await leases.take({ jobId: row?.job_id ?? '', recordId: row?.id ?? '' }, 1)
    const stored = await leased?.store({
      objectHash: 'x'.repeat(43),
      format: 'png',
      bytes: 1,
      warnings: [],
      timings: {},
      costUsd: 0,
      putObject: async () => {},
    })
    expect(stored).toBe(true)
    expect(await leases.recoverOrphans()).toBe(0)
    expect(await leases.deleteOldPreviews()).toBe(0)
    for (const table of [
      'access_keys',
      'scopes',
      'scope_charges',
      'audit_log',
      'rate_limits',
      'idempotency_keys',
      'settings',
    ])
      await expect(database.pool.query(`select * from ${table}`)).rejects.toMatchObject({ code: '42501' })
    for (const statement of [
      'insert into requests default values',
      'delete from generations',
      'delete from images',
    ])
      await expect(database.pool.query(statement)).rejects.toMatchObject({ code: '42501' })
    await queues.close()
    await listener.close()
    await database.close()
  })

  test('a worker process of the worker role draws what a gateway of the api role accepts', async () => {
    const compose = async (role: 'gateway' | 'worker', user: string): ReturnType<typeof createPlatform> =>
      await createPlatform({
        role,
        config: parseConfig({
          DARKROOM_DATA: join(dataDir, role),
          DATABASE_URL: urlOf(user),
          DARKROOM_STORAGE: `file:${join(dataDir, 'objects')}`,
        }),
        log,
      })
    const gateway = await compose('gateway', 'the-api')
    const worker = await compose('worker', 'the-worker')
    try {
      const url = 'http://127.0.0.1/live/demo?prompt=apart&size=64x64'
      expect((await gateway.fetch(new Request(url))).status).toBe(200)
      expect((await worker.fetch(new Request('http://127.0.0.1/readyz'))).status).toBe(200)
      expect((await worker.fetch(new Request(url))).status).toBe(404)
    } finally {
      await worker.close()
      await gateway.close()
    }
  })
})

import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { openDatabase } from '../packages/server/src/database/database.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { migrate } from '../packages/server/src/database/migrate.ts'
import { migrations } from '../packages/server/src/database/migrations.ts'
import type { DatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import type { ServerProcess, ServerSettings } from './support/server-process.ts'
import { startServer, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

let folder: DatabaseFolder
const servers: ServerProcess[] = []
const opened: (() => Promise<unknown>)[] = []
const log = { info: () => {}, warn: () => {}, error: () => {} }

beforeEach(async () => {
  folder = await createDatabaseFolder()
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end('SIGKILL')))
  for (const close of opened.splice(0).toReversed()) await close()
  await folder.remove()
})

/** An empty database. @returns its URL and a client */
async function newDatabase(): Promise<{ url: string; client: pg.Client }> {
  const embedded = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres'), maxConnections: 80 })
  opened.push(() => embedded.stop())
  const url = databaseUrlOf(embedded.connection)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  opened.push(() => client.end())
  return { url, client }
}

async function start(url: string, settings: Partial<ServerSettings> = {}): Promise<ServerProcess> {
  const server = await startServer({
    dataDir: join(folder.path, 'unused'),
    ...settings,
    environment: {
      DATABASE_URL: url,
      DARKROOM_STORAGE: `file:${join(folder.path, 'objects')}`,
      ...settings.environment,
    },
  })
  servers.push(server)
  return server
}

async function migrated(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('select name from kysely_migration order by name')
  return rows.map(({ name }) => name)
}

/** As release N-1 left it: every migration but the last two, a picture that failed, and one that waits. */
async function before(url: string): Promise<void> {
  const database = await openDatabase({ connection: url, log, maxConnections: 1 })
  try {
    await migrate(database.kysely, Object.fromEntries(Object.entries(migrations).slice(0, 5)))
    await database.pool.query(`
      insert into generations (domain, key, status, priority, alias, backend, model, renderer_version, prompt, width_px, height_px, seed, project, scope, image_id)
      values ('default', 'old', 'queued', 'demand', 'default', 'sketch', 'sketch-1', 'sketch-1.0', 'a harbour', 64, 64, 0, 'default', 'demo', 'img_old')
    `)
    await database.pool.query(
      `insert into scopes (project, name, max_per_hour) values ('default', 'demo', 7)`,
    )
  } finally {
    await database.close()
  }
}

describe('three processes that start at once', () => {
  test.each(['empty', 'of the release before'])(
    'on a database that is %s: one migrates, all work',
    async (which) => {
      const { url, client } = await newDatabase()
      if (which !== 'empty') await before(url)
      const three = await Promise.all([start(url), start(url), start(url)])
      expect(await migrated(client)).toEqual(Object.keys(migrations))
      for (const server of three) {
        expect((await fetch(`${server.url}/live/demo?prompt=a+harbour&size=64x64`)).status).toBe(200)
      }
      if (which !== 'empty') {
        // What waited when the older release ended is done, and what was set is set.
        await until(async () => {
          const { rows } = await client.query(
            `select from generations where key = 'old' and status = 'stored'`,
          )
          return rows[0]
        })
        const scope = (await (await fetch(`${three[0]?.url}/v1/scopes/demo`)).json()) as {
          maxPerHour: number
        }
        expect(scope.maxPerHour).toBe(7)
      }
    },
  )
})

describe('a newer release that has migrated the database', () => {
  /** As its first process does. */
  async function upgrade(client: pg.Client): Promise<void> {
    await client.query(
      `insert into kysely_migration (name, timestamp) values ('9999-newer', '2030-01-01T00:00:00.000Z')`,
    )
  }

  test('lets older workers end what they run, and no more: they go, and do not come back', async () => {
    const { url, client } = await newDatabase()
    await using fake = await startOpenAIFake()
    const environment = {
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
    }
    const gateway = await start(url, { role: 'gateway', environment })
    const worker = await start(url, {
      role: 'worker',
      environment: { ...environment, DARKROOM_WORKER_CONCURRENCY: '1' },
    })
    const release = fake.hold()
    const accept = async (prompt: string): Promise<string> => {
      const answer = await fetch(`${gateway.url}/v1/generations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer: 'respond-async' },
        body: JSON.stringify({ prompt, size: '64x64' }),
      })
      expect(answer.status).toBe(202)
      return ((await answer.json()) as { id: string }).id
    }
    const statusOf = async (id: string): Promise<string> =>
      ((await (await fetch(`${gateway.url}/v1/generations/${id}`)).json()) as { status: string }).status
    const running = await accept('runs')
    await fake.waitForCalls(1)
    await upgrade(client)
    await until(async () => (worker.output().includes('takes no more') ? true : undefined))
    // An older gateway still accepts: newer workers will do it.
    const waiting = await accept('waits')
    release()
    await until(async () => (worker.output().includes('Retired:') ? true : undefined))
    expect(await worker.end('SIGTERM')).toBe(0)
    expect([await statusOf(running), await statusOf(waiting)]).toEqual(['stored', 'queued'])
    expect(fake.calls).toHaveLength(1)
    await expect(start(url, { role: 'worker', environment })).rejects.toThrow(/migrated by a newer Darkroom/u)
    // The release that knows that migration.
    await client.query(`delete from kysely_migration where name = '9999-newer'`)
    await start(url, { role: 'worker', environment })
    await until(async () => ((await statusOf(waiting)) === 'stored' ? true : undefined))
  })

  test('leaves a process of both roles answering, and its readiness says that its worker has retired', async () => {
    const { url, client } = await newDatabase()
    const both = await start(url)
    expect((await fetch(`${both.url}/readyz`)).status).toBe(200)
    await upgrade(client)
    const told = await until(async () => {
      const answer = await fetch(`${both.url}/readyz`)
      return answer.status === 503 ? ((await answer.json()) as { detail: string }) : undefined
    })
    expect(told.detail).toMatch(/^worker: .*retired/u)
    expect((await fetch(`${both.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${both.url}/v1/generations`)).status).toBe(200)
  })
})

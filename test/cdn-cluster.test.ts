import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { FakeCdn } from '../packages/edge/src/purge/testing/fake-cdn.ts'
import { startFakeCdn } from '../packages/edge/src/purge/testing/fake-cdn.ts'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { DatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { command } from './support/access-platform.ts'
import type { ServerProcess } from './support/server-process.ts'
import { startServer, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

let folder: DatabaseFolder
let database: EmbeddedPostgres
let cdn: FakeCdn
const servers: ServerProcess[] = []

beforeAll(async () => {
  folder = await createDatabaseFolder()
  database = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres'), maxConnections: 80 })
})
beforeEach(async () => {
  cdn = await startFakeCdn()
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end('SIGTERM')))
  await cdn[Symbol.asyncDispose]()
})
afterAll(async () => {
  await database.stop()
  await folder.remove()
})

async function start(): Promise<ServerProcess> {
  const server = await startServer({
    dataDir: join(folder.path, 'unused'),
    role: 'gateway',
    environment: {
      DATABASE_URL: databaseUrlOf(database.connection),
      DARKROOM_STORAGE: `file:${join(folder.path, 'objects')}`,
      DARKROOM_CDN: 'fastly',
      DARKROOM_CDN_REPEAT_S: '0',
      FASTLY_SERVICE_ID: 'service1',
      FASTLY_API_TOKEN: 'a-secret-of-fastly',
      FASTLY_BASE_URL: cdn.url,
    },
  })
  servers.push(server)
  return server
}

async function purge(server: ServerProcess, tags: readonly string[]): Promise<void> {
  const answer = await fetch(`${server.url}/v1/purge`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tags }),
  })
  expect(answer.status).toBe(200)
}

async function waiting(server: ServerProcess): Promise<number> {
  const answer = await fetch(`${server.url}/v1/cdns`)
  const { cdns } = (await answer.json()) as { cdns: { waiting: number; failed: number }[] }
  expect(cdns[0]?.failed ?? 0).toBe(0)
  return cdns[0]?.waiting ?? 0
}

async function delivered(server: ServerProcess): Promise<void> {
  await until(async () => ((await waiting(server)) === 0 ? true : undefined))
}

function keysOf({ body }: { body: string }): string[] {
  return (JSON.parse(body) as { surrogate_keys: string[] }).surrogate_keys
}

const taken: FakeCdn['answer'] = (response) => void response.end('{"status":"ok"}')

test('kill -9 between the acceptance and the call: told after the start, once', async () => {
  cdn.answer = (response) => void response.writeHead(503, { 'retry-after': '2' }).end()
  const first = await start()
  await purge(first, ['scope:before'])
  await until(async () => (cdn.received.length > 0 ? true : undefined))
  await first.end('SIGKILL')
  cdn.received.length = 0
  cdn.answer = taken
  const second = await start()
  await delivered(second)
  expect(cdn.received.map(keysOf)).toEqual([['scope:before']])
})

test('kill -9 during the call: another process repeats it, since nobody knows what became of it', async () => {
  cdn.answer = () => {}
  const first = await start()
  await purge(first, ['scope:during'])
  await until(async () => (cdn.received.length === 1 ? true : undefined))
  const second = await start()
  // Ordered again while the call is under way: what it is about may have changed since, so it is one more call.
  await purge(second, ['scope:during', 'scope:later'])
  cdn.answer = taken
  await first.end('SIGKILL')
  await delivered(second)
  expect(cdn.received.map(keysOf).slice(1)).toEqual([['scope:during', 'scope:later']])
})

test('two processes and 200 orders at once: each tag is told once, by one call at a time', async () => {
  const two = [await start(), await start()]
  let open = 0
  let most = 0
  cdn.answer = (response, request) => {
    open += 1
    most = Math.max(most, open)
    setImmediate(() => {
      open -= 1
      taken(response, request)
    })
  }
  const tags = Array.from({ length: 200 }, (_, at) => `scope:many-${at}`)
  await Promise.all(
    tags.map(async (tag, at) => {
      const server = two[at % 2]
      if (server !== undefined) await purge(server, [tag])
    }),
  )
  for (const server of two) await delivered(server)
  const told = cdn.received.flatMap(keysOf)
  expect(told.toSorted()).toEqual(tags.toSorted())
  expect(most).toBe(1)
  for (const server of two) expect(server.output()).not.toContain('a-secret-of-fastly')
})

test('darkroom purge says what CDNs were ordered, and waits for them where it is told to', async () => {
  const server = await start()
  const to = ['--server', server.url]
  cdn.answer = taken
  const done = await command(['purge', '--tag', 'scope:waited', '--wait', ...to], {})
  expect(done).toEqual({
    code: 0,
    stdout:
      '0 cached answers dropped; other processes have been told\nfastly: queued, 1 name\nfastly: told\n',
    stderr: '',
  })
  expect(cdn.received.map(keysOf)).toEqual([['scope:waited']])
  expect((await command(['purge', '--tag', 'winter', '--wait', '5', ...to], {})).stdout).toContain(
    'fastly: no copy there can be meant',
  )
  cdn.answer = (response) => void response.writeHead(503, { 'retry-after': '3' }).end()
  const late = await command(['purge', '--tag', 'scope:waited', '--wait', '1', ...to], {})
  expect([late.code, late.stderr]).toEqual([
    1,
    'fastly has not been told yet: It answered 503.; it will be\n',
  ])
  expect((await command(['purge', '--tag', 'a', '--wait', 'soon', ...to], {})).code).toBe(2)
  cdn.answer = taken
  await delivered(server)
  cdn.answer = (response) => void response.writeHead(401).end('{"msg":"who are you"}')
  const refused = await command(['purge', '--everything', '--soft', '--wait', ...to], {})
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain('fastly: queued, 1 name, which it can only drop')
  expect(refused.stderr).toBe(
    'fastly refuses: It answered 401: who are you (its key is wrong, or may not purge).\n',
  )
})

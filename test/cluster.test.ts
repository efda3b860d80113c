import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import { startOpenAIFake } from '../packages/server/src/backends/openai/testing/openai-fake.ts'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { DatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import type { ServerProcess } from './support/server-process.ts'
import { bodyHash, startServer } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

/** Processes that share a database and a folder of pictures, as several machines behind a balancer would. */
let folder: DatabaseFolder
let database: EmbeddedPostgres
let fake: OpenAIFake
const servers: ServerProcess[] = []

beforeAll(async () => {
  folder = await createDatabaseFolder()
  // Four processes with up to 17 connections each (README); the embedded default of 50 is meant for one.
  database = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres'), maxConnections: 80 })
})
afterAll(async () => {
  await database.stop()
  await folder.remove()
})
beforeEach(async () => {
  fake = await startOpenAIFake()
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end('SIGTERM')))
  await fake.close()
})

async function start(environment: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServer({
    dataDir: join(folder.path, 'unused'),
    environment: {
      DATABASE_URL: databaseUrlOf(database.connection),
      DARKROOM_STORAGE: `file:${join(folder.path, 'objects')}`,
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: fake.baseUrl,
      OPENAI_API_KEY: 'k',
      ...environment,
    },
  })
  servers.push(server)
  return server
}

describe('four processes on one database and one folder', () => {
  test('two hundred requests for ten pictures are ten generations', async () => {
    // All four start at once on an empty database: one makes the tables.
    const four = await Promise.all([start(), start(), start(), start()])
    const release = fake.hold()
    const answers = Array.from({ length: 200 }, async (_, index) => {
      const server = four[index % four.length]
      const response = await fetch(`${server?.url}/live/demo?prompt=harbour+${index % 10}&size=256x192`)
      // Its own words say more than a status.
      if (response.status !== 200) throw new Error(await response.text())
      return { status: response.status, picture: index % 10, hash: await bodyHash(response) }
    })
    // As many as the workers take at once are being drawn, while the other requests arrive.
    await fake.waitForCalls(8)
    release()
    const pictures = new Map<number, Set<string>>()
    for (const { status, picture, hash } of await Promise.all(answers)) {
      expect(status).toBe(200)
      pictures.set(picture, (pictures.get(picture) ?? new Set()).add(hash))
    }
    expect([...pictures.values()].map((hashes) => hashes.size)).toEqual(Array.from({ length: 10 }, () => 1))
    expect(new Set(pictures.values().flatMap((hashes) => [...hashes])).size).toBe(10)
    expect(fake.calls).toHaveLength(10)
    // And any of them serves a picture that another made, by its address.
    const first = await fetch(`${four[0]?.url}/live/demo?prompt=harbour+3&size=256x192`)
    const byId = await Promise.all(
      four.map((server) => fetch(`${server.url}/images/${first.headers.get('x-image-id')}`)),
    )
    expect(byId.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  test('kill -9 of the one that draws: those who wait at the others get the picture from another', async () => {
    const drawing = await start()
    const release = fake.hold()
    const accepted = await fetch(`${drawing.url}/v1/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ prompt: 'half a harbour', size: '256x192' }),
    })
    expect(accepted.status).toBe(202)
    const location = accepted.headers.get('location')
    await fake.waitForCalls(1)
    // Started only now, so that it is the first that draws.
    const [waiting, other] = await Promise.all([start(), start()])
    const answer = fetch(`${waiting.url}/live/demo?prompt=half+a+harbour&size=256x192`)
    const native = fetch(`${other.url}/v1/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=60' },
      body: JSON.stringify({ prompt: 'half a harbour', size: '256x192' }),
    })
    await drawing.end('SIGKILL')
    await fake.waitForAbandoned(1)
    release()
    expect((await answer).status).toBe(200)
    expect((await native).status).toBe(201)
    const record = (await (await fetch(`${other.url}${location}`)).json()) as { status: string }
    expect(record.status).toBe('stored')
    expect(fake.calls).toHaveLength(2)
  })
})

import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { DatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import type { PhotoOrigin } from './support/photo-origin.ts'
import { startPhotoOrigin } from './support/photo-origin.ts'
import type { ServerProcess } from './support/server-process.ts'
import { startServer, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

interface CarouselRecord {
  id: string
  status: string
  slides: { index: number; id: string | null; url: string; status: string }[]
  workDetail: Record<string, { ran: number; joined: number; cached: number }>
}

let folder: DatabaseFolder
let database: EmbeddedPostgres
let origin: PhotoOrigin
let pool: pg.Pool
const servers: ServerProcess[] = []

beforeAll(async () => {
  folder = await createDatabaseFolder()
  database = await startEmbeddedPostgres({ dataDir: join(folder.path, 'postgres'), maxConnections: 80 })
  origin = await startPhotoOrigin()
  pool = new pg.Pool({ connectionString: databaseUrlOf(database.connection), max: 1 })
})

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end('SIGTERM')))
})

afterAll(async () => {
  await pool.end()
  await origin[Symbol.asyncDispose]()
  await database.stop()
  await folder.remove()
})

async function start(): Promise<ServerProcess> {
  const server = await startServer({
    dataDir: join(folder.path, 'unused'),
    environment: {
      DATABASE_URL: databaseUrlOf(database.connection),
      DARKROOM_STORAGE: `file:${join(folder.path, 'objects')}`,
      DARKROOM_OUTBOUND_ALLOW: '127.0.0.1',
    },
  })
  servers.push(server)
  return server
}

async function post(server: ServerProcess, body: unknown, prefer = 'wait=60'): Promise<CarouselRecord> {
  const response = await fetch(`${server.url}/v1/carousels`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer },
    body: JSON.stringify(body),
  })
  if (response.status >= 300) throw new Error(await response.text())
  return (await response.json()) as CarouselRecord
}

async function read(server: ServerProcess, id: string): Promise<CarouselRecord> {
  return (await (await fetch(`${server.url}/v1/carousels/${id}`)).json()) as CarouselRecord
}

function slidesOf(name: string, count: number): { kind: string; title: string }[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'point', title: `${name} ${index}` }))
}

/** How often each slide of a carousel was told to be stored. */
async function storedEvents(server: ServerProcess, id: string): Promise<Map<number, number>> {
  const text = await (await fetch(`${server.url}/v1/carousels/${id}/events`)).text()
  const counts = new Map<number, number>()
  for (const match of text.matchAll(/event: slide\ndata: (.*)\n/gu)) {
    const { index, status } = JSON.parse(match[1] ?? '{}') as { index: number; status: string }
    if (status === 'stored') counts.set(index, (counts.get(index) ?? 0) + 1)
  }
  return counts
}

describe('several processes on one database and one folder', () => {
  test('equal carousels over one URL at once: one fetch, and each slide is made once', async () => {
    const two = await Promise.all([start(), start()])
    const release = origin.hold('/shared.jpg')
    const body = { base: { url: `${origin.url}/shared.jpg` }, slides: slidesOf('shared', 6) }
    const waiting = Array.from({ length: 4 }, (_, index) => post(two[index % 2] as ServerProcess, body))
    const accepted = async (): Promise<number> => {
      const { rows } = await pool.query<{ count: number }>('select count(*)::int as count from carousels')
      return rows[0]?.count ?? 0
    }
    await until(async () =>
      (await accepted()) === 4 && origin.countOf('/shared.jpg') > 0 ? true : undefined,
    )
    release()
    const records = await Promise.all(waiting)
    expect(origin.countOf('/shared.jpg')).toBe(1)
    expect(records.map(({ status }) => status)).toEqual(['stored', 'stored', 'stored', 'stored'])
    for (const kind of ['fetches', 'overlays', 'encodes']) {
      const ran = records.map(({ workDetail }) => workDetail[kind]?.ran ?? 0)
      expect(
        ran.reduce((sum, each) => sum + each, 0),
        kind,
      ).toBe(kind === 'fetches' ? 1 : 6)
    }
    expect(new Set(records.map(({ slides }) => slides.map(({ id }) => id).join(' '))).size).toBe(1)
    // Whoever made it, anybody serves it.
    for (const server of two) {
      expect((await fetch(server.url + records[0]?.slides[0]?.url)).status).toBe(200)
    }
  })

  test('kill -9 half way: the rest is made by another, and no slide twice', async () => {
    const first = await start()
    const body = {
      base: { url: `${origin.url}/killed.jpg` },
      slides: slidesOf('killed', 12),
      // Large and slow to encode, so that half way can be met.
      size: '2160x2700',
      format: 'png',
    }
    const { id } = await post(first, body, 'respond-async')
    const before = await until(async () => {
      const record = await read(first, id)
      const stored = record.slides.filter(({ status }) => status === 'stored')
      return stored.length >= 3 ? stored : undefined
    })
    await first.end('SIGKILL')
    expect(before.length).toBeLessThan(12)
    const second = await start()
    const record = await until(async () => {
      const found = await read(second, id)
      return found.status === 'stored' ? found : undefined
    }, 120_000)
    // A slide that was finished is the same picture still, and the base was not fetched again.
    for (const { index, id: imageId } of before) expect(record.slides[index]?.id).toBe(imageId)
    expect(origin.countOf('/killed.jpg')).toBe(1)
    const events = await storedEvents(second, id)
    expect(events.size).toBe(12)
    expect([...events.values()].every((count) => count === 1)).toBe(true)
    const { rows } = await pool.query<{ made: number }>(
      `select count(*)::int as made from images where kind = 'slide' and width_px = 2160`,
    )
    expect(rows[0]?.made).toBe(12)
    // Three are drawn at a time: those that were not stored yet are counted, and lost with the process.
    expect(record.workDetail['overlays']?.ran).toBeLessThanOrEqual(12 + 3)
  }, 180_000)

  test('kill -9 of the one that fetches: the one that waits for the fetch goes on', async () => {
    const release = origin.hold('/lost.jpg')
    const fetching = await start()
    const body = { base: { url: `${origin.url}/lost.jpg` }, slides: slidesOf('lost', 2) }
    await post(fetching, body, 'respond-async')
    await until(async () => (origin.countOf('/lost.jpg') === 1 ? true : undefined))
    const other = await start()
    const { id } = await post(other, { ...body, slides: slidesOf('found', 2) }, 'respond-async')
    const waits = async (): Promise<true | undefined> => {
      const { rows } = await pool.query('select from carousels where id = $1 and waits_for = $2', [
        id,
        'base',
      ])
      return rows.length === 1 ? true : undefined
    }
    await until(waits)
    await fetching.end('SIGKILL')
    release()
    // The sweep of the other finds the death; both carousels are its own then.
    const record = await until(async () => {
      const found = await read(other, id)
      return found.status === 'stored' ? found : undefined
    }, 90_000)
    expect(record.slides.map(({ status }) => status)).toEqual(['stored', 'stored'])
  })
})

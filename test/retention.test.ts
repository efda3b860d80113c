import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { startPhotoOrigin } from './support/photo-origin.ts'
import { makeDataDir, removeDataDir, until } from './support/server-process.ts'

/** Short, so that sweeps are not a minute apart; long, so that nothing expires before a test says so. */
const ruleMs = 40_000
const days = (ruleMs / (24 * 3_600_000)).toFixed(6)

let platform: Platform | undefined
let dataDir: string

afterEach(async () => {
  await platform?.close()
  await removeDataDir(dataDir)
})

/** A platform whose clock a test sets forward; the database's own stays, and rows are of now. */
async function start(environment: Record<string, string>, clock: { now: number }): Promise<void> {
  dataDir = await makeDataDir()
  platform = await createPlatform({
    config: parseConfig({ DARKROOM_DATA: dataDir, DARKROOM_OUTBOUND_ALLOW: '127.0.0.1', ...environment }),
    log: pino({ level: 'silent' }),
    now: () => clock.now,
  })
}

async function ask(path: string, body?: unknown): Promise<Response> {
  const init =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await platform?.fetch(new Request(`http://127.0.0.1${path}`, init))
  if (answer === undefined) throw new Error('there is no platform')
  return answer
}

/** Files of the object store: pictures, variants, bases. */
async function files(): Promise<number> {
  const entries = await readdir(join(dataDir, 'objects'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).length
}

test('a scope’s pictures and carousels go with all their bytes and copies, and others stay', async () => {
  const clock = { now: Date.now() }
  await start({}, clock)
  await using photos = await startPhotoOrigin()
  const before = await files()
  const set = await ask('/v1/scopes', { name: 'short', retention: { maxAgeDays: Number(days) } })
  expect(await set.json()).toMatchObject({ retention: { maxAgeDays: Number(days), unusedDays: null } })
  const path = '/live/short?prompt=a+lighthouse&size=64x64'
  const picture = await ask(path)
  const kept = await ask('/live/long?prompt=a+harbour&size=64x64')
  const [id, keptId] = [picture, kept].map((answer) => answer.headers.get('x-image-id'))
  expect((await ask(`/images/${id}?w=32`)).status).toBe(200)
  expect((await ask(`/images/${keptId}`)).status).toBe(200)
  const made = await ask('/v1/carousels', {
    base: { url: `${photos.url}/base.jpg` },
    scope: 'short',
    size: '1080x1350',
    slides: [
      { kind: 'hook', title: 'One' },
      { kind: 'cta', title: 'Two' },
    ],
  })
  expect(made.status).toBe(201)
  const carousel = (await made.json()) as { id: string; slides: { url: string }[] }
  const slideUrl = carousel.slides[0]?.url ?? ''
  expect((await ask(slideUrl)).status).toBe(200)
  const all = await files()
  clock.now += 2 * ruleMs
  await until(async () => ((await ask(`/v1/carousels/${carousel.id}`)).status === 404 ? true : undefined))
  // At the edge, too.
  for (const gone of [`/images/${id}`, `/images/${id}?w=32`, slideUrl]) {
    await until(async () => ((await ask(gone)).status === 404 ? true : undefined))
  }
  expect((await ask(`/images/${keptId}`)).status).toBe(200)
  // What is left of all that was made: the kept picture with its variants, and the base, which is in no scope.
  const left = await files()
  expect(left).toBeGreaterThan(before)
  expect(all - left).toBeGreaterThanOrEqual(4)
  const again = await ask(path)
  expect(again.status).toBe(200)
  expect(again.headers.get('x-image-id')).not.toBe(id)
})

test('nothing is left in the store when everything has expired', async () => {
  const clock = { now: Date.now() }
  await start({ DARKROOM_RETENTION_DAYS: days }, clock)
  await using photos = await startPhotoOrigin()
  await ask('/live/demo?prompt=a+lighthouse&size=64x64&format=webp')
  const made = await ask('/v1/carousels', {
    base: { url: `${photos.url}/base.jpg` },
    size: '1080x1350',
    slides: [
      { kind: 'hook', title: 'One' },
      { kind: 'cta', title: 'Two' },
    ],
  })
  expect(made.status).toBe(201)
  expect(await files()).toBeGreaterThanOrEqual(3)
  clock.now += 2 * ruleMs
  await until(async () => ((await files()) === 0 ? true : undefined))
  const { items } = (await (await ask('/v1/generations')).json()) as { items: unknown[] }
  expect(items).toEqual([])
})

test('a picture that is only ever answered from the edge is in use', async () => {
  const clock = { now: Date.now() }
  await start({ DARKROOM_RETENTION_UNUSED_DAYS: days }, clock)
  const [used, unused] = ['a+lighthouse', 'a+harbour'].map(
    (prompt) => `/live/demo?prompt=${prompt}&size=64x64`,
  )
  const ids = await Promise.all(
    [used, unused].map(async (path) => (await ask(path ?? '')).headers.get('x-image-id')),
  )
  const before = await files()
  clock.now += 0.9 * ruleMs
  const hit = await ask(used ?? '')
  expect(hit.headers.get('x-cache-status')).not.toBe('MISS')
  clock.now += 0.5 * ruleMs
  // Looking at it would be a use.
  await until(async () => ((await files()) < before ? true : undefined))
  expect((await ask(`/images/${ids[1]}`)).status).toBe(404)
  expect((await ask(`/images/${ids[0]}`)).status).toBe(200)
})

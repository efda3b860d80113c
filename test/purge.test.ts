import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import type { ServerProcess } from './support/server-process.ts'
import { makeDataDir, removeDataDir, startServer, until } from './support/server-process.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

const bin = new URL('../packages/server/bin/darkroom.js', import.meta.url).pathname

let dataDir: string
let postgres: EmbeddedPostgres
let here: ServerProcess
let there: ServerProcess

beforeAll(async () => {
  dataDir = await makeDataDir()
  postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') })
  const environment = {
    DATABASE_URL: databaseUrlOf(postgres.connection),
    DARKROOM_STORAGE: `file:${join(dataDir, 'objects')}`,
    DARKROOM_CDN: 'on',
  }
  here = await startServer({ dataDir: join(dataDir, 'here'), environment })
  there = await startServer({ dataDir: join(dataDir, 'there'), environment })
})

afterAll(async () => {
  const codes = [await here.end('SIGTERM'), await there.end('SIGTERM')]
  await postgres.stop()
  await removeDataDir(dataDir)
  expect(codes).toEqual([0, 0])
})

/** How the edge of a process answered, without changing what it holds: only-if-cached never asks the origin. */
async function held(server: ServerProcess, path: string): Promise<string> {
  const answer = await fetch(server.url + path, { headers: { 'cache-control': 'only-if-cached' } })
  await answer.arrayBuffer()
  return answer.status === 504 ? 'nothing' : (answer.headers.get('x-cache-status') ?? '')
}

/** Both processes hold the answer afterwards. */
async function cacheInBoth(path: string): Promise<Response> {
  const [answer] = await Promise.all(
    [here, there].map(async (server) => {
      const response = await fetch(server.url + path)
      await response.arrayBuffer()
      expect(response.status).toBe(200)
      return response
    }),
  )
  expect([await held(here, path), await held(there, path)]).toEqual(['HIT', 'HIT'])
  return answer as Response
}

async function purge(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${here.url}/v1/purge`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

/** Waits until the other process has heard of it. */
async function untilThere(path: string, wanted: string): Promise<void> {
  await until(async () => ((await held(there, path)) === wanted ? true : undefined))
}

const small = 'size=256x192'

describe('POST /v1/purge', () => {
  test('a scope, at once here and soon there; another scope of the same picture stays', async () => {
    const [sale, other] = [`/live/sale?prompt=a+boat&${small}`, `/live/other?prompt=a+boat&${small}`]
    const answer = await cacheInBoth(sale)
    await cacheInBoth(other)
    expect(answer.headers.get('cache-tag')).toMatch(/^scope:sale,model:default,img_/u)
    expect(await (await purge({ tags: ['scope:sale'] })).json()).toEqual({ purged: 1, soft: false })
    expect(await held(here, sale)).toBe('nothing')
    await untilThere(sale, 'nothing')
    expect([await held(here, other), await held(there, other)]).toEqual(['HIT', 'HIT'])
  })

  test('a picture, with everything made from it', async () => {
    const live = `/live/demo?prompt=a+lake&${small}`
    const id = (await cacheInBoth(live)).headers.get('x-image-id') ?? ''
    const variant = `/images/${id}?w=64&format=webp`
    await cacheInBoth(variant)
    expect(await (await purge({ images: [id] })).json()).toEqual({ purged: 2, soft: false })
    expect([await held(here, live), await held(here, variant)]).toEqual(['nothing', 'nothing'])
    await untilThere(live, 'nothing')
    await untilThere(variant, 'nothing')
    // What is stored stays: the same picture comes back, and nothing is generated for it.
    const again = await fetch(here.url + live)
    expect([again.status, again.headers.get('x-image-id')]).toEqual([200, id])
  })

  test('a tag of a request, even of one that came after the picture was cached', async () => {
    const live = `/live/demo?prompt=a+mountain&${small}`
    await cacheInBoth(live)
    const tagged = await fetch(`${there.url}/v1/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'a mountain', size: '256x192', tags: ['summer'] }),
    })
    expect(tagged.status).toBe(201)
    const { images } = (await tagged.json()) as { images: { id: string }[] }
    const stored = `/images/${images[0]?.id}`
    await cacheInBoth(stored)
    expect(await (await purge({ tags: ['winter'] })).json()).toEqual({ purged: 0, soft: false })
    expect(await held(here, live)).toBe('HIT')
    await purge({ tags: ['summer'] })
    expect([await held(here, live), await held(here, stored)]).toEqual(['nothing', 'nothing'])
    await untilThere(live, 'nothing')
    await untilThere(stored, 'nothing')
  })

  test('a URL however it is written, in all formats that Accept may have chosen', async () => {
    const live = `/live/demo?prompt=caf%C3%A9+%22d'or%22&${small}`
    const accepts = ['image/avif', 'image/webp', 'image/jpeg']
    for (const accept of accepts) {
      const answer = await fetch(here.url + live, { headers: { accept } })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, accept])
      await answer.arrayBuffer()
    }
    // Another order, another Unicode form, and with the address.
    const written = `${here.url}/live/demo?h=192&w=256&prompt=++cafe%CC%81%20%22d%27or%22`
    expect(await (await purge({ urls: [written] })).json()).toEqual({ purged: 3, soft: false })
    for (const accept of accepts) {
      const answer = await fetch(here.url + live, {
        headers: { accept, 'cache-control': 'only-if-cached' },
      })
      expect(answer.status).toBe(504)
    }
  })

  test('one format of a URL only, where the URL names it', async () => {
    const [jpeg, png] = ['jpeg', 'png'].map((format) => `/live/demo?prompt=a+hut&${small}&format=${format}`)
    await cacheInBoth(jpeg ?? '')
    await cacheInBoth(png ?? '')
    expect(await (await purge({ urls: [jpeg] })).json()).toEqual({ purged: 1, soft: false })
    await untilThere(jpeg ?? '', 'nothing')
    expect([await held(here, png ?? ''), await held(there, png ?? '')]).toEqual(['HIT', 'HIT'])
  })

  test('softly, it is shown once more and validated behind', async () => {
    const path = `/live/demo?prompt=a+forest&${small}`
    await cacheInBoth(path)
    await purge({ everything: true, soft: true })
    expect(await held(here, path)).toBe('STALE')
    // The validation behind it costs a 304, never a second generation.
    await until(async () => ((await held(here, path)) === 'HIT' ? true : undefined))
    await until(async () => ((await held(there, path)) === 'STALE' ? true : undefined))
  })

  test('everything, in every process', async () => {
    const path = `/live/demo?prompt=a+river&${small}`
    await cacheInBoth(path)
    await purge({ everything: true })
    expect(await held(here, path)).toBe('nothing')
    await untilThere(path, 'nothing')
  })

  test.each([
    [{}, 'invalid_request'],
    [{ soft: true }, 'invalid_request'],
    [{ tags: ['a'], everything: true }, 'invalid_request'],
    [{ everything: false }, 'invalid_request'],
    [{ tags: [] }, 'invalid_request'],
    [{ tags: ['two words'] }, 'invalid_request'],
    [{ tags: ['x'.repeat(129)] }, 'invalid_request'],
    [{ tags: Array.from({ length: 101 }, (_, index) => `t${index}`) }, 'invalid_request'],
    [{ images: ['img_short'] }, 'invalid_request'],
    [{ urls: ['https://elsewhere.example/live/demo?prompt=x'] }, 'invalid_request'],
    [{ urls: ['//elsewhere.example/live/demo?prompt=x'] }, 'invalid_request'],
    [{ urls: ['/v1/models'] }, 'invalid_request'],
    [{ urls: ['/live/demo?prompt=x&sort=1'] }, 'unknown_parameter'],
    [{ everything: true, hard: true }, 'unknown_parameter'],
  ])('refuses %j', async (body, code) => {
    const answer = await purge(body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code })
  })

  test('refuses a page of another site', async () => {
    const answer = await purge({ everything: true }, { origin: 'https://evil.example' })
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'cross_site_refused' }])
  })
})

describe('what else drops pictures', () => {
  test('a takedown is heard of there', async () => {
    const path = `/live/demo?prompt=a+cliff&${small}`
    const id = (await cacheInBoth(path)).headers.get('x-image-id') ?? ''
    await cacheInBoth(`/images/${id}`)
    const answer = await fetch(`${here.url}/v1/images/${id}`, { method: 'DELETE' })
    expect(answer.status).toBe(204)
    await untilThere(path, 'nothing')
    await untilThere(`/images/${id}`, 'nothing')
    expect((await fetch(`${there.url}/images/${id}`)).status).toBe(404)
  })

  test('a regeneration is heard of there: the new picture comes after the old one was shown', async () => {
    const asked = await fetch(`${here.url}/v1/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'a meadow', size: '256x192' }),
    })
    const { id } = (await asked.json()) as { id: string }
    const path = `/live/demo?prompt=a+meadow&${small}`
    const old = (await cacheInBoth(path)).headers.get('x-image-id')
    const answer = await fetch(`${here.url}/v1/generations/${id}/regenerate`, { method: 'POST' })
    expect(answer.status).toBe(201)
    const fresh = await until(async () => {
      const shown = await fetch(there.url + path)
      await shown.arrayBuffer()
      const image = shown.headers.get('x-image-id')
      return image === old ? undefined : image
    })
    expect(fresh).toMatch(/^img_/u)
  })

  test('a process that may have missed something shows nothing as fresh', async () => {
    const path = `/live/demo?prompt=a+desert&${small}`
    await cacheInBoth(path)
    const { host, port, user, password, database } = postgres.connection
    const client = new pg.Client({ host, port, user, password, database })
    await client.connect()
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'darkroom listener'",
    )
    await client.end()
    await expect.poll(() => held(here, path), { timeout: 10_000 }).toBe('STALE')
    await expect.poll(() => held(there, path), { timeout: 10_000 }).toBe('STALE')
  })
})

describe('darkroom purge', () => {
  async function darkroom(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [bin, 'purge', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number]
    return { code, stdout, stderr }
  }

  test('purges a running server', async () => {
    const path = `/live/cli?prompt=a+town&${small}`
    await cacheInBoth(path)
    const done = await darkroom('--tag', 'scope:cli', '--tag', 'nothing', '--server', here.url, '--json')
    expect(done).toEqual({ code: 0, stdout: '{"purged":1,"soft":false}\n', stderr: '' })
    expect(await held(here, path)).toBe('nothing')
  })

  test.each([
    [[], 2, /one of --tag/u],
    [['--tag', 'a', '--everything'], 2, /one of --tag/u],
    [['--everything', '--server', 'nonsense'], 2, /is no http/u],
    [['--everything', '--server', 'http://127.0.0.1:1'], 1, /No server answers/u],
  ])('%j ends with %d', async (args, code, message) => {
    const done = await darkroom(...args)
    expect(done.code).toBe(code)
    expect(done.stderr).toMatch(message)
  })

  test('says what the server refuses', async () => {
    const done = await darkroom('--url', '/v1/models', '--server', here.url)
    expect([done.code, done.stderr]).toEqual([
      2,
      'urls.0: only URLs of /live/{scope} and /images/{id} are cached.\n',
    ])
  })
})

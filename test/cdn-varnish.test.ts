import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from './support/access-platform.ts'
import type { ServerProcess } from './support/server-process.ts'
import { bodyHash, makeDataDir, removeDataDir, startServer, until } from './support/server-process.ts'
import type { Varnish } from './support/varnish.ts'
import { freePort, startVarnish, varnishMissing } from './support/varnish.ts'

const missing = varnishMissing()
const small = 'size=256x192&format=png'

describe.skipIf(missing !== undefined)(`a real Varnish in front${missing ? ` (${missing})` : ''}`, () => {
  let dataDir: string
  let server: ServerProcess
  let varnish: Varnish

  let admin: string
  let key: string

  // Access is on: where it is off, requests that came through a proxy are refused.
  beforeAll(async () => {
    dataDir = await makeDataDir()
    const port = await freePort()
    varnish = await startVarnish(`http://127.0.0.1:${port}`)
    const environment = {
      DARKROOM_DATA: dataDir,
      DARKROOM_AUTH: 'on',
      DARKROOM_CDN: 'varnish',
      DARKROOM_CDN_REPEAT_S: '0',
      VARNISH_URLS: varnish.url,
      PORT: String(port),
    }
    server = await startServer({ dataDir, environment })
    admin = (await command(['keys', 'create', '--admin', '--name', 'operator'], environment)).stdout.trim()
    const made = await ask(admin, '/v1/keys', { project: 'shop', rights: ['read', 'generate', 'purge'] })
    key = ((await made.json()) as { secret: string }).secret
    for (const name of ['hits', 'tagged', 'soft', 'again', 'down']) {
      const set = await ask(admin, '/v1/scopes', {
        project: 'shop',
        name,
        unsignedLive: true,
        maxPerHour: 100,
      })
      expect(set.status).toBe(200)
    }
  })
  afterAll(async () => {
    await varnish.stop()
    await server.end('SIGTERM')
    await removeDataDir(dataDir)
  })

  async function ask(asking: string, path: string, body?: unknown, method = 'POST'): Promise<Response> {
    return await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${asking}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  interface Seen {
    /** How Varnish answered. */
    cache: string | null
    id: string | null
    status: number
    hash: string
  }

  async function see(path: string): Promise<Seen> {
    const answer = await fetch(varnish.url + path)
    const { headers, status } = answer
    // Tags are for caches alone.
    for (const name of ['xkey', 'cache-tag', 'surrogate-key']) expect(headers.get(name)).toBe(null)
    return {
      cache: headers.get('x-varnish-cache'),
      id: headers.get('x-image-id'),
      status,
      hash: await bodyHash(answer),
    }
  }

  async function purge(body: object): Promise<void> {
    const answer = await ask('everything' in body ? admin : key, '/v1/purge', body)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ cdns: [{ name: 'varnish', status: 'queued' }] })
    await told()
  }

  async function told(): Promise<void> {
    await until(async () => {
      const answer = await ask(admin, '/v1/cdns', undefined, 'GET')
      const { cdns } = (await answer.json()) as { cdns: { waiting: number; failed: number }[] }
      expect(cdns[0]?.failed).toBe(0)
      return cdns[0]?.waiting === 0 ? true : undefined
    })
  }

  test('a picture is a miss and then a hit, with one request to the server', async () => {
    const path = `/live/hits?prompt=a+jetty&${small}`
    const [first, second] = [await see(path), await see(path)]
    expect([first.cache, second.cache]).toEqual(['MISS', 'HIT'])
    expect(second.hash).toBe(first.hash)
    const direct = await fetch(server.url + path)
    await direct.arrayBuffer()
    expect(direct.headers.get('xkey')).toMatch(
      /^shop\/scope:hits shop\/model:default shop\/img_\S+ shop\/url:\S+ project:shop$/u,
    )
    expect([direct.headers.get('cache-tag'), direct.headers.get('surrogate-key')]).toEqual([null, null])
  })

  test.each([
    ['its scope', () => ({ tags: ['scope:tagged'] })],
    ['its scope as answers show it', () => ({ tags: ['shop/scope:tagged'] })],
    ['its model', () => ({ tags: ['model:default'] })],
    ['its id', (id: string) => ({ images: [id] })],
    [
      'its URL, written in another order',
      () => ({ urls: ['/live/tagged?format=png&h=192&w=256&prompt=a%20quay'] }),
    ],
    ['everything', () => ({ everything: true })],
  ])('a purge by %s is a miss, and stays one until then', async (_name, bodyOf) => {
    const path = `/live/tagged?prompt=a+quay&${small}`
    await see(path)
    const held = await see(path)
    expect(held.cache).toBe('HIT')
    await purge({ tags: ['scope:another'] })
    expect((await see(path)).cache).toBe('HIT')
    // The same names of another project are other names.
    expect((await ask(admin, '/v1/purge', { tags: ['scope:tagged', 'model:default'] })).status).toBe(200)
    await told()
    expect((await see(path)).cache).toBe('HIT')
    await purge(bodyOf(held.id ?? ''))
    const after = await see(path)
    expect([after.cache, after.hash]).toEqual(['MISS', held.hash])
  })

  test('softly: the old one is shown while the new one is fetched, and nothing is missed', async () => {
    const path = `/live/soft?prompt=a+buoy&${small}`
    await see(path)
    expect((await see(path)).cache).toBe('HIT')
    await purge({ tags: ['scope:soft'], soft: true })
    // Varnish shows its copy and asks behind; our edge does the same. Both are fresh again soon.
    expect((await see(path)).cache).toBe('HIT')
    await until(async () => {
      const answer = await fetch(varnish.url + path)
      await answer.arrayBuffer()
      return answer.headers.get('x-cache-status') === 'HIT' ? true : undefined
    })
  })

  test('a regeneration is seen through Varnish: the new picture comes, and not the old one again', async () => {
    const order = { prompt: 'a regenerated mole', size: '256x192', scope: 'again' }
    const made = await ask(key, '/v1/generations', order)
    const { id } = (await made.json()) as { id: string }
    const path = `/live/again?prompt=a+regenerated+mole&${small}`
    const old = await see(path)
    expect((await see(path)).cache).toBe('HIT')
    const again = await ask(key, `/v1/generations/${id}/regenerate`)
    expect(again.status).toBe(201)
    await told()
    const after = await see(path)
    expect(after.id).not.toBe(old.id)
    expect((await see(path)).id).toBe(after.id)
  })

  test('a takedown is gone there too', async () => {
    const path = `/live/down?prompt=a+wreck&${small}`
    const { id } = await see(path)
    const image = `/images/${id}`
    expect((await see(image)).status).toBe(200)
    expect((await see(image)).cache).toBe('HIT')
    const taken = await ask(key, `/v1/images/${id}`, undefined, 'DELETE')
    expect(taken.status).toBe(204)
    await told()
    expect((await see(image)).status).toBe(404)
  })

  test('who may not purge is refused by the VCL', async () => {
    for (const headers of [{}, { 'x-purge-host': 'a' }]) {
      const answer = await fetch(varnish.url, { method: 'PURGE', headers })
      expect(answer.status).toBe(400)
    }
  })
})

describe.skipIf(missing !== undefined)(`an answer on its way${missing ? ` (${missing})` : ''}`, () => {
  test('during a purge is kept by Varnish as fresh, and gone after the second call', async () => {
    const dataDir = await makeDataDir()
    let platform: Platform | undefined
    let aheadMs = 0
    const ask = async (path: string, body?: object): Promise<Response> => {
      if (platform === undefined) throw new Error('it runs by now')
      const headers = { 'content-type': 'application/json' }
      const sent = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) }
      return await platform.fetch(new Request(`http://127.0.0.1${path}`, sent))
    }
    // Between Varnish and the platform: it has the whole answer, and hands it on when it is told to.
    const asked = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const slow = createServer((request, response) => {
      void ask(request.url ?? '').then(async (answer) => {
        const body = Buffer.from(await answer.arrayBuffer())
        asked.resolve()
        await release.promise
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body)
      })
    })
    slow.listen(0, '127.0.0.1')
    await once(slow, 'listening')
    const varnish = await startVarnish(`http://127.0.0.1:${(slow.address() as AddressInfo).port}`)
    try {
      platform = await createPlatform({
        config: parseConfig({
          DARKROOM_DATA: dataDir,
          DARKROOM_CDN: 'varnish',
          DARKROOM_CDN_REPEAT_S: '600',
          VARNISH_URLS: varnish.url,
        }),
        log: pino({ level: 'silent' }),
        now: () => Date.now() + aheadMs,
      })
      const state = async (): Promise<{ waiting: number; repeating: number }> => {
        const { cdns } = (await (await ask('/v1/cdns')).json()) as {
          cdns: { waiting: number; repeating: number }[]
        }
        return cdns[0] ?? { waiting: -1, repeating: -1 }
      }
      const path = `/live/race?prompt=a+ferry&${small}`
      const look = async (): Promise<string | null> => {
        const answer = await fetch(varnish.url + path)
        await answer.arrayBuffer()
        return answer.headers.get('x-varnish-cache')
      }
      await (await ask(path)).arrayBuffer()
      const onItsWay = look()
      await asked.promise
      expect((await ask('/v1/purge', { tags: ['scope:race'] })).status).toBe(200)
      await until(async () => ((await state()).waiting === 0 ? true : undefined))
      release.resolve()
      expect(await onItsWay).toBe('MISS')
      expect([await look(), (await state()).repeating]).toEqual(['HIT', 1])
      aheadMs += 700_000
      await until(async () => ((await state()).repeating === 0 ? true : undefined))
      expect(await look()).toBe('MISS')
    } finally {
      release.resolve()
      await varnish.stop()
      await platform?.close()
      slow.closeAllConnections()
      slow.close()
      await removeDataDir(dataDir)
    }
  })
})

import type { Platform } from '@darkroom/server'
import { createPlatform, parseConfig } from '@darkroom/server'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { CdnReceived, FakeCdn } from '../packages/edge/src/purge/testing/fake-cdn.ts'
import { startFakeCdn } from '../packages/edge/src/purge/testing/fake-cdn.ts'
import { makeDataDir, removeDataDir, until } from './support/server-process.ts'

const secrets = ['cloudflare-secret', 'fastly-secret', 'bunny-secret', 'aws-secret', 'varnish-secret']

interface CdnState {
  name: string
  waiting: number
  repeating: number
  waitingSince: string | null
  failed: number
  retryAt: string | null
  lastError: string | null
}

interface Answer {
  purged: number
  soft: boolean
  orderedAt: string
  cdns: { name: string; status: string; names: number; soft: boolean }[]
}

let platform: Platform
let dataDir: string
const logged: string[] = []
/** Set forward by tests: nothing here waits for minutes. */
let aheadMs = 0
let count = 0
const fakes = {} as Record<'cloudflare' | 'fastly' | 'bunny' | 'cloudfront' | 'varnish', FakeCdn>

const takes: Record<keyof typeof fakes, FakeCdn['answer']> = {
  cloudflare: (response) => void response.end('{"success":true}'),
  fastly: (response) => void response.end('{}'),
  bunny: (response) => void response.writeHead(204).end(),
  cloudfront: (response) => void response.writeHead(201).end('<Invalidation/>'),
  varnish: (response) => void response.end('Purged\n'),
}

function environment(): Record<string, string> {
  return {
    DARKROOM_DATA: dataDir,
    DARKROOM_CDN: 'cloudflare,fastly,bunny,cloudfront,varnish',
    DARKROOM_CDN_REPEAT_S: '0',
    CLOUDFLARE_ZONE_ID: 'zone1',
    CLOUDFLARE_API_TOKEN: 'cloudflare-secret',
    CLOUDFLARE_BASE_URL: fakes.cloudflare.url,
    FASTLY_SERVICE_ID: 'service1',
    FASTLY_API_TOKEN: 'fastly-secret',
    FASTLY_BASE_URL: fakes.fastly.url,
    BUNNY_PULL_ZONE_ID: '42',
    BUNNY_API_KEY: 'bunny-secret',
    BUNNY_BASE_URL: fakes.bunny.url,
    CLOUDFRONT_DISTRIBUTION_ID: 'E1',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'aws-secret',
    AWS_ENDPOINT_URL_CLOUDFRONT: fakes.cloudfront.url,
    VARNISH_URLS: fakes.varnish.url,
    VARNISH_PURGE_KEY: 'varnish-secret',
  }
}

async function start(more: Record<string, string> = {}): Promise<Platform> {
  return await createPlatform({
    config: parseConfig({ ...environment(), ...more }),
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
    now: () => Date.now() + aheadMs,
  })
}

beforeAll(async () => {
  dataDir = await makeDataDir()
  for (const name of Object.keys(takes) as (keyof typeof fakes)[]) fakes[name] = await startFakeCdn()
  forget()
  platform = await start()
})
afterEach(async () => {
  await settled()
  forget()
})
afterAll(async () => {
  await platform.close()
  for (const fake of Object.values(fakes)) await fake[Symbol.asyncDispose]()
  await removeDataDir(dataDir)
  const all = logged.join('')
  for (const secret of secrets) expect(all).not.toContain(secret)
})

function forget(): void {
  for (const [name, fake] of Object.entries(fakes) as [keyof typeof fakes, FakeCdn][]) {
    fake.received.length = 0
    fake.answer = takes[name]
  }
}

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  return await platform.fetch(
    new Request(`http://127.0.0.1${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
}

async function purge(body: unknown): Promise<Answer> {
  const answer = await ask('POST', '/v1/purge', body)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Answer
}

async function states(): Promise<Record<string, CdnState>> {
  const { cdns } = (await (await ask('GET', '/v1/cdns')).json()) as { cdns: CdnState[] }
  return Object.fromEntries(cdns.map((each) => [each.name, each]))
}

/** Nothing is waiting anywhere; dead letters stay. */
async function settled(): Promise<Record<string, CdnState>> {
  return await until(async () => {
    const all = await states()
    if (
      Object.values(all).some(({ retryAt }) => retryAt !== null && Date.parse(retryAt) > Date.now() + aheadMs)
    )
      aheadMs += 3_600_000
    return Object.values(all).every(({ waiting, repeating }) => waiting + repeating === 0) ? all : undefined
  })
}

function newTag(): string {
  count += 1
  return `scope:s${count}`
}

function tagsOf({ body }: CdnReceived): string[] {
  return (JSON.parse(body) as { tags?: string[] }).tags ?? []
}

const small = 'size=256x192'

describe('a purge reaches every CDN', () => {
  test('in its own words, and only after our own copies are gone', async () => {
    const path = `/live/shop?prompt=a+lamp&${small}`
    const made = await ask('GET', path)
    expect(made.status).toBe(200)
    const held: number[] = []
    fakes.cloudflare.answer = (response, request) => {
      const asked = new Request(`http://127.0.0.1${path}`, { headers: { 'cache-control': 'only-if-cached' } })
      void platform.fetch(asked).then((answer) => {
        held.push(answer.status)
        takes.cloudflare(response, request)
      })
    }
    const answer = await purge({ tags: ['scope:shop'] })
    expect(answer).toMatchObject({ purged: 1, soft: false })
    expect(answer.cdns).toEqual(
      ['cloudflare', 'fastly', 'bunny', 'cloudfront', 'varnish'].map((name) => ({
        name,
        status: 'queued',
        names: 1,
        soft: false,
      })),
    )
    await settled()
    expect(held).toEqual([504])
    const [cloudflare] = fakes.cloudflare.received
    expect([cloudflare?.path, cloudflare?.body]).toEqual([
      '/zones/zone1/purge_cache',
      '{"tags":["scope:shop"]}',
    ])
    const [fastly] = fakes.fastly.received
    expect([fastly?.path, fastly?.body]).toEqual([
      '/service/service1/purge',
      '{"surrogate_keys":["scope:shop"]}',
    ])
    expect(fakes.bunny.received.map(({ body }) => body)).toEqual(['{"CacheTag":"scope:shop"}'])
    expect(fakes.varnish.received.map(({ headers }) => headers['xkey-purge'])).toEqual(['scope:shop'])
    const [cloudfront] = fakes.cloudfront.received
    expect(cloudfront?.body).toContain('<Path>#scope:shop</Path>')
    expect(cloudfront?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-east-1\/cloudfront\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/u,
    )
  })

  test('softly where it can', async () => {
    const answer = await purge({ tags: ['scope:shop'], soft: true })
    expect(Object.fromEntries(answer.cdns.map(({ name, soft }) => [name, soft]))).toEqual({
      cloudflare: true,
      fastly: true,
      bunny: false,
      cloudfront: false,
      varnish: true,
    })
    await settled()
    expect(fakes.cloudflare.received[0]?.path).toBe('/zones/zone1/invalidate_cache')
    expect(fakes.fastly.received[0]?.headers['fastly-soft-purge']).toBe('1')
    expect(fakes.varnish.received[0]?.headers['xkey-softpurge']).toBe('scope:shop')
  })

  test('by URL, as readers write it, through the tag of its canonical form', async () => {
    const made = await ask('GET', `/live/shop?prompt=a+vase&${small}&format=png`)
    const tag = made.headers
      .get('cache-tag')
      ?.split(',')
      .find((each) => each.startsWith('url:'))
    expect(tag).toMatch(/^url:[\w-]{43}$/u)
    await purge({ urls: ['/live/shop?format=png&h=192&w=256&prompt=a%20vase'] })
    await settled()
    expect(fakes.cloudflare.received.flatMap(tagsOf)).toEqual([tag])
  })

  test('everything', async () => {
    await purge({ everything: true })
    await settled()
    expect(fakes.cloudflare.received[0]?.body).toBe('{"purge_everything":true}')
    expect(fakes.fastly.received[0]?.path).toBe('/service/service1/purge_all')
    expect(fakes.bunny.received[0]?.body).toBe('')
    expect(fakes.varnish.received[0]?.headers['x-purge-everything']).toBe('1')
    expect(fakes.cloudfront.received[0]?.body).toContain('<Path>/*</Path>')
  })

  test('a tag of requests, by the pictures that bear it; one of none, by nothing', async () => {
    const tagged = await ask('POST', '/v1/generations', {
      prompt: 'a tagged bowl',
      size: '256x192',
      tags: ['summer'],
    })
    const { images } = (await tagged.json()) as { images: { id: string }[] }
    const [{ id } = { id: '' }] = images
    expect((await purge({ tags: ['summer'] })).cdns[0]).toMatchObject({ status: 'queued', names: 1 })
    await settled()
    expect(fakes.cloudflare.received.flatMap(tagsOf)).toEqual([id])
    expect((await purge({ tags: ['winter'] })).cdns[0]).toMatchObject({ status: 'nothing', names: 0 })
  })

  test('and so does the takedown of a picture', async () => {
    const made = await ask('GET', `/live/shop?prompt=a+cup&${small}`)
    const id = made.headers.get('x-image-id') ?? ''
    expect((await ask('DELETE', `/v1/images/${id}`)).status).toBe(204)
    await settled()
    for (const name of ['cloudflare', 'fastly', 'bunny', 'cloudfront'] as const)
      expect(fakes[name].received.map(({ body }) => body).join()).toContain(id)
    expect(fakes.varnish.received.map(({ headers }) => headers['xkey-purge'])).toEqual([id])
  })
})

describe('a CDN that fails', () => {
  test('is told once of what was ordered a thousand times meanwhile, and holds up no other', async () => {
    const tag = newTag()
    const calls: string[] = []
    fakes.cloudflare.answer = (response) => void response.writeHead(503).end()
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let each = 0; each < 50; each += 1) await purge({ tags: [tag] })
      }),
    )
    expect((await states())['cloudflare']).toMatchObject({ waiting: 1, failed: 0 })
    fakes.cloudflare.answer = (response, request) => {
      calls.push(request.body)
      takes.cloudflare(response, request)
    }
    await settled()
    expect(calls).toEqual([JSON.stringify({ tags: [tag] })])
    expect(fakes.fastly.received.length).toBeGreaterThan(0)
  })

  test('is told of many tags in as few calls as it allows', async () => {
    for (const fake of [fakes.cloudflare, fakes.fastly, fakes.varnish])
      fake.answer = (response) => void response.writeHead(503).end()
    const tags = Array.from({ length: 250 }, newTag)
    for (const from of [0, 100, 200]) await purge({ tags: tags.slice(from, from + 100) })
    await until(async () =>
      fakes.fastly.received.length > 0 && fakes.varnish.received.length > 0 ? true : undefined,
    )
    forget()
    await settled()
    const sent = fakes.cloudflare.received.map(tagsOf)
    expect(sent.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([50, 100, 100])
    expect(sent.flat().toSorted()).toEqual(tags.toSorted())
    expect(fakes.fastly.received).toHaveLength(1)
    expect(fakes.varnish.received).toHaveLength(5)
  })

  test('is left alone as long as it says', async () => {
    const tag = newTag()
    fakes.fastly.answer = (response) => void response.writeHead(429, { 'retry-after': '1800' }).end('{}')
    await purge({ tags: [tag] })
    const retryAt = await until(async () => (await states())['fastly']?.retryAt ?? undefined)
    expect(Date.parse(retryAt) - (Date.now() + aheadMs)).toBeGreaterThan(1_700_000)
    // New orders do not break that.
    await purge({ tags: [newTag()] })
    await until(async () => ((await states())['cloudflare']?.waiting === 0 ? true : undefined))
    expect(fakes.fastly.received).toHaveLength(1)
    forget()
    await settled()
    expect(fakes.fastly.received).toHaveLength(1)
  })

  test('that hangs does not hold up the others', async () => {
    const tag = newTag()
    let hung: (() => void) | undefined
    fakes.bunny.answer = (response, request) => {
      hung = () => takes.bunny(response, request)
    }
    await purge({ tags: [tag] })
    await until(async () => {
      const all = await states()
      return ['cloudflare', 'fastly', 'cloudfront', 'varnish'].every((name) => all[name]?.waiting === 0)
        ? true
        : undefined
    })
    expect((await states())['bunny']?.waiting).toBe(1)
    forget()
    hung?.()
    await settled()
  })

  test('with a wrong key: one call, dead letters that are seen, and a redrive', async () => {
    fakes.cloudflare.answer = (response) =>
      void response
        .writeHead(403)
        .end(
          '{"success":false,"errors":[{"code":10000,"message":"Authentication error: cloudflare-secret"}]}',
        )
    const tags = [newTag(), newTag()]
    await purge({ tags })
    const state = await until(async () => {
      const found = (await states())['cloudflare']
      return found?.failed === 2 ? found : undefined
    })
    expect(state.lastError).toBe(
      'It answered 403: Authentication error: [secret] (10000) (its key is wrong, or may not purge).',
    )
    expect(fakes.cloudflare.received).toHaveLength(1)
    expect(
      logged.filter((line) => line.includes('"level":50') && line.includes('its key is wrong')),
    ).toHaveLength(1)
    await until(async () =>
      /^darkroom_cdn_purges_failed 2$/mu.test(await (await ask('GET', '/metrics')).text()) ? true : undefined,
    )
    forget()
    expect(await (await ask('POST', '/v1/cdns/redrive')).json()).toEqual({ redriven: 2 })
    await settled()
    expect(fakes.cloudflare.received.flatMap(tagsOf).toSorted()).toEqual(tags.toSorted())
    expect((await states())['cloudflare']?.failed).toBe(0)
  })

  test('that refuses one name takes the others', async () => {
    const [bad, ...good] = [newTag(), newTag(), newTag(), newTag()]
    fakes.cloudflare.answer = (response, request) =>
      tagsOf(request).includes(bad ?? '')
        ? void response.writeHead(400).end('{"success":false,"errors":[{"code":1,"message":"no"}]}')
        : takes.cloudflare(response, request)
    await purge({ tags: [bad, ...good] })
    await until(async () => {
      const state = (await states())['cloudflare']
      return state?.failed === 1 && state.waiting === 0 ? true : undefined
    })
    const taken = fakes.cloudflare.received.map(tagsOf).filter((tags) => !tags.includes(bad ?? ''))
    expect(taken.flat().toSorted()).toEqual(good.toSorted())
    // The same name, taken later, is no dead letter any more.
    forget()
    await purge({ tags: [bad] })
    await until(async () => ((await states())['cloudflare']?.failed === 0 ? true : undefined))
  })

  test('what was refused for a key is tried again with the next start', async () => {
    fakes.fastly.answer = (response) => void response.writeHead(401).end('{"msg":"no"}')
    const tag = newTag()
    await purge({ tags: [tag] })
    await until(async () => ((await states())['fastly']?.failed === 1 ? true : undefined))
    await platform.close()
    forget()
    platform = await start()
    await settled()
    expect(fakes.fastly.received.map(({ body }) => body)).toEqual([JSON.stringify({ surrogate_keys: [tag] })])
    expect((await states())['fastly']?.failed).toBe(0)
  })
})

test('a CDN is told once more of what it may have been fetching, and once for all', async () => {
  await platform.close()
  platform = await start({ DARKROOM_CDN_REPEAT_S: '600' })
  const tag = newTag()
  await purge({ tags: [tag] })
  await until(async () => ((await states())['cloudflare']?.repeating === 1 ? true : undefined))
  expect(fakes.cloudflare.received).toHaveLength(1)
  // Ordered again before the repeat: told at once, and repeated together.
  await purge({ tags: [tag] })
  await until(async () => (fakes.cloudflare.received.length === 2 ? true : undefined))
  await until(async () => ((await states())['cloudflare']?.repeating === 1 ? true : undefined))
  aheadMs += 700_000
  await settled()
  expect(fakes.cloudflare.received.map(tagsOf)).toEqual([[tag], [tag], [tag]])
  const references = fakes.cloudfront.received.map(
    ({ body }) => /<CallerReference>(\w+)</u.exec(body)?.[1] ?? '',
  )
  expect(new Set(references).size).toBe(3)
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signUrl } from '@darkroom/server'
import { parseToken } from '../packages/server/src/access/key-token.ts'
import type { AccessPlatform } from './support/access-platform.ts'
import { startAccessPlatform } from './support/access-platform.ts'

/** Signed URLs, scopes and their budgets, on a platform whose clock the tests set. */
let access: AccessPlatform
let key: string
let signing: string
const clock = { now: Date.UTC(2026, 10, 21, 12) }

beforeAll(async () => {
  access = await startAccessPlatform({ DARKROOM_RATE_LIMIT: '0', DARKROOM_CDN: 'on' }, () => clock.now)
  key = await access.makeKey({ project: 'shop', rights: ['read', 'generate', 'purge'] })
  signing = await access.makeKey({ project: 'shop', kind: 'signing' })
})

afterAll(() => access.close())

let count = 0
/** A prompt URL that nobody has asked for. */
function newUrl(scope: string, more = ''): string {
  count += 1
  return `/live/${scope}?prompt=picture+${count}&size=64x64&format=png${more}`
}

function sign(path: string, withKey = signing, forS = 3600): string {
  const token = parseToken(withKey)
  if (token === undefined) throw new Error('no key')
  return signUrl(path, token, clock.now / 1000 + forS)
}

/** As a browser asks: with no key. */
function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return access.ask(undefined, path, { headers })
}

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { code: string }).code
}

async function used(scope: string): Promise<{ lastHour: number; total: number; usdToday: number }> {
  const answer = await access.ask(access.admin, `/v1/scopes/${scope}?project=shop`)
  return ((await answer.json()) as { used: { lastHour: number; total: number; usdToday: number } }).used
}

describe('signed URLs', () => {
  test('a signature lets its URL make and show a picture; without it nothing is', async () => {
    const path = newUrl('signed')
    expect(await codeOf(await get(path))).toBe('unauthorized')
    const first = await get(sign(path))
    expect(first.status).toBe(200)
    expect(first.headers.get('x-cache-status')).toBe('MISS')
    // Signed at another time, for another time: the same picture from the same entry.
    clock.now += 5000
    const second = await get(sign(path, signing, 60))
    expect(second.headers.get('x-cache-status')).toBe('HIT')
    // A hit still needs the signature.
    expect((await get(path)).status).toBe(401)
    expect((await access.ask(key, path)).headers.get('x-cache-status')).toBe('HIT')
  })

  test('HEAD is signed as GET is, and makes nothing', async () => {
    const path = sign(newUrl('signed'))
    expect((await access.ask(undefined, path, { method: 'HEAD' })).status).toBe(404)
  })

  test.each<[string, (url: URL) => void, number, string]>([
    ['another prompt', (url) => url.searchParams.set('prompt', 'free pictures'), 403, 'bad_signature'],
    ['another scope', (url) => void (url.pathname = '/live/other'), 403, 'bad_signature'],
    ['a size that was not signed', (url) => url.searchParams.append('w', '4096'), 403, 'bad_signature'],
    ['a later end', (url) => url.searchParams.set('exp', '9999999999'), 403, 'bad_signature'],
    ['no end', (url) => url.searchParams.delete('exp'), 400, 'invalid_request'],
    ['no signature', (url) => url.searchParams.delete('sig'), 400, 'invalid_request'],
    ['no form of a signature', (url) => url.searchParams.set('sig', 'abc'), 400, 'invalid_request'],
    ['two signatures', (url) => url.searchParams.append('sig', 'x'), 400, 'invalid_request'],
    [
      'an unknown key',
      (url) => url.searchParams.set('sig', `aaaaaaaaaaaa.${'A'.repeat(43)}`),
      403,
      'bad_signature',
    ],
    [
      'the id of an API key',
      (url) => url.searchParams.set('sig', `${key.split('_')[1]}.${'A'.repeat(43)}`),
      403,
      'bad_signature',
    ],
  ])('%s is refused, in an open scope too', async (_, change, status, code) => {
    await access.setScope({ project: 'shop', name: 'wide-open', unsignedLive: true, maxPerHour: 100 })
    const url = new URL(sign(newUrl('wide-open')), 'http://pictures.example')
    change(url)
    const response = await get(url.pathname + url.search)
    expect(response.status).toBe(status)
    expect(await codeOf(response)).toBe(code)
  })

  test('it ends at its end, and no cache may show it longer', async () => {
    const path = sign(newUrl('signed'), signing, 100)
    const shown = await get(path)
    expect(shown.headers.get('cache-control')).toBe('public, max-age=60')
    expect(shown.headers.get('cdn-cache-control')).toBe('public, max-age=100')
    clock.now += 70_000
    const late = await get(path)
    expect(late.status).toBe(200)
    const age = Number(late.headers.get('age') ?? 0)
    expect(late.headers.get('cdn-cache-control')).toBe(`public, max-age=${30 + age}`)
    clock.now += 30_000
    const over = await get(path)
    expect(over.status).toBe(403)
    expect(await codeOf(over)).toBe('signature_expired')
  })

  test('several keys sign at a time; one that is rotated goes on for its grace, one that is revoked does not', async () => {
    const made = (await (
      await access.ask(access.admin, '/v1/keys', { body: { kind: 'signing', project: 'shop' } })
    ).json()) as { key: { id: string }; secret: string }
    const path = newUrl('signed')
    expect((await get(sign(path, made.secret))).status).toBe(200)
    expect((await get(sign(path))).status).toBe(200)
    const rotate = { body: { grace: '1h' } }
    const next = (await (
      await access.ask(access.admin, `/v1/keys/${made.key.id}/rotate`, rotate)
    ).json()) as { key: { id: string }; secret: string }
    expect((await get(sign(path, made.secret))).status).toBe(200)
    expect((await get(sign(path, next.secret))).status).toBe(200)
    await access.ask(access.admin, `/v1/keys/${next.key.id}`, { method: 'DELETE' })
    expect((await get(sign(path, next.secret))).status).toBe(403)
    clock.now += 3_600_001
    expect((await get(sign(path, made.secret))).status).toBe(403)
  })

  test('a key of another project shows nothing of this one', async () => {
    const path = newUrl('signed')
    await get(sign(path))
    const other = await access.makeKey({ kind: 'signing', project: 'rival' })
    const shown = await get(sign(path, other))
    expect(shown.status).toBe(200)
    expect(shown.headers.get('x-cache-status')).toBe('MISS')
    expect(shown.headers.get('x-image-id')).not.toBe((await get(sign(path))).headers.get('x-image-id'))
  })

  test('a key that is kept to a scope signs nothing else', async () => {
    const kept = await access.makeKey({ kind: 'signing', project: 'shop', scopes: ['campaign'] })
    expect((await get(sign(newUrl('campaign'), kept))).status).toBe(200)
    expect((await get(sign(newUrl('signed'), kept))).status).toBe(403)
  })
})

describe('private scopes', () => {
  test('no shared cache keeps their pictures, and their address alone shows none', async () => {
    await access.setScope({ project: 'shop', name: 'drafts', visibility: 'private' })
    const path = sign(newUrl('drafts'))
    const shown = await get(path)
    expect(shown.headers.get('cache-control')).toBe('private, max-age=60')
    for (const name of ['cdn-cache-control', 'surrogate-control', 'cache-tag', 'surrogate-key'])
      expect(shown.headers.get(name)).toBeNull()
    expect((await get(path)).headers.get('x-cache-status')).toBe('HIT')
    expect((await get(path)).headers.get('cache-control')).toMatch(/^private/u)
    const image = `/images/${shown.headers.get('x-image-id')}`
    expect((await get(image)).status).toBe(404)
    const signed = await get(sign(`${image}?w=32`))
    expect(signed.status).toBe(200)
    expect(signed.headers.get('cache-control')).toMatch(/^private, max-age=/u)
    expect((await get(sign(`${image}?w=32`).replace('w=32', 'w=48'))).status).toBe(403)
  })

  test('public ones are for CDNs', async () => {
    const shown = await get(sign(newUrl('signed'), signing, 10_000_000))
    expect(shown.headers.get('cdn-cache-control')).toBe(
      'public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800',
    )
    expect(shown.headers.get('cache-tag')).toMatch(/scope:signed/u)
  })
})

describe('open scopes', () => {
  test('need neither key nor signature, and belong to one project', async () => {
    await access.setScope({ project: 'shop', name: 'open', unsignedLive: true, maxPerHour: 2 })
    const path = newUrl('open')
    expect((await get(path)).status).toBe(200)
    expect((await get(newUrl('open'))).status).toBe(200)
    expect(await codeOf(await get(newUrl('open')))).toBe('budget_exhausted')
    expect((await get(path)).headers.get('x-cache-status')).toBe('HIT')
    const list = await (await access.ask(key, '/v1/generations?limit=100')).text()
    expect(list).toMatch(/"scope":"open"/u)
    const taken = await access.ask(access.admin, '/v1/scopes', {
      body: { project: 'rival', name: 'open', unsignedLive: true, maxTotal: 1 },
    })
    expect(taken.status).toBe(409)
    expect(await codeOf(taken)).toBe('scope_name_taken')
    // Closed again, in this moment.
    await access.setScope({ project: 'shop', name: 'open' })
    expect((await get(path)).status).toBe(401)
  })

  test('may be kept to pages of an origin', async () => {
    await access.setScope({
      project: 'shop',
      name: 'pages',
      unsignedLive: true,
      maxPerHour: 100,
      origins: ['https://shop.example'],
    })
    const path = newUrl('pages')
    expect(await codeOf(await get(path))).toBe('scope_refuses')
    expect((await get(path, { referer: 'https://rival.example/' })).status).toBe(403)
    expect((await get(path, { referer: 'https://shop.example.rival.example/' })).status).toBe(403)
    expect((await get(path, { origin: 'null', referer: 'https://shop.example/' })).status).toBe(403)
    expect((await get(path, { referer: 'https://shop.example/cart' })).status).toBe(200)
    expect((await get(path)).status).toBe(403)
    expect((await get(sign(path))).status).toBe(200)
    expect((await get(sign(path), { origin: 'https://rival.example' })).status).toBe(403)
  })

  test.each([
    [{ visibility: 'private', unsignedLive: true, maxTotal: 1 }],
    [{ unsignedLive: true }],
    [{ maxPerHour: -1 }],
    [{ maxPerHour: 1.5 }],
    [{ sizes: ['big'] }],
    [{ origins: ['https://shop.example/path'] }],
    [{ name: '../x' }],
    [{ colour: 'red' }],
  ])('%j is no scope', async (body) => {
    const answer = await access.ask(access.admin, '/v1/scopes', { body: { name: 'x', ...body } })
    expect(answer.status).toBe(400)
  })
})

describe('budgets', () => {
  test('a hundred misses at once with a budget of ten are ten generations and ninety 429', async () => {
    await access.setScope({ project: 'shop', name: 'ten', maxPerHour: 10 })
    const answers = await Promise.all(Array.from({ length: 100 }, () => get(sign(newUrl('ten')))))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(90)
    expect(await used('ten')).toMatchObject({ lastHour: 10, total: 10 })
    const [first] = refused
    expect(first?.headers.get('ratelimit-policy')).toBe('"hour";q=10;w=3600')
    expect(first?.headers.get('ratelimit')).toBe('"hour";r=0;t=3600')
    expect(first?.headers.get('retry-after')).toBe('3600')
    expect(first?.headers.get('cache-control')).toBe('no-store')
    const problem = (await first?.json()) as { code: string; detail: string }
    expect(problem.code).toBe('budget_exhausted')
    expect(problem.detail).toContain('10 new generations an hour')
    expect(problem.detail).toContain(new Date(clock.now + 3_600_000).toISOString())
    const { items } = (await (await access.ask(key, '/v1/generations?limit=100')).json()) as {
      items: { scope: string }[]
    }
    // What was refused left nothing behind.
    expect(items.filter(({ scope }) => scope === 'ten')).toHaveLength(10)
  })

  test('those who join, and those who hit, are free', async () => {
    await access.setScope({ project: 'shop', name: 'one', maxPerHour: 1 })
    const path = newUrl('one')
    const formats = ['png', 'webp', 'jpeg', 'avif']
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        index % 3 === 0
          ? access.ask(key, '/v1/generations', {
              body: { prompt: `picture ${count}`, size: '64x64', scope: 'one' },
            })
          : get(sign(path.replace('png', formats[index % 4] ?? 'png'))),
      ),
    )
    expect(answers.map(({ status }) => status).filter((status) => status > 201)).toEqual([])
    expect(await used('one')).toMatchObject({ lastHour: 1, total: 1 })
    expect((await get(sign(newUrl('one')))).status).toBe(429)
    // Another scope of the project has it already: showing it here is no generation.
    const shared = newUrl('signed')
    expect((await get(sign(shared))).status).toBe(200)
    expect((await get(sign(shared.replace('signed', 'one')))).status).toBe(200)
    expect(await used('one')).toMatchObject({ lastHour: 1, total: 1 })
  })

  test('one scope that is used up refuses nobody in another', async () => {
    await access.setScope({ project: 'shop', name: 'empty', maxTotal: 0 })
    const path = newUrl('empty')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        get(sign(index % 2 === 0 ? path : path.replace('/empty', '/signed'))),
      ),
    )
    const [refused, shown] = [0, 1].map((rest) => answers.filter((_, index) => index % 2 === rest))
    expect(shown?.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    for (const { status } of refused ?? []) expect([200, 429]).toContain(status)
    expect(await used('empty')).toMatchObject({ total: 0 })
  })

  test('the hour slides', async () => {
    await access.setScope({ project: 'shop', name: 'slide', maxPerHour: 2 })
    expect((await get(sign(newUrl('slide')))).status).toBe(200)
    clock.now += 1_800_000
    expect((await get(sign(newUrl('slide')))).status).toBe(200)
    const refused = await get(sign(newUrl('slide')))
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1800')
    clock.now += 1_800_001
    expect((await get(sign(newUrl('slide')))).status).toBe(200)
    expect((await get(sign(newUrl('slide')))).status).toBe(429)
  })

  test('all or nothing: a request for three with room for two starts none', async () => {
    await access.setScope({ project: 'shop', name: 'two', maxPerHour: 2, maxTotal: 5 })
    const body = { prompt: 'three', size: '64x64', n: 3, scope: 'two' }
    const refused = await access.ask(key, '/v1/generations', { body })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBeNull()
    expect(await used('two')).toMatchObject({ total: 0 })
    expect((await access.ask(key, '/v1/generations', { body: { ...body, n: 2 } })).status).toBe(201)
    clock.now += 3_600_001
    expect((await access.ask(key, '/v1/generations', { body: { ...body, n: 2, seed: 50 } })).status).toBe(201)
    clock.now += 3_600_001
    const total = await access.ask(key, '/v1/generations', { body: { ...body, n: 2, seed: 99 } })
    expect(total.status).toBe(429)
    expect(((await total.json()) as { detail: string }).detail).toContain('5 generations in all')
  })

  test('regenerating pays', async () => {
    await access.setScope({ project: 'shop', name: 'again', maxTotal: 1 })
    const made = await access.ask(key, '/v1/generations', {
      body: { prompt: 'again', size: '64x64', scope: 'again' },
    })
    const { id } = (await made.json()) as { id: string }
    const again = await access.ask(key, `/v1/generations/${id}/regenerate`, { method: 'POST' })
    expect(again.status).toBe(429)
    // Refused whole: the picture that was there is still the current one.
    const same = await access.ask(key, '/v1/generations', {
      body: { prompt: 'again', size: '64x64', scope: 'again' },
    })
    expect(same.status).toBe(201)
  })

  test('money: what is not known counts as assumed, what the backend told as it was', async () => {
    await access.setScope({ project: 'shop', name: 'money', maxUsdPerDay: 1, assumedUsd: 0.6 })
    const body = { prompt: 'money', size: '64x64', scope: 'money' }
    const refused = await access.ask(key, '/v1/generations', { body: { ...body, n: 2 } })
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(86_400)
    expect(((await refused.json()) as { detail: string }).detail).toContain('1 US dollars a day')
    // sketch-1 tells that it costs nothing: once a picture is stored there is room for the next.
    for (const seed of [0, 1, 2]) {
      expect((await access.ask(key, '/v1/generations', { body: { ...body, seed } })).status).toBe(201)
    }
    expect(await used('money')).toMatchObject({ usdToday: 0 })
    expect((await get(sign(newUrl('money')))).status).toBe(200)
  })

  test('the switch: what is stored is served, and nothing new is made', async () => {
    const path = newUrl('switch')
    expect((await get(sign(path))).status).toBe(200)
    await access.setScope({ project: 'shop', name: 'switch', enabled: false })
    expect((await get(sign(path))).status).toBe(200)
    expect((await get(sign(path.replace('png', 'webp')))).status).toBe(200)
    expect(await codeOf(await get(sign(newUrl('switch'))))).toBe('scope_disabled')
    expect(
      await codeOf(
        await access.ask(key, '/v1/generations', { body: { prompt: 'x1', size: '64x64', scope: 'switch' } }),
      ),
    ).toBe('scope_disabled')
    await access.ask(access.admin, '/v1/scopes/switch?project=shop', { method: 'DELETE' })
    expect((await get(sign(newUrl('switch')))).status).toBe(200)
  })

  test('models and sizes', async () => {
    await access.setScope({ project: 'shop', name: 'small', sizes: ['64x64'], models: ['default'] })
    expect((await get(sign(newUrl('small')))).status).toBe(200)
    expect(await codeOf(await get(sign(newUrl('small').replace('64x64', '128x128'))))).toBe('scope_refuses')
    expect(await codeOf(await get(sign(newUrl('small', '&model=other'))))).toBe('scope_refuses')
  })
})

describe('a placeholder', () => {
  test('is no answer to what the budget refuses, and one request is all that asking again records', async () => {
    await access.setScope({ project: 'shop', name: 'soon', maxTotal: 1 })
    const first = `${newUrl('soon')}&placeholder=1`
    const asked = await Promise.all([1, 2, 3].map(() => access.ask(key, first)))
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200])
    const refused = await access.ask(key, `${newUrl('soon')}&placeholder=1`)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('refresh')).toBeNull()
    expect(await codeOf(refused)).toBe('budget_exhausted')
    await access.setScope({ project: 'shop', name: 'soon', enabled: false })
    expect(await codeOf(await access.ask(key, `${newUrl('soon')}&placeholder=1`))).toBe('scope_disabled')
    // What is there, or under way, is shown all the same.
    expect((await access.ask(key, first)).status).toBe(200)
    expect(await used('soon')).toMatchObject({ total: 1 })
  })
})

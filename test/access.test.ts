import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayRoutes } from '../packages/server/src/gateway/gateway.ts'
import type { GatewayServices } from '../packages/server/src/gateway/services.ts'
import { bodyHash } from './support/server-process.ts'
import type { AccessPlatform } from './support/access-platform.ts'
import { startAccessPlatform } from './support/access-platform.ts'

let access: AccessPlatform
/** A key of every right but the operator's, in each of two projects. */
let keyA: string
let keyB: string
/** One key for each right of project a. */
const only: Record<string, string> = {}
/** What project a has made. */
let requestA: string
let imageA: string
let uploadA: string

/** Routes are only listed here. */
const noServices = new Proxy({}, { get: (): unknown => noServices }) as GatewayServices
const routes = gatewayRoutes(noServices)

beforeAll(async () => {
  access = await startAccessPlatform()
  const rights = ['read', 'generate', 'purge', 'scaling']
  keyA = await access.makeKey({ project: 'a', rights })
  keyB = await access.makeKey({ project: 'b', rights })
  for (const right of rights) only[right] = await access.makeKey({ project: 'a', rights: [right] })
  await access.setScope({ project: 'a', name: 'secret', visibility: 'private' })
  const made = await access.ask(keyA, '/v1/generations', {
    body: { prompt: 'a lighthouse', size: '64x64', scope: 'secret', tags: ['season'] },
  })
  const record = (await made.json()) as { id: string; images: { id: string }[] }
  requestA = record.id
  imageA = record.images[0]?.id ?? ''
  const picture = await access.ask(keyA, `/images/${imageA}.png`)
  const uploaded = await access.platform.fetch(
    new Request('http://pictures.example/v1/uploads', {
      method: 'POST',
      headers: { 'x-api-key': keyA, 'content-type': 'image/png' },
      body: await picture.arrayBuffer(),
    }),
  )
  uploadA = ((await uploaded.json()) as { id: string }).id
})

afterAll(() => access.close())

/** The path of a route with the ids of what project a has made. */
function pathOf(path: string): string {
  return path
    .replace('/v1/generations/{id}', `/v1/generations/${requestA}`)
    .replace('images/{id}', `images/${imageA}`)
    .replace('{scope}', 'secret?prompt=a+lighthouse&size=64x64')
    .replace('/v1/keys/{id}', '/v1/keys/abcdefghijkl')
    .replace('/v1/scopes/{name}', '/v1/scopes/secret')
    .replaceAll(/\{\w+\}/gu, 'x')
}

interface Problem {
  code: string
  detail: string
  error?: { code: string }
}

async function codeOf(response: Response): Promise<string> {
  const problem = (await response.json()) as Problem
  return problem.error?.code ?? problem.code
}

const guarded = routes
  .filter(({ right }) => right !== 'open')
  .map((route) => [`${route.method} ${route.path}`, route] as const)

describe('every route of the table', () => {
  test('has a right, and those that are open are known', () => {
    expect(
      routes
        .filter(({ right }) => right === 'open')
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual([
      '/',
      '/dashboard',
      '/dashboard/',
      '/dashboard/about.json',
      '/dashboard/assets/{file}',
      '/dashboard/playground',
      '/docs',
      '/favicon.svg',
      '/healthz',
      '/openapi.json',
      '/readyz',
      '/start.css',
      '/start.js',
    ])
  })

  test('pages allow no script of others, no frame, and send nobody to where they came from', async () => {
    for (const path of ['/', '/start.js', '/start.css', '/dashboard/', '/docs']) {
      const { headers } = await access.ask(undefined, path)
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'[^]*frame-ancestors 'none'/u)
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/u)
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test.each(guarded)('%s shows nothing without a key', async (_, { method, path, right }) => {
    const response = await access.ask(undefined, pathOf(path), { method })
    // A private picture is not even said to exist.
    expect(response.status).toBe(right === 'picture' && path.startsWith('/images/') ? 404 : 401)
    if (response.status === 401) {
      expect(await codeOf(response)).toBe('unauthorized')
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /u)
    }
  })

  test.each(guarded)('%s refuses a key that was never made', async (_, { method, path }) => {
    const [prefix, id] = keyA.split('_')
    for (const key of ['x', 'sk-proj-1234', keyA.slice(0, -1), `${prefix}_${id}_${'A'.repeat(43)}`]) {
      const response = await access.ask(key, pathOf(path), { method })
      expect(response.status).toBe(401)
      expect(await codeOf(response)).toBe('invalid_key')
    }
  })

  test.each(guarded)('%s wants its right', async (_, { method, path, right }) => {
    const wrong =
      right === 'picture'
        ? ['generate', 'purge']
        : ['read', 'generate', 'purge'].filter((each) => each !== right)
    for (const each of wrong) {
      const response = await access.ask(only[each], pathOf(path), { method })
      expect(response.status).toBe(403)
      expect(await codeOf(response)).toBe('forbidden')
    }
  })

  /** Routes that name something of project a: for project b there is no such thing. */
  const named = guarded.filter(
    ([, { path, right }]) => right !== 'admin' && /\/v1\/generations\/|images\/\{id\}/u.test(path),
  )
  test.each(named)('%s knows nothing of another project', async (_, { method, path }) => {
    const response = await access.ask(keyB, pathOf(path), { method })
    expect(response.status).toBe(404)
  })

  test('those that list show the own project alone', async () => {
    const lists = ['/v1/generations?limit=100', '/v1/scopes']
    for (const path of lists) {
      const text = await (await access.ask(keyB, path)).text()
      expect(JSON.parse(text)).toMatchObject({ items: [] })
      expect(await (await access.ask(keyA, path)).text()).toMatch(/secret/u)
    }
    expect((await access.ask(keyB, '/v1/scopes?project=a')).status).toBe(403)
    expect((await access.ask(keyB, '/v1/scopes/secret')).status).toBe(200)
    expect(await (await access.ask(keyB, '/v1/scopes/secret')).json()).toMatchObject({
      project: 'b',
      visibility: 'public',
      used: { total: 0 },
    })
  })
})

describe('sharing domains', () => {
  const query = '/live/shop?prompt=a+fox+of+two+projects&size=64x64&format=png'

  test('what one project has made is no hit of another, and no picture of its', async () => {
    const first = await access.ask(keyA, query)
    expect(first.headers.get('x-cache-status')).toBe('MISS')
    expect((await access.ask(keyA, query)).headers.get('x-cache-status')).toBe('HIT')
    // Neither HEAD, nor a placeholder, nor only-if-cached tell project b that it exists.
    expect((await access.ask(keyB, query, { method: 'HEAD' })).status).toBe(404)
    const cached = await access.ask(keyB, query, { headers: { 'cache-control': 'only-if-cached' } })
    expect(cached.status).toBe(504)
    const placeholder = await access.ask(keyB, `${query}&placeholder=1`)
    expect(placeholder.headers.get('cache-status')).toMatch(/placeholder/u)
    const second = await access.ask(keyB, query)
    expect(second.headers.get('x-image-id')).not.toBe(first.headers.get('x-image-id'))
    expect(second.headers.get('server-timing')).toMatch(/generation;dur=/u)
    const list = (await (await access.ask(keyB, '/v1/generations')).json()) as { items: unknown[] }
    expect(list.items).toHaveLength(1)
  })

  test('a purge of one project leaves the pictures of another', async () => {
    for (const body of [{ tags: ['scope:shop'] }, { urls: [query] }]) {
      await access.ask(keyA, query)
      await access.ask(keyB, query)
      expect((await access.ask(keyB, '/v1/purge', { body })).status).toBe(200)
      expect((await access.ask(keyA, query)).headers.get('x-cache-status')).toBe('HIT')
      expect((await access.ask(keyB, query)).headers.get('x-cache-status')).toBe('MISS')
    }
    const refused = await access.ask(keyB, '/v1/purge', { body: { everything: true } })
    expect(refused.status).toBe(403)
    expect((await access.ask(keyA, query)).headers.get('x-cache-status')).toBe('HIT')
    expect((await access.ask(access.admin, '/v1/purge', { body: { everything: true } })).status).toBe(200)
    expect((await access.ask(keyA, query)).headers.get('x-cache-status')).toBe('MISS')
  })

  test('idempotency keys belong to the API key', async () => {
    const send = async (key: string, prompt: string): Promise<{ status: number; id: string }> => {
      const answer = await access.ask(key, '/v1/generations', {
        body: { prompt, size: '64x64' },
        headers: { 'idempotency-key': 'order-1' },
      })
      return { status: answer.status, id: ((await answer.json()) as { id: string }).id }
    }
    const first = await send(keyA, 'one')
    expect(await send(keyA, 'one')).toEqual(first)
    expect((await send(keyA, 'two')).status).toBe(422)
    const other = await send(only['generate'] ?? '', 'two')
    expect(other.status).toBe(201)
    expect((await send(keyB, 'three')).status).toBe(201)
  })

  test('priority cannot be set', async () => {
    const answer = await access.ask(keyA, '/v1/generations', {
      body: { prompt: 'x', size: '64x64', priority: 'demand' },
    })
    expect(answer.status).toBe(400)
  })
})

describe('pictures by their address', () => {
  test('of a public scope are for everybody who has the address, with the key of another project for nobody', async () => {
    const made = await access.ask(keyA, '/live/open?prompt=an+address&size=64x64&format=png')
    const path = `/images/${made.headers.get('x-image-id')}`
    const shown = await access.ask(undefined, path)
    expect(shown.status).toBe(200)
    expect(shown.headers.get('cache-control')).toMatch(/^public/u)
    expect((await access.ask(keyB, path)).status).toBe(404)
    expect(await bodyHash(shown)).toBe(await bodyHash(await access.ask(keyA, path)))
  })

  test('of private scopes and uploads need a key, which no cache but its own reader’s keeps', async () => {
    for (const id of [imageA, uploadA]) {
      expect((await access.ask(undefined, `/images/${id}`)).status).toBe(404)
      expect((await access.ask(keyB, `/images/${id}`)).status).toBe(404)
      const shown = await access.ask(keyA, `/images/${id}`)
      expect(shown.status).toBe(200)
      expect(shown.headers.get('cache-control')).toMatch(/^private, max-age=\d+/u)
      expect(shown.headers.get('cdn-cache-control')).toBeNull()
      expect(shown.headers.get('vary')).toMatch(/authorization/iu)
    }
  })

  test('a key that only reads shows what is there and causes nothing', async () => {
    const query = '/live/readers?prompt=not+there+yet&size=64x64&format=png'
    expect((await access.ask(only['read'], query)).status).toBe(403)
    expect((await access.ask(only['read'], `${query}&placeholder=1`)).status).toBe(403)
    expect((await access.ask(keyA, query)).status).toBe(200)
    expect((await access.ask(only['read'], query)).headers.get('x-cache-status')).toBe('HIT')
    const otherFormat = await access.ask(only['read'], query.replace('png', 'webp'))
    expect(otherFormat.status).toBe(200)
  })
})

describe('a key that is kept to a scope', () => {
  test('asks there, reads there, and knows of nothing else', async () => {
    const key = await access.makeKey({ project: 'a', scopes: ['kept'] })
    const body = { prompt: 'kept', size: '64x64' }
    expect((await access.ask(key, '/v1/generations', { body })).status).toBe(403)
    const made = await access.ask(key, '/v1/generations', { body: { ...body, scope: 'kept' } })
    expect(made.status).toBe(201)
    expect((await access.ask(key, '/live/other?prompt=kept&size=64x64')).status).toBe(403)
    expect((await access.ask(key, '/live/kept?prompt=kept&size=64x64')).status).toBe(200)
    for (const path of ['', '/events', '/cancel', '/regenerate']) {
      const method = path === '/cancel' || path === '/regenerate' ? 'POST' : 'GET'
      expect((await access.ask(key, `/v1/generations/${requestA}${path}`, { method })).status).toBe(404)
    }
    const list = (await (await access.ask(key, '/v1/generations?limit=100')).json()) as {
      items: { scope: string }[]
    }
    expect(new Set(list.items.map(({ scope }) => scope))).toEqual(new Set(['kept']))
    expect((await access.ask(key, `/images/${imageA}`)).status).toBe(404)
    const wider = await access.ask(access.admin, '/v1/keys', {
      body: { scopes: ['kept'], rights: ['purge'] },
    })
    expect(wider.status).toBe(400)
  })
})

describe('how a key is shown', () => {
  const path = '/v1/generations'
  test('Bearer in any case, or X-API-Key, and never two different ones', async () => {
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await access.ask(undefined, path, { headers })).status
    expect(await ask({ authorization: `bearer  ${keyA}` })).toBe(200)
    expect(await ask({ 'x-api-key': keyA })).toBe(200)
    expect(await ask({ authorization: `Bearer ${keyA}`, 'x-api-key': keyA })).toBe(200)
    expect(await ask({ authorization: `Bearer ${keyA}`, 'x-api-key': keyB })).toBe(401)
    expect(await ask({ authorization: `Basic ${btoa(`x:${keyA}`)}` })).toBe(401)
    expect(await ask({ authorization: keyA })).toBe(401)
    expect((await access.ask(undefined, `${path}?api_key=${keyA}`)).status).toBe(401)
  })

  test('OpenAI’s envelope on OpenAI’s routes', async () => {
    const answer = await access.ask(undefined, '/v1/models')
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: { code: 'unauthorized' } })
  })

  test('a signing key is never sent', async () => {
    const signing = await access.makeKey({ kind: 'signing', project: 'a' })
    expect((await access.ask(signing, path)).status).toBe(401)
  })
})

describe('the life of a key', () => {
  test('expiry, revocation, rotation with its grace, and last use', async () => {
    const made = (await (
      await access.ask(access.admin, '/v1/keys', { body: { project: 'a', name: 'short', expires: '1h' } })
    ).json()) as { key: { id: string; expiresAt: string }; secret: string }
    expect(Date.parse(made.key.expiresAt) - Date.now()).toBeLessThanOrEqual(3_600_000)
    expect((await access.ask(made.secret, '/v1/generations')).status).toBe(200)

    const rotate = `/v1/keys/${made.key.id}/rotate`
    const rotated = (await (await access.ask(access.admin, rotate, { body: { grace: '30m' } })).json()) as {
      key: { id: string; name: string }
      secret: string
    }
    expect(rotated.key).toMatchObject({ name: 'short' })
    expect((await access.ask(made.secret, '/v1/generations')).status).toBe(200)
    expect((await access.ask(rotated.secret, '/v1/generations')).status).toBe(200)
    expect((await access.ask(access.admin, rotate, { body: {} })).status).toBe(403)
    const noGrace = (await (
      await access.ask(access.admin, `/v1/keys/${rotated.key.id}/rotate`, { body: { grace: '0s' } })
    ).json()) as { key: { id: string }; secret: string }
    expect((await access.ask(rotated.secret, '/v1/generations')).status).toBe(401)
    expect((await access.ask(noGrace.secret, '/v1/generations')).status).toBe(200)

    const revoke = { method: 'DELETE' }
    expect((await access.ask(access.admin, `/v1/keys/${noGrace.key.id}`, revoke)).status).toBe(200)
    expect((await access.ask(noGrace.secret, '/v1/generations')).status).toBe(401)
    expect((await access.ask(access.admin, `/v1/keys/${noGrace.key.id}`, revoke)).status).toBe(200)
    expect((await access.ask(access.admin, '/v1/keys/aaaaaaaaaaaa', revoke)).status).toBe(404)
    expect((await access.ask(access.admin, `/v1/keys/${noGrace.key.id}/rotate`, { body: {} })).status).toBe(
      403,
    )

    const { items } = (await (await access.ask(access.admin, '/v1/keys?project=a')).json()) as {
      items: { id: string; state: string; name: string }[]
    }
    const states = items.filter(({ name }) => name === 'short').map(({ state }) => state)
    expect(states.toSorted()).toEqual(['expired', 'revoked', 'usable'])
    expect(JSON.stringify(items)).not.toContain(made.secret.split('_')[2])
  })

  test.each([
    [{ rights: [] }],
    [{ rights: ['root'] }],
    [{ kind: 'signing', rights: ['read'] }],
    [{ expires: 'soon' }],
    [{ expires: '0d' }],
    [{ project: 'A B' }],
    [{ name: '<script>' }],
    [{ scopes: ['../x'] }],
    [{ secret: 'mine' }],
    [{ ratePerMinute: -1 }],
  ])('%j is no key', async (body) => {
    expect((await access.ask(access.admin, '/v1/keys', { body })).status).toBe(400)
  })
})

describe('acts are written down', () => {
  test('who, what, where, and never a secret', async () => {
    const { items } = (await (await access.ask(access.admin, '/v1/audit?limit=100')).json()) as {
      items: { act: string; actor: string }[]
    }
    const acts = new Set(items.map(({ act }) => act))
    expect(acts).toContain('key.create')
    expect(acts).toContain('key.revoke')
    expect(acts).toContain('scope.set')
    expect(acts).toContain('purge')
    expect(new Set(items.map(({ actor }) => actor))).toContain('cli')
    const first = (await (await access.ask(access.admin, '/v1/audit?limit=1')).json()) as {
      items: unknown[]
      nextCursor: string
    }
    const next = await access.ask(access.admin, `/v1/audit?limit=1&cursor=${first.nextCursor}`)
    expect(((await next.json()) as { items: unknown[] }).items).not.toEqual(first.items)
  })
})

describe('requests are counted', () => {
  test('for each key, and the answer says how many are left', async () => {
    const key = await access.makeKey({ project: 'counted', ratePerMinute: 5 })
    const answers = await Promise.all(Array.from({ length: 12 }, () => access.ask(key, '/v1/models')))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(7)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused[0]?.headers.get('ratelimit-policy')).toBe('"requests";q=5;w=60')
    expect(refused[0]?.headers.get('ratelimit')).toMatch(/^"requests";r=0;t=\d+$/u)
    const left = answers
      .filter(({ status }) => status === 200)
      .map((answer) => answer.headers.get('ratelimit'))
    expect(left.map((text) => Number(/r=(\d)/u.exec(text ?? '')?.[1])).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4,
    ])
    const other = await access.makeKey({ project: 'counted' })
    expect((await access.ask(other, '/v1/models')).status).toBe(200)
  })
})

test('no key is in a log, and none in the database', async () => {
  const shown = [access.admin, keyA, keyB, ...Object.values(only)]
  await access.ask(`${keyA}x`, '/v1/generations')
  await access.ask(undefined, `/v1/generations?q=${keyA}`)
  await access.ask(keyA, `/live/shop?prompt=x&sig=${keyA}`)
  const logged = access.logged()
  expect(logged).toContain('"path":"/v1/generations"')
  const secrets = shown.map((key) => key.split('_').slice(2).join('_'))
  for (const secret of secrets) expect(logged).not.toContain(secret)
  // Every file: tables, indexes, the write-ahead log, the server's own secret and the objects.
  const files = await readdir(access.dataDir, { recursive: true, withFileTypes: true })
  const bytes = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name))),
  )
  expect(bytes.some((content) => content.includes('a lighthouse'))).toBe(true)
  for (const secret of secrets) expect(bytes.some((content) => content.includes(secret))).toBe(false)
})

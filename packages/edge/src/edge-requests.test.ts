import { describe, expect, it } from 'vitest'
import { createKit, gate, ok, statusOf } from './testing/edge-test-kit.ts'

const fresh = { 'cache-control': 'max-age=3600', etag: '"v1"' }

describe('what clients ask of the cache', () => {
  it('makes a reload cost one validation, never a second picture', async () => {
    const { get, calls } = createKit(({ request }) =>
      request.headers.get('if-none-match') === '"v1"'
        ? new Response(null, { status: 304, headers: fresh })
        : ok(fresh),
    )
    await get('/a')
    for (const headers of [
      { 'cache-control': 'no-cache' },
      { 'cache-control': 'max-age=0' },
      { pragma: 'no-cache' },
    ]) {
      const response = await get('/a', headers)
      expect(statusOf(response)).toMatch(/^HIT: darkroom; fwd=request; fwd-status=304; stored; ttl=3600/)
      expect([response.status, await response.text()]).toEqual([200, 'picture'])
    }
    expect(calls.map(({ context }) => context.reason)).toEqual([
      'miss',
      'revalidate',
      'revalidate',
      'revalidate',
    ])
  })

  it('can be told to ignore reloads', async () => {
    const { get, calls } = createKit(() => ok(fresh), { profile: { clientDirectives: 'ignore' } })
    await get('/a')
    expect(statusOf(await get('/a', { 'cache-control': 'no-cache' }))).toContain('HIT: darkroom; hit')
    expect(calls).toHaveLength(1)
  })

  it('answers only-if-cached without the origin', async () => {
    const { get, calls } = createKit(() => ok(fresh))
    const absent = await get('/a', { 'cache-control': 'only-if-cached' })
    expect([absent.status, absent.headers.get('x-cache-status')]).toEqual([504, 'MISS'])
    expect(calls).toHaveLength(0)
    await get('/a')
    expect((await get('/a', { 'cache-control': 'only-if-cached' })).status).toBe(200)
  })

  it('stores nothing for a request with no-store, but may answer it from the store', async () => {
    const { get, calls, edge } = createKit(() => ok(fresh))
    await get('/a', { 'cache-control': 'no-store' })
    expect(edge.stats().objects).toBe(0)
    await get('/a')
    expect(statusOf(await get('/a', { 'cache-control': 'no-store' }))).toContain('HIT')
    expect(calls).toHaveLength(2)
  })

  it('keeps answers to Authorization to their clients unless they are public', async () => {
    const { get, calls } = createKit(({ request }) =>
      ok({ 'cache-control': request.url.endsWith('public') ? 'public, max-age=9' : 'max-age=9' }),
    )
    const bearer = { authorization: 'Bearer x' }
    await get('/own', bearer)
    await get('/own', bearer)
    await get('/public', bearer)
    expect(statusOf(await get('/public', bearer))).toContain('HIT')
    expect(calls).toHaveLength(3)
  })
})

describe('other methods', () => {
  it('are passed on with their bodies, and drop what they made out of date', async () => {
    const { get, calls } = createKit(async ({ request }) =>
      request.method === 'GET'
        ? ok(fresh)
        : new Response(await request.text(), {
            status: 201,
            headers: { location: '/b', 'content-location': 'http://evil.test/c' },
          }),
    )
    for (const path of ['/a', '/b', 'http://evil.test/c']) await get(path)
    const posted = await get('/a', {}, { method: 'POST', body: 'new' })
    expect([posted.status, await posted.text()]).toEqual([201, 'new'])
    expect(statusOf(posted)).toContain('MISS: darkroom; fwd=method; fwd-status=201')
    expect(statusOf(await get('/a'))).toContain('MISS')
    expect(statusOf(await get('/b'))).toContain('MISS')
    expect(statusOf(await get('http://evil.test/c'))).toContain('HIT')
    expect(calls).toHaveLength(6)
  })

  it('change nothing when they fail or are safe', async () => {
    const { get } = createKit(({ request }) =>
      request.method === 'GET'
        ? ok(fresh)
        : new Response(null, { status: request.method === 'OPTIONS' ? 204 : 500 }),
    )
    await get('/a')
    expect((await get('/a', {}, { method: 'DELETE' })).status).toBe(500)
    expect((await get('/a', {}, { method: 'OPTIONS' })).status).toBe(204)
    expect(statusOf(await get('/a'))).toContain('HIT')
  })
})

describe('permission to ask the origin', () => {
  it('is asked for misses and validations, and never for hits', async () => {
    const { get, clock } = createKit(({ request }) =>
      request.headers.has('if-none-match') ? new Response(null, { status: 304 }) : ok(fresh),
    )
    const asked: string[] = []
    const mayForward = (reason: string): void => void asked.push(reason)
    await get('/a', {}, { mayForward })
    await get('/a', {}, { mayForward })
    clock.advanceS(3600)
    await get('/a', {}, { mayForward })
    expect(asked).toEqual(['miss', 'revalidate'])
  })

  it('refuses a joiner before it joins, and nobody else', async () => {
    const opened = gate<Response>()
    const { get, calls } = createKit(() => opened.promise)
    const leader = get('/a')
    const refused = await get(
      '/a',
      {},
      { mayForward: async () => new Response('over budget', { status: 429 }) },
    )
    expect([refused.status, statusOf(refused)]).toEqual([429, 'MISS: darkroom; detail=refused'])
    opened.resolve(ok(fresh))
    expect((await leader).status).toBe(200)
    expect(calls).toHaveLength(1)
  })

  it('looks again after a slow permission', async () => {
    const permission = gate()
    const { get, calls } = createKit(() => ok(fresh))
    const waiting = get('/a', {}, { mayForward: () => permission.promise })
    await get('/a')
    permission.resolve()
    expect(statusOf(await waiting)).toContain('HIT')
    expect(calls).toHaveLength(1)
  })
})

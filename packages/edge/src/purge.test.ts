import { describe, expect, it } from 'vitest'
import { createKit, gate, ok, settle, statusOf } from './testing/edge-test-kit.ts'

const tagged = {
  'cdn-cache-control': 'max-age=3600, stale-while-revalidate=60',
  etag: '"v1"',
  'cache-tag': 'red shoes,sale',
  'surrogate-key': 'img_1',
}
const domain = ''

describe('a purge', () => {
  it.each([
    ['a tag', { tags: ['sale'] }],
    ['a tag as it was given', { tags: ['red shoes'] }],
    ['a surrogate key', { tags: ['img_1'] }],
    ['a tag without a header', { tags: ['inner'] }],
    ['a URL', { urls: ['http://shop.test/a'] }],
    ['a key', { keys: ['http://shop.test/a'] }],
    ['everything', { everything: true }],
    ['everything everywhere', { everything: true, allDomains: true }],
  ])('by %s is seen by the next request', async (_name, selection) => {
    const { get, calls, edge } = createKit(({ context }) => {
      context.addTags(['inner'])
      return ok(tagged)
    })
    await get('/a')
    expect(await edge.purge({ ...selection, domain })).toEqual({ purged: 1 })
    expect(await edge.purge({ ...selection, domain })).toEqual({ purged: 0 })
    expect(statusOf(await get('/a'))).toContain('fwd=uri-miss')
    expect(calls[1]?.context.reason).toBe('miss')
    await settle()
    expect(edge.stats().objects).toBe(1)
  })

  it('hits nothing of another domain, and nothing else', async () => {
    const { get, calls, edge } = createKit(() => ok(tagged))
    for (const inDomain of ['one', 'two']) await get('/a', {}, { domain: inDomain })
    expect(
      await edge.purge({ tags: ['other', 'sal', ''], urls: ['http://shop.test/b'], domain: 'one' }),
    ).toEqual({ purged: 0 })
    expect(await edge.purge({ domain: 'one' })).toEqual({ purged: 0 })
    expect(await edge.purge({ tags: ['sale'], domain: 'one' })).toEqual({ purged: 1 })
    expect(statusOf(await get('/a', {}, { domain: 'two' }))).toContain('HIT')
    expect(statusOf(await get('/a', {}, { domain: 'one' }))).toContain('MISS')
    expect(await edge.purge({ everything: true, domain: 'two' })).toEqual({ purged: 1 })
    await settle()
    expect(await edge.purge({ everything: true, allDomains: true, domain: '' })).toEqual({ purged: 1 })
    expect(calls).toHaveLength(3)
  })

  it('without a domain is of the one that requests have without one', async () => {
    const { get, edge } = createKit(() => ok(tagged))
    await get('/a')
    await get('/a', {}, { domain: 'one' })
    expect(await edge.purge({ tags: ['sale'] })).toEqual({ purged: 1 })
    expect(statusOf(await get('/a'))).toContain('MISS')
    expect(statusOf(await get('/a', {}, { domain: 'one' }))).toContain('HIT')
    await settle()
  })

  it('refuses a URL that is none', async () => {
    const { edge } = createKit(() => ok())
    await expect(edge.purge({ urls: ['/a'], domain })).rejects.toThrow('absolute URLs')
  })

  it('takes all variants of a URL', async () => {
    const { get, calls, edge } = createKit(() => ok({ ...tagged, vary: 'accept' }))
    for (const accept of ['image/webp', 'image/avif']) await get('/a', { accept })
    expect(await edge.purge({ urls: ['http://shop.test/a#x'], domain })).toEqual({ purged: 2 })
    for (const accept of ['image/webp', 'image/avif']) await get('/a', { accept })
    expect(calls).toHaveLength(4)
  })

  it('marks stale when it is soft: served, refreshed by a 304, fresh again', async () => {
    const { get, calls, clock, edge } = createKit(({ number }) =>
      number === 1 ? ok(tagged) : new Response(null, { status: 304, headers: tagged }),
    )
    await get('/a')
    clock.advanceS(10)
    expect(await edge.purge({ tags: ['sale'], soft: true, domain })).toEqual({ purged: 1 })
    clock.advanceS(5)
    expect(statusOf(await get('/a'))).toBe('STALE: darkroom; hit; ttl=-5')
    await settle()
    expect(statusOf(await get('/a'))).toBe('HIT: darkroom; hit; ttl=3600')
    expect(calls.map(({ context }) => context.reason)).toEqual(['miss', 'revalidate'])
  })
})

describe('a purge that races a fill', () => {
  it.each([
    ['tag', { tags: ['sale'] }],
    ['URL', { urls: ['http://shop.test/a'] }],
    ['key', { keys: ['http://shop.test/a'] }],
    ['everything', { everything: true }],
  ])('keeps the old answer from being stored, by %s', async (_name, selection) => {
    const opened = gate<Response>()
    const { get, calls, edge } = createKit(({ number }) =>
      number === 1 ? opened.promise : ok(tagged, 'new'),
    )
    const asked = get('/a')
    await edge.purge({ ...selection, domain })
    opened.resolve(ok(tagged, 'old'))
    expect(await (await asked).text()).toBe('old')
    expect(edge.stats().objects).toBe(0)
    expect(await (await get('/a')).text()).toBe('new')
    expect(calls).toHaveLength(2)
  })

  it('sends those who joined to ask anew, together', async () => {
    const first = gate<Response>()
    const second = gate<Response>()
    const { get, calls, edge } = createKit(({ number }) => (number === 1 ? first.promise : second.promise))
    const leader = get('/a')
    const before = Array.from({ length: 50 }, () => get('/a'))
    await edge.purge({ tags: ['sale'], domain })
    const after = Array.from({ length: 50 }, () => get('/a'))
    first.resolve(ok(tagged, 'old'))
    expect(await (await leader).text()).toBe('old')
    second.resolve(ok(tagged, 'new'))
    for (const request of [...before, ...after]) expect(await (await request).text()).toBe('new')
    expect(calls).toHaveLength(2)
  })

  it('lets a soft-purged fill in, as stale', async () => {
    const opened = gate<Response>()
    const { get, edge } = createKit(({ number }) =>
      number === 1 ? opened.promise : new Response(null, { status: 304 }),
    )
    const asked = get('/a')
    await edge.purge({ tags: ['sale'], soft: true, domain })
    opened.resolve(ok(tagged))
    await asked
    expect(statusOf(await get('/a'))).toContain('STALE')
  })

  it('refuses a refresh that began before it', async () => {
    const refreshed = gate<Response>()
    const { get, clock, edge } = createKit(({ number }) => (number === 1 ? ok(tagged) : refreshed.promise))
    await get('/a')
    clock.advanceS(3601)
    await get('/a')
    await edge.purge({ tags: ['sale'], domain })
    refreshed.resolve(new Response(null, { status: 304, headers: tagged }))
    await settle()
    expect(edge.stats().objects).toBe(0)
  })
})

it('does not store an answer with more tags than can be kept', async () => {
  const warnings: string[] = []
  const { get, edge } = createKit(
    () => ok({ ...tagged, 'cache-tag': Array.from({ length: 2000 }, (_, i) => `t${i}`).join() }),
    {
      log: { warn: (_fields, message) => void warnings.push(message) },
    },
  )
  expect((await get('/a')).status).toBe(200)
  expect([edge.stats().objects, warnings.length]).toEqual([0, 1])
})

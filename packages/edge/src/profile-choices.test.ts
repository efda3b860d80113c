import { describe, expect, it } from 'vitest'
import { preferredLanguage } from './policy/languages.ts'
import { conformanceProfile } from './policy/profile.ts'
import { createKit, gate, ok, settle, statusOf } from './testing/edge-test-kit.ts'

describe('the answer to a POST', () => {
  const kept = { 'cache-control': 'max-age=60', 'content-location': '/form', etag: '"p"' }

  function createForm(headers: Record<string, string>, profile: object = conformanceProfile) {
    return createKit(
      ({ request, number }) =>
        ok({ ...(request.method === 'POST' ? headers : { 'cache-control': 'max-age=60' }) }, `${number}`),
      { profile },
    )
  }

  it('is that of later GETs where it says so, in place of what they had', async () => {
    const { get, calls } = createForm(kept)
    expect(await (await get('/form')).text()).toBe('1')
    const posted = await get('/form', {}, { method: 'POST', body: 'x' })
    expect([await posted.text(), statusOf(posted)]).toEqual([
      '2',
      expect.stringContaining('fwd=method; fwd-status=200; stored'),
    ])
    const later = await get('/form')
    expect([await later.text(), later.headers.get('x-cache-status'), calls.length]).toEqual(['2', 'HIT', 2])
  })

  it.each([
    ['the profile keeps none', kept, {}],
    ['it names another URL', { ...kept, 'content-location': '/other' }, conformanceProfile],
    ['it names none', { 'cache-control': 'max-age=60' }, conformanceProfile],
    [
      'it has no time',
      { 'content-location': '/form', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
      conformanceProfile,
    ],
    ['it must not be stored', { ...kept, 'cache-control': 'no-store, max-age=60' }, conformanceProfile],
    ['it is for one client', { ...kept, 'cache-control': 'private, max-age=60' }, conformanceProfile],
  ])('is not where %s, and invalidates all the same', async (_why, headers, profile) => {
    const { get, calls } = createForm(headers, profile)
    await get('/form')
    expect(await (await get('/form', {}, { method: 'POST', body: 'x' })).text()).toBe('2')
    expect([await (await get('/form')).text(), calls.length]).toEqual(['3', 3])
  })

  it.each([{ tags: ['t'] }, { urls: ['http://shop.test/form'] }, { everything: true }])(
    'is not kept after a purge by %o while it was made',
    async (purge) => {
      const begun = gate()
      const { edge, get } = createKit(
        async ({ request, number }) => {
          if (request.method !== 'POST') return ok({ 'cache-control': 'max-age=60' }, `${number}`)
          await begun.promise
          return ok({ ...kept, 'cache-tag': 't' }, `${number}`)
        },
        { profile: conformanceProfile },
      )
      const posting = get('/form', {}, { method: 'POST', body: 'x' })
      await settle()
      await edge.purge({ ...purge, domain: '' })
      begun.resolve()
      expect(await (await posting).text()).toBe('1')
      expect(await (await get('/form')).text()).toBe('2')
    },
  )
})

describe('languages', () => {
  it.each([
    ['en', 'en'],
    ['fr;q=0.5, DE;q=1.0', 'de'],
    ['en, de', undefined],
    ['en;q=0.8, de;q=0.8, fr;q=0.9', 'fr'],
    ['en;q=0', undefined],
    ['', undefined],
    ['en;q=2, de;q=0.1', 'de'],
    ['*', undefined],
  ])('likes best of %j: %s', (list, language) => {
    expect(preferredLanguage(list)).toBe(language)
  })

  const german = {
    'cache-control': 'max-age=60',
    vary: 'Accept-Language, X-Shop',
    'content-language': 'de',
  }

  it('are one wish in any order, and served in the one liked best, where the profile negotiates', async () => {
    const { edge, get, calls } = createKit(() => ok(german), { profile: { negotiateLanguage: true } })
    await get('/a', { 'accept-language': 'en, de', 'x-shop': '1' })
    for (const wish of ['de,en', 'fr;q=0.5, de', 'DE']) {
      expect(
        (await get('/a', { 'accept-language': wish, 'x-shop': '1' })).headers.get('x-cache-status'),
      ).toBe('HIT')
    }
    const peeked = new Request('http://shop.test/a', { headers: { 'accept-language': 'de', 'x-shop': '1' } })
    expect(edge.peek(peeked)?.status).toBe(200)
    expect(calls).toHaveLength(1)
    // Another shop, another language, or no wish at all.
    await get('/a', { 'accept-language': 'de', 'x-shop': '2' })
    await get('/a', { 'accept-language': 'fr, de;q=0.9', 'x-shop': '1' })
    await get('/a', { 'x-shop': '1' })
    expect(calls).toHaveLength(4)
  })

  it('are compared as they stand by default', async () => {
    const { get, calls } = createKit(() => ok(german))
    for (const wish of ['en, de', 'de, en', 'de']) await get('/a', { 'accept-language': wish })
    expect(calls).toHaveLength(3)
  })
})

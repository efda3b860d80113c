import { describe, expect, it } from 'vitest'
import { createKit, ok, startMs, statusOf } from './testing/edge-test-kit.ts'
import { formatHttpDate } from './headers/http-date.ts'

const fresh = { 'cache-control': 'max-age=3600', etag: '"v1"' }

describe('a hit', () => {
  it('is answered from the store, with its age and the freshness left', async () => {
    const { get, calls, clock } = createKit(() => ok(fresh))
    const first = await get('/a')
    expect(statusOf(first)).toBe(
      'MISS: darkroom; fwd=uri-miss; fwd-status=200; stored; ttl=3600; key="http://shop.test/a"',
    )
    expect(first.headers.has('age')).toBe(false)
    clock.advanceS(100)
    const second = await get('/a')
    expect(statusOf(second)).toBe('HIT: darkroom; hit; ttl=3500')
    expect(second.headers.get('age')).toBe('100')
    expect(second.headers.get('etag')).toBe('"v1"')
    expect(second.headers.get('date')).toBe(formatHttpDate(startMs))
    expect(await second.text()).toBe('picture')
    expect(calls).toHaveLength(1)
  })

  it('is bytes for bytes what the origin sent, however large, for everyone anew', async () => {
    const bytes = new Uint8Array(300_000).map((_, index) => index % 251)
    const { get } = createKit(() => ok(fresh, bytes))
    for (const response of [await get('/a'), await get('/a'), await get('/a')]) {
      expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), bytes)).toBe(0)
      expect(response.headers.get('content-length')).toBe('300000')
    }
  })

  it('belongs to its domain and its key', async () => {
    const { get, calls } = createKit(() => ok(fresh))
    await get('/a', {}, { domain: 'one' })
    await get('/a', {}, { domain: 'two' })
    await get('/a?x', {}, { domain: 'one' })
    expect(calls).toHaveLength(3)
    expect(calls.map(({ context }) => context.domain)).toEqual(['one', 'two', 'one'])
    expect(statusOf(await get('/a#part', {}, { domain: 'one' }))).toContain('HIT')
  })

  it('uses the key that the application gives', async () => {
    const keyOf = (request: Request) => new URL(request.url).searchParams.get('prompt') ?? ''
    const { get, calls } = createKit(() => ok(fresh), { keyOf })
    await get('/live?prompt=boat&x=1')
    expect(statusOf(await get('/live?x=2&prompt=boat'))).toContain('HIT')
    expect(calls).toHaveLength(1)
  })

  it('does not show tags, unless a CDN needs them, nor what described one run', async () => {
    const headers = { ...fresh, 'cache-tag': 'a,b', 'surrogate-key': 'a b', 'server-timing': 'draw;dur=1' }
    const hidden = createKit(() => ok(headers))
    expect((await hidden.get('/a')).headers.get('server-timing')).toBe('draw;dur=1')
    const hit = await hidden.get('/a')
    expect(['cache-tag', 'surrogate-key', 'server-timing'].map((name) => hit.headers.get(name))).toEqual([
      null,
      null,
      null,
    ])
    const shown = createKit(() => ok(headers), { forwardSurrogateHeaders: true })
    await shown.get('/a')
    expect((await shown.get('/a')).headers.get('cache-tag')).toBe('a,b')
  })

  it('keeps fields that were meant for one client from others', async () => {
    const headers = {
      'cache-control': 'max-age=9, private="x-one", no-cache="x-two"',
      'x-one': '1',
      'x-two': '2',
    }
    const { get } = createKit(() => ok(headers))
    expect((await get('/a')).headers.get('x-one')).toBe('1')
    const hit = await get('/a')
    expect([hit.headers.get('x-one'), hit.headers.get('x-two')]).toEqual([null, null])
    expect(statusOf(hit)).toContain('HIT')
  })

  it('drops hop-by-hop fields and names caches nearer to the origin first', async () => {
    const headers = { ...fresh, connection: 'x-hop', 'x-hop': '1', 'cache-status': 'inner; hit' }
    const { get } = createKit(() => ok(headers))
    await get('/a')
    const hit = await get('/a')
    expect([hit.headers.get('connection'), hit.headers.get('x-hop')]).toEqual([null, null])
    expect(hit.headers.get('cache-status')).toBe('inner; hit, darkroom; hit; ttl=3600')
  })

  it('can be peeked at', async () => {
    const { get, edge, clock } = createKit(() => ok(fresh))
    const request = new Request('http://shop.test/a')
    expect(edge.peek(request)).toBeUndefined()
    await get('/a')
    const peeked = edge.peek(request)
    const fetched = await edge.fetch(request)
    expect(peeked?.status).toBe(200)
    expect(Object.fromEntries(peeked?.headers ?? [])).toEqual(Object.fromEntries(fetched.headers))
    expect(Buffer.from(peeked?.body ?? []).toString()).toBe('picture')
    for (const headers of [
      { range: 'bytes=0-1' },
      { 'if-none-match': '"v1"' },
      { 'cache-control': 'no-cache' },
    ]) {
      expect(
        edge.peek(new Request(request.url, { headers: headers as Record<string, string> })),
      ).toBeUndefined()
    }
    expect(edge.peek(request, { domain: 'other' })).toBeUndefined()
    clock.advanceS(3600)
    expect(edge.peek(request)).toBeUndefined()
  })
})

describe('conditions and parts', () => {
  it('answers 304 with the fields that a client needs', async () => {
    const headers = {
      ...fresh,
      'content-type': 'image/png',
      'last-modified': formatHttpDate(startMs - 1e6),
      vary: 'accept',
    }
    const { get, calls } = createKit(() => ok(headers))
    // Also where nothing is stored yet: the origin makes the whole, for everybody.
    for (const expected of ['MISS', 'HIT']) {
      const response = await get('/a', { 'if-none-match': '"v1"' })
      expect(response.status).toBe(304)
      expect(response.headers.get('x-cache-status')).toBe(expected)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        etag: '"v1"',
        vary: 'accept',
        'cache-control': 'max-age=3600',
      })
      const left = ['content-type', 'content-length', 'last-modified'].map((name) =>
        response.headers.get(name),
      )
      expect(left).toEqual([null, null, null])
    }
    expect((await get('/a', { 'if-none-match': '"v0"' })).status).toBe(200)
    expect((await get('/a', { 'if-modified-since': formatHttpDate(startMs) })).status).toBe(304)
    expect(calls).toHaveLength(1)
    expect(calls[0]?.request.headers.get('if-none-match')).toBeNull()
  })

  it('cuts ranges from the whole', async () => {
    const { get, calls } = createKit(() => ok(fresh, '0123456789'))
    for (const expected of ['MISS', 'HIT']) {
      const part = await get('/a', { range: 'bytes=2-4' })
      expect([part.status, part.headers.get('content-range'), part.headers.get('content-length')]).toEqual([
        206,
        'bytes 2-4/10',
        '3',
      ])
      expect(part.headers.get('x-cache-status')).toBe(expected)
      expect(await part.text()).toBe('234')
    }
    const beyond = await get('/a', { range: 'bytes=10-' })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10'])
    const other = await get('/a', { range: 'bytes=2-4', 'if-range': '"v0"' })
    expect([other.status, await other.text()]).toEqual([200, '0123456789'])
    expect((await get('/a', { range: 'bytes=0-1', 'if-none-match': '"v1"' })).status).toBe(304)
    expect(calls).toHaveLength(1)
  })

  it('answers HEAD from a stored GET and never causes one', async () => {
    const { get, calls } = createKit(({ request }) =>
      request.method === 'HEAD' ? new Response(null, { headers: fresh }) : ok(fresh),
    )
    expect(statusOf(await get('/a', {}, { method: 'HEAD' }))).toContain(
      'MISS: darkroom; fwd=uri-miss; fwd-status=200; key=',
    )
    expect(statusOf(await get('/a', {}, { method: 'HEAD' }))).toContain('MISS')
    await get('/a')
    const head = await get('/a', {}, { method: 'HEAD' })
    expect(statusOf(head)).toContain('HIT')
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['7', ''])
    expect(calls.map(({ request }) => request.method)).toEqual(['HEAD', 'HEAD', 'GET'])
  })

  it('passes on what only the origin may decide', async () => {
    const { get, calls } = createKit(
      ({ request }) => new Response(null, { status: request.headers.has('if-match') ? 412 : 200 }),
    )
    const response = await get('/a', { 'if-match': '"x"' })
    expect(response.status).toBe(412)
    expect(statusOf(response)).toContain('fwd=bypass; fwd-status=412')
    expect(calls[0]?.context.reason).toBe('bypass')
  })
})

describe('Vary', () => {
  const answer = ({ request }: { request: Request }) =>
    ok({ ...fresh, vary: 'Accept-Language' }, request.headers.get('accept-language') ?? 'none')

  it('keeps one variant for each normalised value', async () => {
    const { get, calls } = createKit(answer)
    expect(await (await get('/a', { 'accept-language': 'en, de' })).text()).toBe('en, de')
    const same = await get('/a', { 'accept-language': 'EN ,de' })
    expect(statusOf(same)).toContain('HIT')
    const other = await get('/a', { 'accept-language': 'fr' })
    expect(statusOf(other)).toContain('fwd=vary-miss')
    expect(statusOf(await get('/a'))).toContain('fwd=vary-miss')
    expect(await (await get('/a', { 'accept-language': 'fr' })).text()).toBe('fr')
    expect(calls).toHaveLength(3)
  })

  it('folds values as the application says', async () => {
    const { get, calls } = createKit(answer, { foldVary: (_name, value) => value.slice(0, 2) })
    await get('/a', { 'accept-language': 'de-AT' })
    expect(statusOf(await get('/a', { 'accept-language': 'de-CH' }))).toContain('HIT')
    expect(calls).toHaveLength(1)
  })

  it('never stores Vary: *', async () => {
    const { get, calls } = createKit(() => ok({ ...fresh, vary: '*' }))
    await get('/a')
    expect(statusOf(await get('/a'))).toContain('MISS')
    expect(calls).toHaveLength(2)
  })
})

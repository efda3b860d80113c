import { createLedger } from '@darkroom/once'
import { describe, expect, it } from 'vitest'
import type { KitRequest } from './testing/edge-test-kit.ts'
import { createKit, gate, ok, settle, statusOf } from './testing/edge-test-kit.ts'

const fresh = { 'cache-control': 'max-age=3600', etag: '"v1"' }
const thousand = Array.from({ length: 1000 }, (_, index) => index)

describe('a stampede', () => {
  it('is one call of the origin, and who hangs up half way costs nobody anything', async () => {
    const opened = gate<Response>()
    const ledger = createLedger()
    const { get, calls, edge } = createKit(() => opened.promise, { ledger })
    const leaving = new AbortController()
    const gone = new Error('hung up')
    // The very first, for whom the origin runs, leaves as well.
    const leaves = (index: number): boolean => index % 10 === 0
    const options = (index: number): KitRequest => (leaves(index) ? { signal: leaving.signal } : {})
    const requests = thousand.map((index) => get('/a', {}, options(index)))
    const outcomes = Promise.allSettled(requests)
    leaving.abort(gone)
    await expect(requests[0]).rejects.toBe(gone)
    opened.resolve(ok(fresh))
    for (const [index, outcome] of (await outcomes).entries()) {
      if (leaves(index)) expect(outcome).toEqual({ status: 'rejected', reason: gone })
      else expect(outcome.status === 'fulfilled' && (await outcome.value.text())).toBe('picture')
    }
    expect(calls).toHaveLength(1)
    expect(edge.stats()).toMatchObject({ misses: 900, objects: 1, inFlight: 0 })
    expect(statusOf((await requests[1]) ?? Response.error())).toContain('; stored; collapsed; ttl=3600')
    expect(ledger.snapshot().total).toMatchObject({ ran: 1, joined: 900 })
  })

  it('is finished for the store when everybody has left', async () => {
    const opened = gate<Response>()
    const { get, calls } = createKit(() => opened.promise)
    const leaving = new AbortController()
    const request = get('/a', {}, { signal: leaving.signal })
    leaving.abort()
    await expect(request).rejects.toThrow('aborted')
    expect(calls[0]?.request.signal.aborted).toBe(false)
    opened.resolve(ok(fresh))
    await settle()
    expect(statusOf(await get('/a'))).toContain('HIT')
  })

  it('is joined by who comes when everybody else has left', async () => {
    const opened = gate<Response>()
    const { get, calls } = createKit(() => opened.promise)
    const leaving = new AbortController()
    const gone = get('/a', {}, { signal: leaving.signal })
    leaving.abort(new Error('hung up'))
    await expect(gone).rejects.toThrow('hung up')
    const next = get('/a')
    opened.resolve(ok(fresh))
    expect(statusOf(await next)).toContain('collapsed')
    expect(calls).toHaveLength(1)
  })

  it('keeps fields that were meant for one from those who joined', async () => {
    const opened = gate<Response>()
    const { get } = createKit(() => opened.promise)
    const both = [get('/a'), get('/a')]
    opened.resolve(ok({ 'cache-control': 'max-age=9, private="x-one"', 'x-one': '1' }))
    const seen = await Promise.all(both.map(async (each) => (await each).headers.get('x-one')))
    expect(seen).toEqual(['1', null])
  })

  it('has everybody validate for himself what must be validated at each use', async () => {
    const first = gate<Response>()
    const { get, calls } = createKit(({ number, request }) => {
      if (number === 1) return first.promise
      const known = request.headers.get('if-none-match') === '"v1"'
      return known ? new Response(null, { status: 304 }) : ok({ 'cache-control': 'no-cache', etag: '"v1"' })
    })
    const requests = [get('/a'), get('/a'), get('/a')]
    first.resolve(ok({ 'cache-control': 'no-cache', etag: '"v1"' }))
    for (const request of requests) expect(await (await request).text()).toBe('picture')
    expect(calls).toHaveLength(3)
    expect(statusOf(await get('/a'))).toContain('HIT: darkroom; fwd=stale; fwd-status=304')
  })

  it('shares the bytes while they arrive', async () => {
    const source = new TransformStream<Uint8Array, Uint8Array>()
    const writer = source.writable.getWriter()
    const { get, calls, edge } = createKit(
      () => new Response(source.readable, { headers: { ...fresh, 'content-length': '4' } }),
    )
    const early = await get('/a')
    await writer.write(new Uint8Array([1, 2]))
    const late = await get('/a')
    expect(statusOf(late)).toContain('collapsed')
    const lateReader = late.body?.getReader()
    expect((await lateReader?.read())?.value).toEqual(new Uint8Array([1, 2]))
    await writer.write(new Uint8Array([3, 4]))
    await writer.close()
    expect(new Uint8Array(await early.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3, 4]))
    expect((await lateReader?.read())?.value).toEqual(new Uint8Array([3, 4]))
    await settle()
    expect([calls.length, edge.stats().objects]).toEqual([1, 1])
  })

  it('blocks only its own key', async () => {
    const opened = gate<Response>()
    const { get } = createKit(({ request }) => (request.url.endsWith('slow') ? opened.promise : ok(fresh)))
    const slow = get('/slow')
    expect((await get('/quick')).status).toBe(200)
    opened.resolve(ok(fresh))
    expect((await slow).status).toBe(200)
  })

  it('lets the rest run at once, alone, when the answer is for one only', async () => {
    for (const headers of [
      { 'cache-control': 'no-store' },
      { 'cache-control': 'private' },
      { 'set-cookie': 'a=1' },
    ]) {
      const first = gate<Response>()
      const others = gate<Response>()
      const { get, calls } = createKit(({ number }) => (number === 1 ? first.promise : others.promise))
      const requests = [get('/a'), get('/a'), get('/a')]
      expect(calls).toHaveLength(1)
      first.resolve(ok(headers, 'for the first'))
      expect(await (await requests[0])?.text()).toBe('for the first')
      // All of them, before any of them is answered.
      expect(calls).toHaveLength(3)
      others.resolve(ok(headers, 'own'))
      await Promise.all(requests)
    }
  })

  it('asks once for each variant, though nobody could know the variants beforehand', async () => {
    const opened = gate()
    const { get, calls } = createKit(async ({ request }) => {
      await opened.promise
      return ok({ ...fresh, vary: 'accept-language' }, request.headers.get('accept-language') ?? '')
    })
    const languages = ['en', 'de', 'fr', 'it']
    const requests = thousand.map((index) => get('/a', { 'accept-language': languages[index % 4] ?? '' }))
    opened.resolve()
    for (const [index, request] of requests.entries())
      expect(await (await request).text()).toBe(languages[index % 4])
    expect(calls).toHaveLength(4)
  })

  it('waits for another no longer than the configured time', async () => {
    const first = gate<Response>()
    const { get, calls } = createKit(({ number }) => (number === 1 ? first.promise : ok(fresh, 'alone')), {
      joinTimeoutMs: 1,
    })
    const leader = get('/a')
    expect(await (await get('/a')).text()).toBe('alone')
    first.resolve(ok(fresh, 'led'))
    expect(await (await leader).text()).toBe('led')
    expect(calls).toHaveLength(2)
  })
})

describe('a failing origin', () => {
  it.each([
    ['without a word', {}],
    ['with no-store', { 'cache-control': 'no-store' }],
  ])('is asked once by those who wait, and anew by the next: 503 %s', async (_name, headers) => {
    const opened = gate()
    const { get, calls, edge } = createKit(async () => {
      await opened.promise
      return new Response('down', { status: 503, headers: { ...headers, 'retry-after': '5' } })
    })
    const requests = thousand.map(() => get('/a'))
    opened.resolve()
    for (const request of requests) {
      const response = await request
      expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
        503,
        '5',
        'down',
      ])
    }
    expect([calls.length, edge.stats().objects]).toEqual([1, 0])
    await get('/a')
    expect(calls).toHaveLength(2)
  })

  it('throws to all who wait', async () => {
    const opened = gate<Response>()
    const { get, calls } = createKit(({ number }) => (number === 1 ? opened.promise : ok(fresh)))
    const requests = Promise.allSettled([get('/a'), get('/a'), get('/a')])
    const failure = new Error('refused')
    opened.reject(failure)
    for (const outcome of await requests) expect(outcome).toEqual({ status: 'rejected', reason: failure })
    expect((await get('/a')).status).toBe(200)
    expect(calls).toHaveLength(2)
  })

  it('is given up after its time, even if it does not listen', async () => {
    const { get, calls } = createKit(() => new Promise<Response>(() => undefined), { originTimeoutMs: 1 })
    const outcomes = await Promise.allSettled([get('/a'), get('/a')])
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError' } })
    expect(calls).toHaveLength(1)
  })
})

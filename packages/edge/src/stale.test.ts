import { describe, expect, it } from 'vitest'
import type { OriginCall } from './testing/edge-test-kit.ts'
import { createKit, gate, ok, settle, statusOf } from './testing/edge-test-kit.ts'

const windows = {
  'cdn-cache-control': 'max-age=3600, stale-while-revalidate=86400, stale-if-error=604800',
  etag: '"v1"',
}

/** An origin that confirms what it is asked to, as the gateway does. */
function confirming({ request }: OriginCall): Response {
  return request.headers.get('if-none-match') === '"v1"'
    ? new Response(null, { status: 304, headers: windows })
    : ok(windows)
}

describe('stale while revalidating', () => {
  it('serves everybody at once and refreshes exactly once', async () => {
    const refreshed = gate<Response>()
    const { get, calls, clock, edge } = createKit((call) =>
      call.number === 1 ? ok(windows, 'old') : refreshed.promise,
    )
    await get('/a')
    clock.advanceS(4000)
    // None of these waits: the refresh is not answered before all of them are.
    const answers = await Promise.all(Array.from({ length: 1000 }, () => get('/a')))
    for (const response of answers) {
      expect(statusOf(response)).toBe('STALE: darkroom; hit; ttl=-400')
      expect(await response.text()).toBe('old')
    }
    expect(calls).toHaveLength(2)
    expect(calls[1]?.context.reason).toBe('revalidate')
    refreshed.resolve(ok({ ...windows, etag: '"v2"' }, 'new'))
    await settle()
    const after = await get('/a')
    expect(statusOf(after)).toBe('HIT: darkroom; hit; ttl=3600')
    expect(await after.text()).toBe('new')
    expect(calls).toHaveLength(2)
    expect(edge.stats()).toMatchObject({ refreshes: 1, staleHits: 1000, hits: 1 })
  })

  it('makes a new hour cost a 304', async () => {
    const { get, calls, clock } = createKit(confirming)
    await get('/a')
    for (let hour = 0; hour < 3; hour += 1) {
      clock.advanceS(3601)
      expect(statusOf(await get('/a'))).toContain('STALE')
      await settle()
      const fresh = await get('/a')
      expect(statusOf(fresh)).toBe('HIT: darkroom; hit; ttl=3600')
      expect([fresh.headers.get('age'), await fresh.text()]).toEqual(['0', 'picture'])
    }
    expect(calls.map(({ context }) => context.reason)).toEqual([
      'miss',
      'revalidate',
      'revalidate',
      'revalidate',
    ])
  })

  it('validates first when the window is over, once for all who ask', async () => {
    const { get, calls, clock } = createKit(confirming)
    await get('/a')
    clock.advanceS(3600 + 86_400)
    const answers = await Promise.all([get('/a'), get('/a'), get('/a')])
    expect(statusOf(answers[0])).toBe(
      'HIT: darkroom; fwd=stale; fwd-status=304; stored; ttl=3600; key="http://shop.test/a"',
    )
    expect(statusOf(answers[2])).toContain('; collapsed; ')
    expect(calls).toHaveLength(2)
  })

  it('joins a refresh under way rather than validate beside it', async () => {
    const refreshed = gate<Response>()
    const { get, calls, clock } = createKit((call) => (call.number === 1 ? ok(windows) : refreshed.promise))
    await get('/a')
    clock.advanceS(4000)
    await get('/a')
    const strict = get('/a', { 'cache-control': 'no-cache' })
    refreshed.resolve(new Response(null, { status: 304, headers: windows }))
    expect(statusOf(await strict)).toContain('fwd-status=304; stored; collapsed')
    expect(calls).toHaveLength(2)
  })

  it('asks permission for the refresh, and does without if it is refused', async () => {
    const { get, calls, clock } = createKit(confirming)
    await get('/a')
    clock.advanceS(4000)
    const refuse = { mayForward: async () => new Response(null, { status: 429 }) }
    expect(statusOf(await get('/a', {}, refuse))).toContain('STALE')
    await settle()
    expect(calls).toHaveLength(1)
    const allow = { mayForward: async () => undefined }
    await Promise.all([get('/a', {}, allow), get('/a', {}, allow), get('/a', {}, allow)])
    await settle()
    expect(calls).toHaveLength(2)
  })

  it('does not refresh again what was refreshed while it waited for permission', async () => {
    const { get, calls, clock } = createKit(confirming)
    await get('/a')
    clock.advanceS(4000)
    const permission = gate()
    await get('/a', {}, { mayForward: () => permission.promise })
    await get('/a')
    await settle()
    permission.resolve()
    await settle()
    expect(calls).toHaveLength(2)
  })

  it('stores the refresh whatever the client wished for itself', async () => {
    const { get, clock } = createKit(confirming)
    await get('/a')
    clock.advanceS(4000)
    expect(statusOf(await get('/a', { 'cache-control': 'no-store' }))).toContain('STALE')
    await settle()
    expect(statusOf(await get('/a'))).toContain('HIT: darkroom; hit')
  })

  it('does not hammer an origin that fails to refresh', async () => {
    const { get, calls, clock } = createKit(({ number }) =>
      number === 1 ? ok(windows) : new Response(null, { status: 500 }),
    )
    await get('/a')
    clock.advanceS(4000)
    for (let ask = 0; ask < 10; ask += 1) {
      expect(statusOf(await get('/a'))).toContain('STALE')
      await settle()
    }
    expect(calls).toHaveLength(2)
    clock.advanceS(1)
    await get('/a')
    await settle()
    expect(calls).toHaveLength(3)
  })

  it('replaces what is stored by whatever the origin says now, and drops it if that may not be stored', async () => {
    const { get, calls, clock } = createKit(({ number }) =>
      number === 1 ? ok(windows) : ok({ 'cache-control': 'no-store' }, 'private now'),
    )
    await get('/a')
    clock.advanceS(4000)
    await get('/a')
    await settle()
    expect(await (await get('/a')).text()).toBe('private now')
    expect(calls).toHaveLength(3)
  })

  it('answers HEAD stale without a refresh', async () => {
    const { get, calls, clock } = createKit(confirming)
    await get('/a')
    clock.advanceS(4000)
    expect(statusOf(await get('/a', {}, { method: 'HEAD' }))).toContain('STALE')
    await settle()
    expect(calls).toHaveLength(1)
  })

  it('takes a 304 about another answer for no answer, and asks again', async () => {
    const { get, calls, clock } = createKit(({ number, request }) => {
      if (number === 1) return ok(windows, 'old')
      return request.headers.has('if-none-match')
        ? new Response(null, { status: 304, headers: { etag: '"v2"' } })
        : ok(windows, 'new')
    })
    await get('/a')
    clock.advanceS(100_000)
    expect(await (await get('/a')).text()).toBe('new')
    expect(calls).toHaveLength(3)
  })
})

describe('stale if error', () => {
  const pastRefresh = 3600 + 86_400

  it.each([
    ['a 500', () => new Response('oops', { status: 500 }), 'fwd=stale; fwd-status=500; ttl=-86400'],
    ['an exception', () => Promise.reject(new Error('refused')), 'fwd=stale; ttl=-86400'],
    ['a timeout', () => new Promise<Response>(() => undefined), 'fwd=stale; ttl=-86400'],
    [
      'a body that breaks off',
      () =>
        new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) }), {
          headers: windows,
        }),
      'fwd=stale; ttl=-86400',
    ],
  ] as [string, () => Response | Promise<Response>, string][])(
    'serves the stored answer after %s',
    async (_name, failure, expected) => {
      const { get, calls, clock, edge } = createKit(
        ({ number }) => (number === 1 ? ok(windows) : failure()),
        { originTimeoutMs: 20 },
      )
      await get('/a')
      clock.advanceS(pastRefresh)
      const answers = await Promise.all([get('/a'), get('/a')])
      for (const response of answers) {
        expect(statusOf(response)).toContain(`STALE: darkroom; ${expected}`)
        expect(await response.text()).toBe('picture')
      }
      expect([calls.length, edge.stats().staleOnError]).toEqual([2, 2])
    },
  )

  it('says of one failure once that it was served, however many waited', async () => {
    const said: string[] = []
    const { get, calls, clock } = createKit(
      ({ number }) => (number === 1 ? ok(windows) : Promise.reject(new Error('refused'))),
      { log: { warn: (_fields, message) => void said.push(message) } },
    )
    await get('/a')
    clock.advanceS(pastRefresh)
    const answers = await Promise.all(Array.from({ length: 100 }, () => get('/a')))
    expect(answers.every((response) => response.headers.get('x-cache-status') === 'STALE')).toBe(true)
    expect([calls.length, said]).toEqual([2, ['the origin failed: a stale answer was served']])
  })

  it('ends with its window', async () => {
    const { get, clock } = createKit(({ number }) =>
      number === 1 ? ok(windows) : new Response('oops', { status: 500 }),
    )
    await get('/a')
    clock.advanceS(3600 + 604_801)
    expect((await get('/a')).status).toBe(500)
  })

  it('does not take a client error for a failure, and forgets what the origin no longer has', async () => {
    const gone = new Response('gone', { status: 410 })
    const { get, clock, edge } = createKit(({ number }) => (number === 1 ? ok(windows) : gone))
    await get('/a')
    clock.advanceS(pastRefresh)
    expect((await get('/a')).status).toBe(410)
    expect(edge.stats().objects).toBe(0)
  })

  it('is not for a caller who has left', async () => {
    const { get, clock } = createKit(({ number }) =>
      number === 1 ? ok(windows) : new Promise<Response>(() => undefined),
    )
    await get('/a')
    clock.advanceS(pastRefresh)
    const leaving = new AbortController()
    const request = get('/a', {}, { signal: leaving.signal })
    leaving.abort(new Error('hung up'))
    await expect(request).rejects.toThrow('hung up')
  })

  it('is never against must-revalidate', async () => {
    const strict = { 'cache-control': 'max-age=1, stale-if-error=600, must-revalidate', etag: '"v1"' }
    const { get, clock } = createKit(({ number }) =>
      number === 1 ? ok(strict) : Promise.reject(new Error('refused')),
    )
    await get('/a')
    clock.advanceS(2)
    await expect(get('/a')).rejects.toThrow('refused')
  })

  it('needs a directive, unless the profile says otherwise', async () => {
    const plain = { 'cache-control': 'max-age=1', etag: '"v1"' }
    for (const [staleWhenDisconnected, expected] of [
      [false, 'rejected'],
      [true, 'fulfilled'],
    ] as const) {
      const { get, clock } = createKit(
        ({ number }) => (number === 1 ? ok(plain) : Promise.reject(new Error('refused'))),
        { profile: { staleWhenDisconnected } },
      )
      await get('/a')
      clock.advanceS(2)
      expect((await Promise.allSettled([get('/a')]))[0]?.status).toBe(expected)
    }
  })
})

import { createLedger } from '@darkroom/once'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { startHeldOrigin } from './testing/held-origin.ts'
import { loopbackOutbound } from './testing/loopback-outbound.ts'
import { codeOf } from './testing/outbound-errors.ts'
import { sendPicture, startOrigin } from './testing/test-origin.ts'

describe('at the same time', () => {
  test('a hundred callers: one download', async () => {
    await using origin = await startHeldOrigin()
    const ledger = createLedger()
    await using outbound = loopbackOutbound({ ledger })
    const callers = Array.from({ length: 100 }, async (_one, index) =>
      outbound.fetch(`${origin.url}/a#${index}`),
    )
    sendPicture((await origin.arrival(0)).response)
    const outcomes = await Promise.all(callers)
    expect(origin.requests).toEqual(['GET /a'])
    expect(outcomes.filter(({ how }) => how === 'ran')).toHaveLength(1)
    expect(outcomes.filter(({ how }) => how === 'joined')).toHaveLength(99)
    expect(new Set(outcomes.map(({ value }) => value)).size).toBe(1)
    expect(ledger.snapshot().total).toMatchObject({ ran: 1, joined: 99, ranBytes: 6, savedBytes: 99 * 6 })
  })

  test('a hundred callers get one error, which is not kept', async () => {
    await using origin = await startHeldOrigin()
    await using outbound = loopbackOutbound()
    const callers = Array.from({ length: 100 }, async () => codeOf(outbound.fetch(origin.url)))
    const { response } = await origin.arrival(0)
    response.writeHead(500).end()
    expect(new Set(await Promise.all(callers))).toEqual(new Set(['HTTP_STATUS']))
    expect(origin.requests).toHaveLength(1)
    const again = outbound.fetch(origin.url)
    sendPicture((await origin.arrival(1)).response)
    expect((await again).how).toBe('ran')
  })

  test('domains, limits and media types do not share', async () => {
    await using origin = await startOrigin((_request, response) => sendPicture(response))
    await using outbound = loopbackOutbound()
    const asks = [{}, { domain: 'a' }, { domain: 'b' }, { maxBytes: 100 }, { accept: ['image/png'] }]
    const outcomes = await Promise.all(asks.map(async (ask) => outbound.fetch(origin.url, ask)))
    expect(outcomes.map(({ how }) => how)).toEqual(asks.map(() => 'ran'))
    expect(origin.requests).toHaveLength(asks.length)
  })

  test('equal asks in other words share', async () => {
    await using origin = await startHeldOrigin()
    await using outbound = loopbackOutbound()
    const callers = [
      outbound.fetch(`HTTP://127.1:${origin.port}/a/../b`, { accept: ['image/png', 'image/*'] }),
      outbound.fetch(`${origin.url}/b#c`, {
        accept: ['IMAGE/*', 'image/png', 'image/png'],
        domain: 'default',
      }),
    ]
    sendPicture((await origin.arrival(0)).response)
    expect((await Promise.all(callers)).map(({ how }) => how)).toEqual(['ran', 'joined'])
  })

  test('who leaves takes nothing from the others', async () => {
    await using origin = await startHeldOrigin()
    await using outbound = loopbackOutbound()
    const leaver = new AbortController()
    const left = outbound.fetch(origin.url, { signal: leaver.signal })
    const stays = outbound.fetch(origin.url)
    const { response } = await origin.arrival(0)
    const reason = new Error('had enough')
    leaver.abort(reason)
    await expect(left).rejects.toBe(reason)
    sendPicture(response)
    expect((await stays).how).toBe('joined')
    expect(origin.requests).toHaveLength(1)
  })

  test.each([
    ['before the answer', () => {}],
    ['in the body', sendHalf],
  ])('the last who leaves hangs up, %s', async (_when, begin) => {
    await using origin = await startHeldOrigin()
    await using outbound = loopbackOutbound()
    const leavers = [new AbortController(), new AbortController()]
    const callers = leavers.map(async ({ signal }) => outbound.fetch(origin.url, { signal }))
    const { response, closed } = await origin.arrival(0)
    begin(response)
    for (const leaver of leavers) leaver.abort(new Error('left'))
    for (const caller of callers) await expect(caller).rejects.toThrow('left')
    // The server sees it: the test hangs otherwise.
    await closed
    const again = outbound.fetch(origin.url)
    sendPicture((await origin.arrival(1)).response)
    expect((await again).how).toBe('ran')
  })

  test('an aborted caller starts nothing', async () => {
    await using origin = await startOrigin((_request, response) => sendPicture(response))
    await using outbound = loopbackOutbound()
    await expect(outbound.fetch(origin.url, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow(
      'no',
    )
    expect(origin.connections).toBe(0)
  })
})

function sendHalf(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': '12' }).write('pixels')
}

/** Serves `bytes` under an entity tag and a date, and answers conditional requests. */
function startValidating(
  headers: Readonly<Record<string, string>> = {},
  current = { etag: '"1"', bytes: 'one' },
) {
  const statuses: number[] = []
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const status = request.headers['if-none-match'] === current.etag ? 304 : 200
    statuses.push(status)
    response.writeHead(status, { 'Content-Type': 'image/png', ETag: current.etag, ...headers })
    response.end(status === 200 ? current.bytes : undefined)
  }
  return startOrigin(handle).then((origin) => Object.assign(origin, { statuses, current }))
}

describe('over time', () => {
  test('the next use asks whether it is still current: 304, no bytes', async () => {
    await using origin = await startValidating()
    const ledger = createLedger()
    let nowMs = 1000
    await using outbound = loopbackOutbound({ ledger, now: () => nowMs })
    const first = await outbound.fetch(origin.url)
    nowMs = 2000
    const second = await outbound.fetch(origin.url)
    expect(origin.statuses).toEqual([200, 304])
    expect(second.value.bytes).toBe(first.value.bytes)
    expect(second.value).toEqual({ ...first.value, validatedAtMs: 2000 })
    expect(second.value.fetchedAtMs).toBe(1000)
    expect(ledger.snapshot().total).toMatchObject({ ran: 2, ranBytes: 3 })
  })

  test('what has changed is downloaded', async () => {
    await using origin = await startValidating()
    await using outbound = loopbackOutbound()
    await outbound.fetch(origin.url)
    Object.assign(origin.current, { etag: '"2"', bytes: 'two' })
    const { value } = await outbound.fetch(origin.url)
    expect(new TextDecoder().decode(value.bytes)).toBe('two')
    expect(value.etag).toBe('"2"')
    await outbound.fetch(origin.url)
    expect(origin.statuses).toEqual([200, 200, 304])
  })

  test('a hundred who ask at once share one validation', async () => {
    await using origin = await startValidating()
    await using outbound = loopbackOutbound({ now: () => 0 })
    await outbound.fetch(origin.url)
    await Promise.all(Array.from({ length: 100 }, async () => outbound.fetch(origin.url)))
    expect(origin.statuses).toEqual([200, 304])
  })

  test('a date alone validates too', async () => {
    const date = 'Tue, 15 Nov 1994 12:45:26 GMT'
    await using origin = await startOrigin((request, response) => {
      const known = request.headers['if-modified-since'] === date
      response.writeHead(known ? 304 : 200, { 'Content-Type': 'image/png', 'Last-Modified': date })
      response.end(known ? undefined : 'pixels')
    })
    await using outbound = loopbackOutbound()
    await outbound.fetch(origin.url)
    expect((await outbound.fetch(origin.url)).value.bytes.byteLength).toBe(6)
    expect(origin.headers.map((headers) => headers['if-modified-since'])).toEqual([undefined, date])
  })

  test('a host that fails to validate is an error, and the copy is still there for the next', async () => {
    let broken = false
    await using origin = await startOrigin((request, response) => {
      const status = request.headers['if-none-match'] === undefined ? 200 : 304
      response.writeHead(broken ? 503 : status, { ETag: '"1"' }).end()
    })
    await using outbound = loopbackOutbound()
    await outbound.fetch(origin.url)
    broken = true
    expect(await codeOf(outbound.fetch(origin.url))).toBe('HTTP_STATUS')
    broken = false
    await outbound.fetch(origin.url)
    expect(origin.headers.map((headers) => headers['if-none-match'])).toEqual([undefined, '"1"', '"1"'])
  })

  test('after a redirect the end is asked, not the beginning', async () => {
    await using origin = await startOrigin((request, response) => {
      const status = request.headers['if-none-match'] === '"1"' ? 304 : 200
      if (request.url === '/') response.writeHead(302, { Location: '/end', ETag: '"start"' }).end()
      else response.writeHead(status, { ETag: '"1"' }).end()
    })
    await using outbound = loopbackOutbound()
    await outbound.fetch(origin.url)
    await outbound.fetch(origin.url)
    expect(origin.headers.map((headers) => headers['if-none-match'])).toEqual([
      undefined,
      undefined,
      undefined,
      '"1"',
    ])
  })

  test('max-age: not asked until it has passed, then validated', async () => {
    await using origin = await startValidating({ 'Cache-Control': 'public, max-age=60', Age: '10' })
    let nowMs = 0
    await using outbound = loopbackOutbound({ now: () => nowMs })
    await outbound.fetch(origin.url)
    nowMs = 49_999
    expect((await outbound.fetch(origin.url)).how).toBe('cached')
    nowMs = 50_000
    expect((await outbound.fetch(origin.url)).how).toBe('ran')
    nowMs = 99_999
    expect((await outbound.fetch(origin.url)).how).toBe('cached')
    expect(origin.statuses).toEqual([200, 304])
  })

  test('max-age is believed up to a limit', async () => {
    await using origin = await startValidating({ 'Cache-Control': 'max-age=31536000' })
    let nowMs = 0
    await using outbound = loopbackOutbound({ now: () => nowMs, cache: { maxFreshMs: 1000 } })
    await outbound.fetch(origin.url)
    nowMs = 1000
    expect((await outbound.fetch(origin.url)).how).toBe('ran')
  })

  test.each([
    ['max-age=0', [200, 304]],
    ['no-cache', [200, 304]],
    ['no-cache, max-age=60', [200, 304]],
    ['s-maxage=0, max-age=60', [200, 304]],
    ['max-age=1e9', [200, 304]],
    ['no-store', [200, 200]],
    ['private, max-age=60', [200, 200]],
    ['max-age="60"', [200]],
  ])('%s: %j', async (cacheControl, statuses) => {
    await using origin = await startValidating({ 'Cache-Control': cacheControl })
    await using outbound = loopbackOutbound()
    await outbound.fetch(origin.url)
    await outbound.fetch(origin.url)
    expect(origin.statuses).toEqual(statuses)
  })

  test('what cannot be validated is downloaded again', async () => {
    await using origin = await startOrigin((_request, response) => sendPicture(response))
    await using outbound = loopbackOutbound()
    await outbound.fetch(origin.url)
    expect((await outbound.fetch(origin.url)).how).toBe('ran')
    expect(origin.requests).toHaveLength(2)
  })

  test('only as many bytes are kept as there may be', async () => {
    await using origin = await startValidating(
      { 'Cache-Control': 'max-age=60' },
      { etag: '"1"', bytes: 'x'.repeat(400) },
    )
    await using outbound = loopbackOutbound({ cache: { maxBytes: 1000 } })
    for (const path of ['/a', '/b', '/c', '/d']) await outbound.fetch(`${origin.url}${path}`)
    const again = await Promise.all(
      ['/a', '/b', '/c', '/d'].map(async (path) => outbound.fetch(`${origin.url}${path}`)),
    )
    expect(again.filter(({ how }) => how === 'cached').length).toBeLessThanOrEqual(2)
    expect(again.filter(({ how }) => how === 'ran').length).toBeGreaterThanOrEqual(2)
  })
})

describe('closing', () => {
  test('ends what is under way, and takes nothing more', async () => {
    await using origin = await startHeldOrigin()
    const outbound = loopbackOutbound()
    const fetching = codeOf(outbound.fetch(origin.url))
    const sending = codeOf(outbound.send(`${origin.url}/hook`, { body: '{}' }))
    const [{ closed }, other] = [await origin.arrival(0), await origin.arrival(1)]
    await outbound.close()
    expect([await fetching, await sending]).toEqual(['CLOSED', 'CLOSED'])
    await Promise.all([closed, other.closed])
    expect(await codeOf(outbound.fetch(origin.url))).toBe('CLOSED')
    expect(() => outbound.check(origin.url)).toThrow('stopping')
    await outbound.close()
  })
})

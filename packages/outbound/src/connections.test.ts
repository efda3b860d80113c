import { expect, test } from 'vitest'
import { createFairQueue } from './connect/fair-queue.ts'
import { createOutbound } from './outbound.ts'
import type { HeldOrigin } from './testing/held-origin.ts'
import { startHeldOrigin } from './testing/held-origin.ts'
import { loopbackOutbound } from './testing/loopback-outbound.ts'
import { codeOf } from './testing/outbound-errors.ts'
import { selfSigned } from './testing/self-signed.ts'
import { sendPicture, startOrigin, startRawOrigin } from './testing/test-origin.ts'

/** Answers `count` requests, each when it has come. */
async function answerAll(origin: HeldOrigin, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const { response, closed } = await origin.arrival(index)
    sendPicture(response)
    await closed
  }
}

test('no more connections to one origin than allowed, and everybody is served', async () => {
  await using origin = await startHeldOrigin()
  await using outbound = loopbackOutbound({ maxConnectionsPerOrigin: 3 })
  const callers = Array.from({ length: 12 }, async (_one, index) => outbound.fetch(`${origin.url}/${index}`))
  for (const index of [0, 1, 2]) await origin.arrival(index)
  await answerAll(origin, 12)
  await Promise.all(callers)
  expect(origin.concurrent.most).toBe(3)
  expect(origin.requests).toEqual(Array.from({ length: 12 }, (_one, index) => `GET /${index}`))
})

test('an address that does not answer is passed over', async () => {
  await using origin = await startOrigin((_request, response) => sendPicture(response))
  const resolve = async (): Promise<string[]> => ['127.0.0.3', '127.0.0.1']
  await using outbound = createOutbound({ allow: ['127.0.0.0/8'], resolve })
  const { how } = await outbound.fetch(`http://two.example.com:${origin.port}/`)
  expect(how).toBe('ran')
})

test('no more connections in all than allowed', async () => {
  await using one = await startHeldOrigin('127.0.0.1')
  await using two = await startHeldOrigin('127.0.0.2')
  await using outbound = createOutbound({ allow: ['127.0.0.0/8'], maxConnections: 1 })
  const first = outbound.fetch(one.url)
  const { response } = await one.arrival(0)
  const second = outbound.fetch(two.url)
  expect(two.connections).toBe(0)
  sendPicture(response)
  await first
  sendPicture((await two.arrival(0)).response)
  await second
})

test('who waits for a connection and leaves is forgotten', async () => {
  await using origin = await startHeldOrigin()
  await using outbound = loopbackOutbound({ maxConnectionsPerOrigin: 1 })
  const first = outbound.fetch(`${origin.url}/first`)
  await origin.arrival(0)
  const leaver = new AbortController()
  const left = outbound.fetch(`${origin.url}/left`, { signal: leaver.signal })
  const last = outbound.fetch(`${origin.url}/last`)
  leaver.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  await answerAll(origin, 2)
  await Promise.all([first, last])
  expect(origin.requests).toEqual(['GET /first', 'GET /last'])
})

test('a project that asks for much does not keep the others waiting', async () => {
  await using origin = await startHeldOrigin()
  await using outbound = loopbackOutbound({ maxConnectionsPerOrigin: 1 })
  const paths = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']
  const callers = paths.map(async (path) => outbound.fetch(`${origin.url}/${path}`, { domain: path[0] }))
  await answerAll(origin, paths.length)
  await Promise.all(callers)
  expect(origin.requests.map((request) => request.slice('GET /'.length))).toEqual([
    'a1',
    'a2',
    'b1',
    'c1',
    'a3',
    'b2',
    'a4',
  ])
})

test('too many who wait: BUSY', async () => {
  await using origin = await startHeldOrigin()
  await using outbound = loopbackOutbound({ maxConnectionsPerOrigin: 1, maxWaitingPerOrigin: 1 })
  const first = outbound.fetch(`${origin.url}/first`)
  const second = outbound.fetch(`${origin.url}/second`)
  expect(await codeOf(outbound.fetch(`${origin.url}/third`))).toBe('BUSY')
  await answerAll(origin, 2)
  await Promise.all([first, second])
})

test('waiting for a connection counts in the whole', async () => {
  await using origin = await startHeldOrigin()
  await using outbound = loopbackOutbound({ maxConnectionsPerOrigin: 1, timeouts: { totalMs: 200 } })
  const codes = await Promise.all(
    [`${origin.url}/1`, `${origin.url}/2`].map(async (url) => codeOf(outbound.fetch(url))),
  )
  expect(codes).toEqual(['TIMEOUT', 'TIMEOUT'])
  expect(origin.requests).not.toContain('GET /2')
})

test('a place is given back once, and every place can be had again', async () => {
  const queue = createFairQueue({ places: 1, maxWaiting: 10 })
  const { signal } = new AbortController()
  const release = await queue.acquire('a', signal)
  const second = queue.acquire('a', signal)
  release()
  release()
  const releaseSecond = await second
  const third = queue.acquire('b', signal)
  expect(queue.idle).toBe(false)
  releaseSecond()
  const releaseThird = await third
  releaseThird()
  expect(queue.idle).toBe(true)
})

test('TLS: the name is what is verified, wherever the socket goes', async () => {
  const identity = selfSigned('good.tls-tests.com')
  await using origin = await startOrigin((_request, response) => sendPicture(response), { tls: identity })
  await using trusting = loopbackOutbound({ certificateAuthorities: [identity.cert] })
  const { value } = await trusting.fetch(`https://good.tls-tests.com:${origin.port}/`)
  expect(value.mediaType).toBe('image/png')
  // The right certificate for another name, and for no name at all.
  expect(await codeOf(trusting.fetch(`https://other.tls-tests.com:${origin.port}/`))).toBe('TLS_FAILED')
  expect(await codeOf(trusting.fetch(`https://127.0.0.1:${origin.port}/`))).toBe('TLS_FAILED')
  await using strict = loopbackOutbound()
  expect(await codeOf(strict.fetch(`https://good.tls-tests.com:${origin.port}/`))).toBe('TLS_FAILED')
  expect(origin.requests).toHaveLength(1)
})

test.each([
  ['speaks plain HTTP', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'TLS_FAILED'],
  ['hangs up in the handshake', '', 'CONNECT_FAILED'],
])('TLS: a host that %s', async (_what, answer, code) => {
  await using origin = await startRawOrigin((socket) => {
    socket.once('data', () => (answer === '' ? socket.resetAndDestroy() : socket.end(answer)))
  })
  await using outbound = loopbackOutbound()
  expect(await codeOf(outbound.fetch(origin.url.replace('http:', 'https:')))).toBe(code)
})

test('TLS: a redirect to http:// is refused, one to https:// is followed', async () => {
  const identity = selfSigned('good.tls-tests.com')
  await using plain = await startOrigin((request, response) => {
    if (request.url === '/up') response.writeHead(302, { Location: secureUrl }).end()
    else sendPicture(response)
  })
  await using secure = await startOrigin(
    (request, response) => {
      if (request.url === '/down') response.writeHead(302, { Location: plain.url }).end()
      else sendPicture(response)
    },
    { tls: identity },
  )
  const secureUrl = `https://good.tls-tests.com:${secure.port}/`
  await using outbound = loopbackOutbound({ certificateAuthorities: [identity.cert] })
  expect((await outbound.fetch(`${plain.url}/up`)).value.finalUrl).toBe(secureUrl)
  expect(await codeOf(outbound.fetch(`${secureUrl}down`))).toBe('REDIRECT_DOWNGRADE')
  expect(plain.requests).toEqual(['GET /up'])
})

test('options that are out of range are named', () => {
  expect(() => createOutbound({ maxBytes: 0 })).toThrow('maxBytes is 0')
  expect(() => createOutbound({ timeouts: { totalMs: Infinity } })).toThrow('totalMs is Infinity')
  expect(() => createOutbound({ maxConnectionsPerOrigin: Number.NaN })).toThrow(
    'maxConnectionsPerOrigin is NaN',
  )
  expect(() => createOutbound({ accept: ['image'] })).toThrow('image is no media range')
  expect(() => createOutbound({ allow: ['10.0.0.0/99'] })).toThrow('10.0.0.0/99')
})

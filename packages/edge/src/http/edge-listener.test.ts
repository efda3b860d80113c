import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { Proxy } from '../testing/proxy-kit.ts'
import { startProxy } from '../testing/proxy-kit.ts'
import { createHttpOrigin } from './http-origin.ts'

let proxy: Proxy

afterEach(() => proxy.close())

const storable = { 'cache-control': 'max-age=60, stale-if-error=0', etag: '"v"' }

function plain(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { ...storable, 'content-type': 'text/plain' }).end('hello')
}

/** One request, its connection closed after it. */
function ask(target: string, fields: readonly string[] = [], method = 'GET'): string {
  return [`${method} ${target} HTTP/1.1`, 'Host: shop.test', 'Connection: close', ...fields, '', ''].join(
    '\r\n',
  )
}

describe('the edge in front of an HTTP server', () => {
  it('stores and serves, conditions and HEAD included', async () => {
    proxy = await startProxy(plain)
    const first = await fetch(`${proxy.url}/a`)
    expect([await first.text(), first.headers.get('x-cache-status')]).toEqual(['hello', 'MISS'])
    const second = await fetch(`${proxy.url}/a`)
    expect([await second.text(), second.headers.get('x-cache-status')]).toEqual(['hello', 'HIT'])
    // Not by fetch, which adds no-cache to conditions.
    expect(await proxy.raw(ask('/a', ['If-None-Match: "v"']))).toMatch(/^HTTP\/1\.1 304 /)
    const head = await fetch(`${proxy.url}/a`, { method: 'HEAD' })
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['5', ''])
    expect(proxy.asked).toHaveLength(1)
  })

  it('validates with a 304 that has a Content-Length', async () => {
    proxy = await startProxy((request, response) => {
      if (request.headers['if-none-match'] !== '"v"')
        response.writeHead(200, { 'cache-control': 'max-age=0', etag: '"v"' }).end('hello')
      else
        response.writeHead(304, { 'cache-control': 'max-age=60', etag: '"v"', 'content-length': '5' }).end()
    })
    await (await fetch(`${proxy.url}/a`)).text()
    const second = await fetch(`${proxy.url}/a`)
    expect([second.status, await second.text()]).toEqual([200, 'hello'])
    expect((await fetch(`${proxy.url}/a`)).headers.get('cache-status')).toContain('hit')
    expect(proxy.asked).toHaveLength(2)
  })

  it('streams bodies both ways, while they are being sent', async () => {
    proxy = await startProxy((request, response) => {
      response.writeHead(200, { 'cache-control': 'no-store' })
      request.pipe(response)
    })
    const sent = httpRequest(`${proxy.url}/echo`, { method: 'POST' })
    sent.write('one')
    const response = await new Promise<IncomingMessage>((resolve) => sent.on('response', resolve))
    const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    expect(String((await chunks.next()).value)).toBe('one')
    sent.end('two')
    expect(String((await chunks.next()).value)).toBe('two')
    expect((await chunks.next()).done).toBe(true)
  })

  it.each(['DELETE', 'PATCH', 'PUT'])(
    'frames the body of a %s, so that it is no second request',
    async (method) => {
      const bodies: string[] = []
      proxy = await startProxy((request, response) => {
        let body = ''
        request.on('data', (chunk: Buffer) => (body += chunk.toString()))
        request.on('end', () => {
          bodies.push(body)
          response.end()
        })
      })
      const smuggled = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'
      const chunked = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
      expect(await proxy.raw(ask('/a', ['Transfer-Encoding: chunked'], method) + chunked)).toContain(' 200 ')
      expect(bodies).toEqual([smuggled])
    },
  )

  it('drops fields of the connection, sends its own host and says that it was here', async () => {
    proxy = await startProxy((_request, response) => {
      response
        .writeHead(200, { connection: 'x-mine', 'x-mine': '1', 'keep-alive': 'timeout=9', 'x-theirs': '2' })
        .end()
    })
    const fields = [
      'Connection: X-Secret',
      'X-Secret: 1',
      'TE: trailers',
      'Upgrade: h2c',
      'X-Other: 3',
      'Via: 1.0 first',
    ]
    const answer = await proxy.raw(ask('/a', fields))
    expect(answer).toContain('x-theirs: 2')
    expect(answer).not.toContain('x-mine: 1')
    const { headers } = proxy.asked[0] as IncomingMessage
    expect(headers).toMatchObject({ 'x-other': '3', via: '1.0 first, 1.1 darkroom' })
    expect(headers.host).toMatch(/^127\.0\.0\.1:\d+$/)
    for (const name of ['x-secret', 'te', 'upgrade']) expect(headers[name]).toBeUndefined()
  })

  it.each([
    [60_000, 1],
    [200_000, 2],
  ])('passes on an answer with %i characters of tags', async (characters, fetches) => {
    const tag = `${'t'.repeat(99)},`
    proxy = await startProxy((_request, response) => {
      response.writeHead(200, { ...storable, 'cache-tag': tag.repeat(characters / tag.length) }).end('all')
    })
    for (let times = 0; times < 2; times += 1) {
      const answer = await fetch(`${proxy.url}/a`)
      expect([answer.status, await answer.text(), answer.headers.has('cache-tag')]).toEqual([
        200,
        'all',
        false,
      ])
    }
    // More than can be kept is not stored, and said once.
    expect(proxy.asked).toHaveLength(fetches)
    expect(proxy.warnings).toHaveLength(fetches - 1)
  })

  it('passes interim answers on to the caller that the run is for', async () => {
    proxy = await startProxy((request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      plain(request, response)
    })
    expect(await proxy.raw(ask('/a'))).toMatch(/^HTTP\/1\.1 103 .*\r\nlink: <\/a\.css>/i)
    expect(await proxy.raw(ask('/a'))).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('collapses, though the first caller hangs up', async () => {
    const arrived = Promise.withResolvers<ServerResponse>()
    proxy = await startProxy((_request, response) => arrived.resolve(response))
    const leaver = httpRequest(`${proxy.url}/a`)
    leaver.on('error', () => undefined)
    leaver.end()
    const response = await arrived.promise
    const others = Array.from({ length: 20 }, () => fetch(`${proxy.url}/a`))
    leaver.destroy()
    // Those that come after the answer are hits.
    const other = fetch(`${proxy.url}/a`)
    response.writeHead(200, storable).end('hello')
    const texts = await Promise.all([...others, other].map(async (each) => (await each).text()))
    expect(new Set(texts)).toEqual(new Set(['hello']))
    expect(proxy.asked).toHaveLength(1)
  })
})

describe('an origin that fails', () => {
  it('is a 502 problem document when nobody listens, and comes back by itself', async () => {
    proxy = await startProxy(plain)
    await proxy.stopOrigin()
    const answer = await fetch(`${proxy.url}/a`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([502, 'application/problem+json'])
    expect(await answer.json()).toMatchObject({ status: 502, code: 'origin_unreachable' })
    expect(answer.headers.get('cache-status')).toBe('darkroom; detail=origin_unreachable')
  })

  it('is a 504 when it is silent for too long', async () => {
    proxy = await startProxy(() => undefined, { idleTimeoutMs: 50 })
    const answer = await fetch(`${proxy.url}/a`)
    expect([answer.status, await answer.json()]).toMatchObject([504, { code: 'origin_timeout' }])
  })

  it('is logged once, however many wait', async () => {
    const responses: ServerResponse[] = []
    const first = Promise.withResolvers<void>()
    proxy = await startProxy((_request, response) => {
      responses.push(response)
      first.resolve()
    })
    const waiting = Array.from({ length: 50 }, () => fetch(`${proxy.url}/a`))
    await first.promise
    await expect.poll(() => proxy.edge.stats().inFlight).toBe(1)
    responses[0]?.destroy()
    // Who came too late for the first run is answered by another.
    const timer = setInterval(() => responses.forEach((response) => response.destroy()), 5)
    const statuses = await Promise.all(waiting.map(async (each) => (await each).status))
    clearInterval(timer)
    expect(new Set(statuses)).toEqual(new Set([502]))
    expect(proxy.warnings.length).toBe(proxy.asked.length)
  })

  it('breaks the answer off where its body breaks off, and stores nothing', async () => {
    proxy = await startProxy((_request, response) => {
      response.writeHead(200, { ...storable, 'content-length': '10' })
      response.write('hello', () => response.destroy())
    })
    await expect((async () => (await fetch(`${proxy.url}/a`)).text())()).rejects.toThrow('terminated')
    await expect((async () => (await fetch(`${proxy.url}/a`)).text())()).rejects.toThrow('terminated')
    expect(proxy.asked).toHaveLength(2)
    expect(proxy.edge.stats().objects).toBe(0)
    expect(proxy.warnings).toEqual(Array(2).fill('an answer broke off: nothing of it is stored'))
  })

  it('tells the log once of a body that broke off for many, and what comes next is asked for anew', async () => {
    let isBroken = true
    let finish = (): void => {}
    proxy = await startProxy((_request, response) => {
      response.writeHead(200, { ...storable, 'content-length': '10' })
      response.write('hello')
      finish = () => response.destroy()
      if (!isBroken) response.end('world')
    })
    const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(`${proxy.url}/b`)))
    expect(proxy.asked).toHaveLength(1)
    const texts = Promise.allSettled(answers.map((answer) => answer.text()))
    finish()
    expect((await texts).map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
    expect(proxy.warnings).toEqual(['an answer broke off: nothing of it is stored'])
    isBroken = false
    const next = await fetch(`${proxy.url}/b`)
    expect([await next.text(), next.headers.get('x-cache-status')]).toEqual(['helloworld', 'MISS'])
    expect(proxy.edge.stats().objects).toBe(1)
  })

  it.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a field without a name', ': x\r\nContent-Length: 5\r\n\r\nhello'],
    ['a field split by a bare LF and a space', 'X-A: 1\n X-B: 2\r\n\r\n'],
  ])('answers %s with 502', async (_name, rest) => {
    proxy = await startProxy((request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n${rest}`)
    })
    const answer = await fetch(`${proxy.url}/a`)
    expect([answer.status, await answer.json()]).toMatchObject([502, { code: 'origin_bad_answer' }])
    expect(proxy.edge.stats().objects).toBe(0)
  })
})

describe('requests that two readers may read differently', () => {
  it.each([
    ['two lengths', ask('/a', ['Content-Length: 5', 'Content-Length: 6'], 'POST') + 'hello!'],
    ['the same length twice', ask('/a', ['Content-Length: 5', 'Content-Length: 5'], 'POST') + 'hello'],
    [
      'a length and chunks',
      ask('/a', ['Content-Length: 5', 'Transfer-Encoding: chunked'], 'POST') + '0\r\n\r\n',
    ],
    ['a length that is none', ask('/a', ['Content-Length: +5'], 'POST') + 'hello'],
    ['chunks under another name', ask('/a', ['Transfer-Encoding: xchunked'], 'POST') + '0\r\n\r\n'],
    ['a bare CR in a field', ask('/a', ['X-A: 1\rX-B: 2'])],
    ['a NUL in a field', ask('/a', ['X-A: 1\u0000'])],
    ['a space before the colon', ask('/a', ['X-A : 1'])],
    ['a folded field', ask('/a', ['X-A: 1\r\n\tX-B: 2'])],
    ['two hosts', ask('/a', ['Host: evil.test'])],
    ['no host', 'GET /a HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['a body of a GET', ask('/a', ['Content-Length: 5']) + 'hello'],
    ['a chunked body of a GET', ask('/a', ['Transfer-Encoding: chunked']) + '0\r\n\r\n'],
    ['bytes above ASCII in the path', ask('/caf\u00e9')],
    ['a fragment', ask('/a#b')],
    ['a target that is no path', ask('shop.test/a')],
    ['another scheme', ask('ftp://shop.test/a')],
    ['a space in the target', ask('/a b')],
  ])('refuses %s with 400, and asks nothing', async (_name, bytes) => {
    proxy = await startProxy(plain)
    expect(await proxy.raw(bytes)).toMatch(/^HTTP\/1\.1 400 /)
    expect(proxy.asked).toHaveLength(0)
  })

  it('does not take the body that it refused for the next request', async () => {
    proxy = await startProxy(plain)
    const body = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'
    const answer = await proxy.raw(
      `GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(proxy.asked).toHaveLength(0)
  })

  it.each(['TRACE', 'TRACK'])('does not support %s', async (method) => {
    proxy = await startProxy(plain)
    expect(await proxy.raw(ask('/a', [], method))).toMatch(/^HTTP\/1\.1 (?:400|501) /)
    expect(proxy.asked).toHaveLength(0)
  })

  it.each([
    ['http://other.test/a', '/a'],
    ['HTTP://other.test:99', '/'],
    ['http://other.test?x=1', '/?x=1'],
    ['//other.test/a', '//other.test/a'],
    ['/%2e%2e/%2e/a', '/a'],
    ['/x/../../a', '/a'],
    ['/x\\..\\a', '/a'],
    ['/a%2Fb%00%zz', '/a%2Fb%00%zz'],
  ])('%s asks this origin for %s, and is stored as that', async (target, path) => {
    proxy = await startProxy(plain)
    expect(await proxy.raw(ask(target))).toMatch(/^HTTP\/1\.1 200 .*\r\n/)
    expect(proxy.asked.map((request) => request.url)).toEqual([path])
    expect(await proxy.raw(ask(path))).toContain('x-cache-status: HIT')
    expect(proxy.asked).toHaveLength(1)
  })

  it('lets nobody choose the answer of others by saying where a request comes from or goes to', async () => {
    proxy = await startProxy((request, response) => {
      const { host: _host, ...headers } = request.headers
      response.writeHead(200, storable).end(JSON.stringify(headers))
    })
    const forged = [
      'X-Forwarded-Host: evil.test',
      'X-Forwarded-Proto: evil',
      'X-Original-URL: /admin',
      'X-Rewrite-URL: /admin',
      'Forwarded: host=evil.test',
      'X-HTTP-Method-Override: DELETE',
    ]
    await proxy.raw(ask('/a', forged).replace('shop.test', 'evil.test'))
    expect(await (await fetch(`${proxy.url}/a`)).text()).not.toMatch(/evil|admin|DELETE/)
    expect(proxy.asked).toHaveLength(1)
  })

  it('sees that the origin leads back here', async () => {
    proxy = await startProxy(plain, { viaName: 'darkroom-abc' })
    expect(await proxy.raw(ask('/a', ['Via: 1.1 darkroom-abc']))).toMatch(/^HTTP\/1\.1 508 /)
    expect(await proxy.raw(ask('/a', ['Via: 1.1 darkroom-other']))).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('createHttpOrigin', () => {
  it.each(['ftp://a.test', 'http://a.test/path', 'http://a.test/?q', 'http://u:p@a.test'])(
    'refuses %s',
    async (url) => {
      proxy = await startProxy(plain)
      expect(() => createHttpOrigin({ url })).toThrow(TypeError)
    },
  )
})

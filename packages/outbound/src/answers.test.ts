import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { loopbackOutbound } from './testing/loopback-outbound.ts'
import { codeOf, outboundErrorOf } from './testing/outbound-errors.ts'
import { sendPicture, startOrigin, startRawOrigin } from './testing/test-origin.ts'

const mebibyte = 1024 * 1024

test('gives the bytes and what is known about them', async () => {
  await using origin = await startOrigin((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'Image/PNG; charset=binary',
      ETag: '"a"',
      'Last-Modified': 'Tue, 15 Nov 1994 12:45:26 GMT',
    })
    response.end('pixels')
  })
  await using outbound = loopbackOutbound({ now: () => 1234, userAgent: 'tests/1' })
  const { value, how } = await outbound.fetch(`${origin.url}/a%20b?c=d#fragment`)
  expect(how).toBe('ran')
  expect(value).toEqual({
    bytes: new TextEncoder().encode('pixels'),
    mediaType: 'image/png',
    finalUrl: `${origin.url}/a%20b?c=d`,
    etag: '"a"',
    lastModified: 'Tue, 15 Nov 1994 12:45:26 GMT',
    hash: createHash('sha256').update('pixels').digest('hex'),
    fetchedAtMs: 1234,
    validatedAtMs: 1234,
  })
  // In memory of its own: a view into node's pool would show other people's bytes.
  expect(value.bytes.buffer.byteLength).toBe(6)
  expect(origin.requests).toEqual(['GET /a%20b?c=d'])
  expect(origin.headers).toEqual([
    {
      host: `127.0.0.1:${origin.port}`,
      accept: 'application/octet-stream, binary/octet-stream, image/*',
      'accept-encoding': 'identity',
      'user-agent': 'tests/1',
      connection: 'close',
    },
  ])
})

describe('redirects', () => {
  const places: Readonly<Record<string, string>> = {
    '/relative': 'picture',
    '/absolute-path': '/picture?x',
    '/scheme-relative': '//ORIGIN/picture',
    '/absolute': 'http://ORIGIN/picture',
    '/utf8': Buffer.from('/ä picture').toString('latin1'),
    '/private': 'http://10.0.0.1/',
    '/metadata': 'http://169.254.169.254/latest/meta-data/',
    '/loopback6': 'http://[::1]:80/',
    '/decimal': 'http://167772161/',
    '/file': 'file:///etc/passwd',
    '/credentials': 'http://a:b@ORIGIN/picture',
    '/no-slashes': 'http:127.0.0.1',
    '/backslashes': '\\\\10.0.0.1\\',
    '/local-name': 'http://redis/',
    '/empty': '',
    '/invalid': 'http://[',
    '/self': '/self',
    '/circle': '/circle2',
    '/circle2': '/circle#3',
    '/step1': '/step2',
    '/step2': '/step3',
    '/step3': '/picture',
  }
  async function startRedirects(status = 302) {
    const origin = await startOrigin((request, response) => {
      const place = places[request.url ?? '']
      if (place === undefined) return sendPicture(response)
      // The rest never ends: only a client that does not read it is done.
      response.writeHead(status, { Location: place.replace('ORIGIN', `127.0.0.1:${origin.port}`) })
      response.write('moved')
    })
    return origin
  }

  test.each([
    ['/relative', '/picture'],
    ['/absolute-path', '/picture?x'],
    ['/scheme-relative', '/picture'],
    ['/absolute', '/picture'],
    ['/utf8', '/%C3%A4%20picture'],
  ])('%s is followed', async (path, end) => {
    await using origin = await startRedirects()
    await using outbound = loopbackOutbound()
    const { value } = await outbound.fetch(`${origin.url}${path}`)
    expect(value.finalUrl).toBe(`${origin.url}${end}`)
  })

  test.each([301, 302, 303, 307, 308])('status %d is followed', async (status) => {
    await using origin = await startRedirects(status)
    await using outbound = loopbackOutbound()
    await outbound.fetch(`${origin.url}/relative`)
    expect(origin.requests).toEqual(['GET /relative', 'GET /picture'])
  })

  test.each([
    ['/private', 'ADDRESS_FORBIDDEN'],
    ['/metadata', 'ADDRESS_FORBIDDEN'],
    ['/loopback6', 'ADDRESS_FORBIDDEN'],
    ['/decimal', 'ADDRESS_FORBIDDEN'],
    ['/backslashes', 'ADDRESS_FORBIDDEN'],
    ['/local-name', 'HOST_FORBIDDEN'],
    ['/file', 'URL_SCHEME'],
    ['/credentials', 'URL_CREDENTIALS'],
    ['/no-slashes', 'URL_INVALID'],
    ['/empty', 'REDIRECT_INVALID'],
    ['/invalid', 'REDIRECT_INVALID'],
    ['/self', 'REDIRECT_LOOP'],
    ['/circle', 'REDIRECT_LOOP'],
  ])('%s: %s', async (path, code) => {
    await using origin = await startRedirects()
    await using outbound = loopbackOutbound()
    expect(await codeOf(outbound.fetch(`${origin.url}${path}`))).toBe(code)
  })

  test('as many as are allowed', async () => {
    await using origin = await startRedirects()
    await using three = loopbackOutbound({ maxRedirects: 3 })
    await three.fetch(`${origin.url}/step1`)
    await using two = loopbackOutbound({ maxRedirects: 2 })
    expect(await codeOf(two.fetch(`${origin.url}/step1`))).toBe('REDIRECT_LIMIT')
    await using none = loopbackOutbound({ maxRedirects: 0 })
    expect(await codeOf(none.fetch(`${origin.url}/step3`))).toBe('REDIRECT_LIMIT')
    await none.fetch(`${origin.url}/picture`)
  })
})

describe('size', () => {
  test('200 MB that say so are refused by their header alone', async () => {
    await using origin = await startOrigin((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': String(200 * mebibyte) })
      // And nothing more: who waits for the body waits for ever.
      response.flushHeaders()
    })
    await using outbound = loopbackOutbound({ maxBytes: mebibyte })
    expect(await codeOf(outbound.fetch(origin.url))).toBe('TOO_LARGE')
  })

  test('200 MB that do not say so are cut off', async () => {
    const closed = Promise.withResolvers<number>()
    await using origin = await startOrigin((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'image/png' })
      let sentBytes = 0
      const pump = (): void => {
        while (!response.destroyed && sentBytes < 200 * mebibyte) {
          sentBytes += 64 * 1024
          if (!response.write(Buffer.alloc(64 * 1024))) return
        }
        response.end()
      }
      response.on('drain', pump).on('close', () => closed.resolve(sentBytes))
      pump()
    })
    await using outbound = loopbackOutbound({ maxBytes: mebibyte })
    expect(await codeOf(outbound.fetch(origin.url))).toBe('TOO_LARGE')
    expect(await closed.promise).toBeLessThan(50 * mebibyte)
  })

  test('a body of exactly the limit, and one byte more', async () => {
    await using origin = await startOrigin((request, response) =>
      sendPicture(response, Buffer.alloc(request.url === '/more' ? 1001 : 1000)),
    )
    await using outbound = loopbackOutbound({ maxBytes: 1000 })
    expect((await outbound.fetch(origin.url)).value.bytes.byteLength).toBe(1000)
    expect(await codeOf(outbound.fetch(`${origin.url}/more`))).toBe('TOO_LARGE')
  })

  test('a caller can ask for less, not for more', async () => {
    await using origin = await startOrigin((_request, response) => sendPicture(response, Buffer.alloc(1001)))
    await using outbound = loopbackOutbound({ maxBytes: 1000 })
    expect(await codeOf(outbound.fetch(origin.url, { maxBytes: 10 }))).toBe('TOO_LARGE')
    expect(await codeOf(outbound.fetch(origin.url, { maxBytes: 1e6 }))).toBe('TOO_LARGE')
  })
})

describe('compression that nobody asked for', () => {
  const codings = {
    gzip: gzipSync,
    'x-gzip': gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
    zstd: zstdCompressSync,
  } as const

  function encoded(coding: string, bytes: Uint8Array) {
    return startOrigin((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Encoding': coding }).end(bytes)
    })
  }

  describe.each(Object.entries(codings))('%s', (coding, compress) => {
    test('is undone', async () => {
      await using origin = await encoded(coding, compress(Buffer.from('pixels')))
      await using outbound = loopbackOutbound()
      const { value } = await outbound.fetch(origin.url)
      expect(new TextDecoder().decode(value.bytes)).toBe('pixels')
    })

    test('as a bomb is cut off', async () => {
      const bomb = compress(Buffer.alloc(64 * mebibyte))
      await using origin = await encoded(coding, bomb)
      await using outbound = loopbackOutbound({ maxBytes: mebibyte })
      expect(bomb.byteLength).toBeLessThan(mebibyte)
      expect(await codeOf(outbound.fetch(origin.url))).toBe('TOO_LARGE')
    })

    test('that is damaged or cut is refused', async () => {
      const good = compress(Buffer.from('pixels, and more of them: '.repeat(100)))
      for (const bad of [Buffer.from('no such thing'), good.subarray(0, good.byteLength - 9)]) {
        await using origin = await encoded(coding, bad)
        await using outbound = loopbackOutbound()
        expect(await codeOf(outbound.fetch(origin.url))).toBe('RESPONSE_INVALID')
      }
    })
  })

  test('what decodes to nothing is still counted', async () => {
    const member = gzipSync('')
    const members = Buffer.concat(Array.from({ length: 1000 }, () => member))
    await using origin = await startOrigin((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Encoding': 'gzip' })
      response.write(members)
      response.end()
    })
    await using outbound = loopbackOutbound({ maxBytes: members.byteLength })
    expect((await outbound.fetch(origin.url)).value.bytes.byteLength).toBe(0)
    await using strict = loopbackOutbound({ maxBytes: members.byteLength - 1 })
    expect(await codeOf(strict.fetch(origin.url))).toBe('TOO_LARGE')
  })

  test.each(['gzip, gzip', 'compress', 'aes128gcm', 'constructor', '*'])('%s is refused', async (coding) => {
    await using origin = await encoded(coding, gzipSync(gzipSync('pixels')))
    await using outbound = loopbackOutbound()
    expect(await codeOf(outbound.fetch(origin.url))).toBe('CONTENT_ENCODING')
  })
})

describe('media types', () => {
  test.each([
    ['image/png', undefined, undefined],
    ['image/svg+xml; charset=utf-8', undefined, undefined],
    [undefined, undefined, undefined],
    ['not a type', undefined, undefined],
    ['text/html', undefined, 'MEDIA_TYPE'],
    ['imagexpng', ['image/png'], 'MEDIA_TYPE'],
    ['image/gif', ['image/png', 'image/jpeg'], 'MEDIA_TYPE'],
    ['image/jpeg', ['image/png', 'image/jpeg'], undefined],
    [undefined, ['image/*'], 'MEDIA_TYPE'],
    ['text/html', ['*/*'], undefined],
    ['imagex/png', ['image/*'], 'MEDIA_TYPE'],
  ] as const)('%s when %j is accepted: %s', async (contentType, accept, code) => {
    await using origin = await startOrigin((_request, response) => {
      response.writeHead(200, contentType === undefined ? {} : { 'Content-Type': contentType }).end('x')
    })
    await using outbound = loopbackOutbound()
    const fetched = outbound.fetch(origin.url, { accept })
    expect(code === undefined ? (await fetched).how : await codeOf(fetched)).toBe(code ?? 'ran')
  })
})

describe('statuses', () => {
  test.each([
    [204, false],
    [206, false],
    [300, false],
    [304, false],
    [400, false],
    [404, false],
    [408, true],
    [429, true],
    [500, true],
    [503, true],
  ])('%d: HTTP_STATUS, can be tried again: %s', async (status, retryable) => {
    await using origin = await startOrigin((_request, response) => {
      response.writeHead(status, { 'Content-Type': 'image/png', 'Retry-After': '7' }).end()
    })
    await using outbound = loopbackOutbound()
    const error = await outboundErrorOf(outbound.fetch(origin.url))
    expect(error).toMatchObject({ code: 'HTTP_STATUS', status, retryable, retryAfterMs: 7000 })
  })

  test('Retry-After as a date', async () => {
    await using origin = await startOrigin((_request, response) => {
      response.writeHead(503, { 'Retry-After': new Date(61_000).toUTCString() }).end()
    })
    await using outbound = loopbackOutbound({ now: () => 1000 })
    expect((await outboundErrorOf(outbound.fetch(origin.url))).retryAfterMs).toBe(60_000)
  })
})

describe('broken answers', () => {
  const ok = 'HTTP/1.1 200 OK\r\n'
  test.each([
    ['no HTTP', 'RESPONSE_INVALID', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['HTTP/0.9', 'RESPONSE_INVALID', '<html>'],
    [
      'both lengths',
      'RESPONSE_INVALID',
      `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', 'RESPONSE_INVALID', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['a negative length', 'RESPONSE_INVALID', `${ok}Content-Length: -1\r\n\r\n`],
    ['headers without end', 'RESPONSE_INVALID', `${ok}${'A: b\r\n'.repeat(10_000)}`],
    [
      'another protocol',
      'RESPONSE_INVALID',
      'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    ],
    ['a bad chunk', 'CONNECTION_LOST', `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ['nothing', 'CONNECTION_LOST', ''],
    ['half of the headers', 'CONNECTION_LOST', `${ok}Content-`],
    ['half of the body', 'CONNECTION_LOST', `${ok}Content-Length: 9\r\n\r\nhalf`],
    ['half of the chunks', 'CONNECTION_LOST', `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`],
  ])('%s: %s', async (_what, code, answer) => {
    await using origin = await startRawOrigin((socket) => {
      socket.once('data', () => socket.end(answer, 'latin1'))
    })
    await using outbound = loopbackOutbound()
    expect(await codeOf(outbound.fetch(origin.url))).toBe(code)
  })

  test.each([
    ['at once', ''],
    ['in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
  ])('a reset %s: CONNECTION_LOST', async (_when, answer) => {
    await using origin = await startRawOrigin((socket) => {
      socket.once('data', () => {
        if (answer === '') socket.resetAndDestroy()
        else socket.write(answer, () => socket.resetAndDestroy())
      })
    })
    await using outbound = loopbackOutbound()
    expect(await codeOf(outbound.fetch(origin.url))).toBe('CONNECTION_LOST')
  })

  test('nobody listens: CONNECT_FAILED', async () => {
    const origin = await startOrigin(() => {})
    await origin[Symbol.asyncDispose]()
    await using outbound = loopbackOutbound()
    const error = await outboundErrorOf(outbound.fetch(origin.url))
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', retryable: true })
    expect(error.message).not.toContain('127')
    expect(error.cause).toBeInstanceOf(Error)
  })
})

describe('time limits', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 100000\r\n\r\n'

  test('a host that takes the connection and says nothing: TIMEOUT', async () => {
    await using origin = await startRawOrigin(() => {})
    await using outbound = loopbackOutbound({ timeouts: { headersMs: 50 } })
    expect(await codeOf(outbound.fetch(origin.url))).toBe('TIMEOUT')
  })

  test('headers that drip for ever: TIMEOUT', async () => {
    await using origin = await startRawOrigin((socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', 'A: b\r\n'))
    await using outbound = loopbackOutbound({ timeouts: { headersMs: 100 } })
    expect(await codeOf(outbound.fetch(origin.url))).toBe('TIMEOUT')
  })

  test('interim answers for ever: TIMEOUT', async () => {
    await using origin = await startRawOrigin((socket) => drip(socket, '', 'HTTP/1.1 102 Processing\r\n\r\n'))
    await using outbound = loopbackOutbound({ timeouts: { headersMs: 100 } })
    expect(await codeOf(outbound.fetch(origin.url))).toBe('TIMEOUT')
  })

  test('a body that stops: TOO_SLOW', async () => {
    await using origin = await startRawOrigin((socket) => void socket.write(`${head}half`))
    await using outbound = loopbackOutbound({ timeouts: { bodyIdleMs: 50, minBytes: 1 } })
    expect(await codeOf(outbound.fetch(origin.url))).toBe('TOO_SLOW')
  })

  test('a body that drips, each byte well before any idle limit: TOO_SLOW', async () => {
    await using origin = await startRawOrigin((socket) => drip(socket, head, 'x'))
    await using outbound = loopbackOutbound({ timeouts: { bodyIdleMs: 200, minBytes: 1000 } })
    expect(await codeOf(outbound.fetch(origin.url))).toBe('TOO_SLOW')
  })

  test('a body that is fast enough each time and takes too long in all: TIMEOUT', async () => {
    await using origin = await startRawOrigin((socket) => drip(socket, head, 'x'))
    await using outbound = loopbackOutbound({ timeouts: { bodyIdleMs: 5000, minBytes: 1, totalMs: 150 } })
    expect(await codeOf(outbound.fetch(origin.url))).toBe('TIMEOUT')
  })

  test('a TLS handshake that never begins: TIMEOUT', async () => {
    await using origin = await startRawOrigin(() => {})
    await using outbound = loopbackOutbound({ timeouts: { connectMs: 50 } })
    expect(await codeOf(outbound.fetch(origin.url.replace('http:', 'https:')))).toBe('TIMEOUT')
  })

  test('a resolver that does not know signals: TIMEOUT', async () => {
    await using outbound = loopbackOutbound({
      resolve: () => new Promise(() => {}),
      timeouts: { connectMs: 20 },
    })
    expect(await codeOf(outbound.fetch('http://a.example.com/'))).toBe('TIMEOUT')
  })
})

/** Writes the beginning, and then a piece every few milliseconds for as long as the other side listens. */
function drip(socket: Socket, beginning: string, piece: string): void {
  socket.write(beginning)
  const timer = setInterval(() => socket.write(piece), 5)
  socket.on('close', () => clearInterval(timer))
}

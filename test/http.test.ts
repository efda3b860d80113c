import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ServerProcess } from './support/server-process.ts'
import { makeDataDir, removeDataDir, startServer } from './support/server-process.ts'

let server: ServerProcess
let dataDir: string

beforeAll(async () => {
  dataDir = await makeDataDir()
  server = await startServer({ dataDir })
})

afterAll(async () => {
  await server.end('SIGTERM')
  await removeDataDir(dataDir)
})

interface RawAnswer {
  status: number
  head: string
  body: string
}

/** Writes bytes to the server's socket and reads until it closes. */
async function raw(bytes: string | Buffer): Promise<RawAnswer> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write(bytes)
  await once(socket, 'close')
  const [head = '', ...body] = Buffer.concat(chunks).toString().split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body: body.join('\r\n\r\n') }
}

const host = 'Host: 127.0.0.1\r\nConnection: close\r\n'

describe('HTTP as clients really send it', () => {
  test('a URL with raw UTF-8, as curl sends it, is told how to be written', async () => {
    const answer = await raw(Buffer.from(`GET /live/demo?prompt=café HTTP/1.1\r\n${host}\r\n`))
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({ detail: expect.stringContaining('%C3%A9') })
  })

  test.each([
    ['an unknown method', `FOO / HTTP/1.1\r\n${host}\r\n`, 400],
    ['garbage', 'hello\r\n\r\n', 400],
    [
      'two body lengths',
      `POST /v1/uploads HTTP/1.1\r\n${host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    ['a negative length', `POST /v1/uploads HTTP/1.1\r\n${host}Content-Length: -5\r\n\r\n`, 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['two Hosts', `GET /healthz HTTP/1.1\r\nhost: localhost\r\n${host}\r\n`, 400],
    ['a broken Host', 'GET /healthz HTTP/1.1\r\nHost: localhost:abc\r\nConnection: close\r\n\r\n', 400],
    ['a user in Host', 'GET /healthz HTTP/1.1\r\nHost: user@localhost\r\nConnection: close\r\n\r\n', 400],
    ['a backslash', `GET /\\evil.example/ HTTP/1.1\r\n${host}\r\n`, 400],
    ['a target that is no path', `GET * HTTP/1.1\r\n${host}\r\n`, 400],
    ['a URL of 20 kB', `GET /live/demo?prompt=${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431],
    ['CONNECT', `CONNECT example.com:443 HTTP/1.1\r\n${host}\r\n`, 405],
    ['the Host of another', 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', 403],
    [
      'an absolute target with the Host of another',
      'GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      403,
    ],
  ])('%s is told what to change', async (_, bytes, status) => {
    const answer = await raw(bytes)
    expect(answer.status).toBe(status)
    expect(answer.head).toContain('content-type: application/problem+json')
    expect(JSON.parse(answer.body)).toMatchObject({
      status,
      detail: expect.any(String),
      requestId: expect.any(String),
    })
  })

  test('a range beyond the end and only-if-cached are explained, readably for any page', async () => {
    const url = `${server.url}/live/demo?prompt=ranges&size=64x64&format=png`
    const missing = await fetch(url, { headers: { 'cache-control': 'only-if-cached' } })
    expect(missing.status).toBe(504)
    expect(await missing.json()).toMatchObject({ code: 'not_cached' })
    const picture = await fetch(url)
    const size = (await picture.arrayBuffer()).byteLength
    const beyond = await fetch(url, { headers: { range: 'bytes=99999999-' } })
    expect(beyond.status).toBe(416)
    expect(beyond.headers.get('content-range')).toBe(`bytes */${size}`)
    expect(beyond.headers.get('access-control-allow-origin')).toBe('*')
    expect(await beyond.json()).toMatchObject({ code: 'invalid_range' })
    const wrong = await fetch(`${server.url}/live/demo`)
    expect(wrong.headers.get('access-control-allow-origin')).toBe('*')
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'if-none-match',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('the timing of a picture that was there names no work', async () => {
    const url = `${server.url}/live/demo?prompt=timings&size=64x64`
    expect((await fetch(`${url}&format=png`)).headers.get('server-timing')).toMatch(/generate;dur=/u)
    const variant = await fetch(`${url}&format=webp`)
    expect(variant.headers.get('x-cache-status')).toBe('MISS')
    expect(variant.headers.get('server-timing')).not.toMatch(/generate;dur=/u)
  })

  test('the OpenAPI document refers to nothing that it does not have, and names every operation once', async () => {
    const text = await (await fetch(`${server.url}/openapi.json`)).text()
    const document = JSON.parse(text) as {
      paths: Record<
        string,
        Record<string, { operationId: string; parameters?: { name: string; schema: unknown }[] }>
      >
      components: { schemas: Record<string, unknown> }
    }
    for (const [, name] of text.matchAll(/"\$ref":"([^"]+)"/gu)) {
      expect(name).toMatch(/^#\/components\/schemas\//u)
      expect(Object.keys(document.components.schemas)).toContain(name?.split('/').at(-1))
    }
    expect(text).not.toContain('$defs')
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((each) => each.operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
    const live = document.paths['/live/{scope}']?.['get']?.parameters ?? []
    expect(live.find(({ name }) => name === 'seed')?.schema).toMatchObject({
      type: 'integer',
      minimum: 0,
      maximum: 4294967295,
    })
  })
})

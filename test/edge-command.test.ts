import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startFakeCdn } from '../packages/edge/src/purge/testing/fake-cdn.ts'

const bin = new URL('../packages/server/bin/darkroom.js', import.meta.url).pathname

let origin: Server
let originUrl: string
let answer: (request: IncomingMessage, response: ServerResponse) => void
let fetches = 0
const children: ChildProcess[] = []

beforeAll(async () => {
  origin = createServer((request, response) => {
    fetches += 1
    answer(request, response)
  })
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  fetches = 0
})

afterAll(() => {
  origin.closeAllConnections()
  origin.close()
})

interface EdgeProcess {
  url: string
  child: ChildProcess
  exit: Promise<number | null>
}

/** Rejects with what was printed and the exit code when it ends instead of listening. */
async function startEdge(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<EdgeProcess> {
  const child = spawn(process.execPath, [bin, 'edge', ...args], {
    // No HOME, no data folder, no database.
    env: { PATH: process.env['PATH'], PORT: '0', DARKROOM_LOG_LEVEL: 'silent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let printed = ''
  const url = Promise.withResolvers<string>()
  const hear = (chunk: Buffer): void => {
    printed += chunk.toString()
    const found = /^ {2}open\s+(\S+)\/$/mu.exec(printed)?.[1]
    if (found !== undefined) url.resolve(found)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const exit = once(child, 'close').then(([code]) => code as number | null)
  void exit.then((code) => url.reject(new Error(`${code}: ${printed}`)))
  return { url: await url.promise, child, exit }
}

/** Bytes as they are, and all that comes back until the connection is closed. */
async function exchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  let answered = ''
  for await (const chunk of socket) answered += String(chunk)
  return answered
}

/** One GET on a socket of its own. */
function getOnce(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent: new Agent({ keepAlive: false }) }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    }).on('error', reject)
  })
}

/** Whether somebody listens. */
async function connection(url: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  try {
    await once(socket, 'connect')
    return 'connected'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : ''
  } finally {
    socket.destroy()
  }
}

test('answers from the origin and then from memory, without a database', async () => {
  answer = (_request, response) => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('hello')
  const edge = await startEdge(['--origin', originUrl])
  expect(await getOnce(`${edge.url}/a`)).toEqual({ status: 200, body: 'hello' })
  expect(await getOnce(`${edge.url}/a`)).toEqual({ status: 200, body: 'hello' })
  expect(fetches).toBe(1)
})

test('1,000 cold requests on a slow origin are one fetch, and none fails', async () => {
  answer = (_request, response) =>
    void setTimeout(() => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('hello'), 1000)
  const edge = await startEdge(['--origin', originUrl])
  const answers = await Promise.all(Array.from({ length: 1000 }, () => getOnce(`${edge.url}/cold`)))
  expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['200 hello']))
  expect(fetches).toBe(1)
})

test('1,000 requests on a stale object are answered at once, with one fetch behind', async () => {
  const refreshing = Promise.withResolvers<ServerResponse>()
  answer = (_request, response) => {
    const headers = { 'cache-control': 'max-age=0, stale-while-revalidate=3600', etag: '"v"' }
    if (fetches === 1) response.writeHead(200, { ...headers, age: '1' }).end('old')
    else refreshing.resolve(response)
  }
  const edge = await startEdge(['--origin', originUrl])
  await getOnce(`${edge.url}/stale`)
  // The refresh is held until all have been answered: none can have waited for it.
  const answers = await Promise.all(Array.from({ length: 1000 }, () => getOnce(`${edge.url}/stale`)))
  const held = await refreshing.promise
  expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['old']))
  held.writeHead(200, { 'cache-control': 'max-age=60' }).end('new')
  expect(fetches).toBe(2)
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'on %s it answers what it has begun, and ends with 0',
  async (signal) => {
    const begun = Promise.withResolvers<ServerResponse>()
    answer = (_request, response) => {
      response.writeHead(200, { 'cache-control': 'no-store' })
      response.write('first ')
      begun.resolve(response)
    }
    const edge = await startEdge(['--origin', originUrl])
    const asked = getOnce(`${edge.url}/slow`)
    const response = await begun.promise
    edge.child.kill(signal)
    // It takes no more connections.
    await expect.poll(() => connection(edge.url)).toBe('ECONNREFUSED')
    response.end('last')
    expect(await asked).toEqual({ status: 200, body: 'first last' })
    expect(await edge.exit).toBe(0)
  },
)

test('what is no HTTP is told what to change, and the origin is not asked', async () => {
  const edge = await startEdge(['--origin', originUrl])
  for (const [bytes, status, code] of [
    ['GET /a HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', 400, 'malformed_http'],
    [
      'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      'malformed_http',
    ],
    [`GET /a HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ] as const) {
    const answered = await exchange(edge.url, bytes)
    expect(answered).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `, 'u'))
    expect(answered).toMatch(/^cache-status: darkroom; detail=/mu)
    expect(answered).toMatch(new RegExp(`application/problem\\+json[^]*"code":"${code}"`, 'u'))
  }
  expect(fetches).toBe(0)
})

test('an origin that is down is a 502, and the edge stays', async () => {
  const edge = await startEdge(['--origin', 'http://127.0.0.1:1', '--profile', 'conformance'])
  for (let number = 0; number < 2; number += 1) {
    const { status, body } = await getOnce(`${edge.url}/a`)
    expect([status, JSON.parse(body)]).toMatchObject([502, { code: 'origin_unreachable' }])
  }
})

test.each([
  [[], {}, /2: error: required option '--origin/u],
  [['--origin', 'nonsense'], {}, /2: --origin nonsense: it is no URL/u],
  [['--origin', 'http://a.test/path'], {}, /2: --origin http:\/\/a\.test\/path: an origin is a scheme/u],
  [['--origin', 'http://a.test', '--profile', 'fast'], {}, /2: --profile fast/u],
  [['--origin', 'http://a.test', '--origin-timeout', '0'], {}, /2: --origin-timeout/u],
  [['--origin', 'http://a.test', '--join-timeout', 'x'], {}, /2: --join-timeout/u],
  [['--origin', 'http://a.test'], { PORT: 'x', DARKROOM_EDGE_MB: '0' }, /1: The configuration has 2 faults/u],
])('%j %j is refused in words', async (args, environment, message) => {
  await expect(startEdge(args, environment)).rejects.toThrow(message)
})

test('a port that is taken is said so', async () => {
  const port = new URL(originUrl).port
  await expect(startEdge(['--origin', originUrl], { PORT: port })).rejects.toThrow(
    `1: Port ${port} on 127.0.0.1 is in use`,
  )
})

const purgeKey = 'a-key-for-purges-of-the-edge'

test('takes purges with its key, drops its own answers and then tells the CDN in front', async () => {
  await using cdn = await startFakeCdn()
  const held: (string | null)[] = []
  answer = (_, response) => {
    response.setHeader('cache-control', 'max-age=60, stale-while-revalidate=60')
    response.setHeader('cache-tag', 'sale,shop')
    response.end('a picture')
  }
  const { url } = await startEdge(['--origin', originUrl], {
    DARKROOM_EDGE_PURGE_KEY: purgeKey,
    DARKROOM_CDN: 'fastly,bunny',
    FASTLY_SERVICE_ID: 'service1',
    FASTLY_API_TOKEN: 'fastly-secret',
    FASTLY_BASE_URL: cdn.url,
    BUNNY_PULL_ZONE_ID: '42',
    BUNNY_API_KEY: 'bunny-secret',
    BUNNY_BASE_URL: cdn.url,
  })
  const look = async (): Promise<string | null> => {
    const shown = await fetch(`${url}/a?b=1`, { headers: { 'cache-control': 'only-if-cached' } })
    await shown.arrayBuffer()
    return shown.status === 504 ? 'nothing' : shown.headers.get('x-cache-status')
  }
  cdn.answer = (response, { path }) => {
    void look().then((state) => {
      held.push(state)
      response.writeHead(path.startsWith('/pullzone') ? 204 : 200).end()
    })
  }
  const purge = async (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    await fetch(`${url}/.darkroom/purge`, {
      method: 'POST',
      headers: { authorization: `Bearer ${purgeKey}`, ...headers },
      body: JSON.stringify(body),
    })
  const first = await fetch(`${url}/a?b=1`)
  await first.arrayBuffer()
  expect(first.headers.get('surrogate-key')).toBe('sale shop')
  expect(first.headers.get('cdn-tag')).toBe('sale,shop')
  expect(first.headers.get('cache-tag')).toBe(null)
  expect(await look()).toBe('HIT')

  expect((await purge({ tags: ['sale'] }, { authorization: 'Bearer wrong' })).status).toBe(401)
  expect(await look()).toBe('HIT')
  const done = await purge({ tags: ['sale', 'spring'] })
  expect([done.status, await done.json()]).toEqual([
    200,
    {
      purged: 1,
      soft: false,
      cdns: [
        { name: 'fastly', status: 'done' },
        { name: 'bunny', status: 'done' },
      ],
    },
  ])
  expect(held).toEqual(['nothing', 'nothing', 'nothing'])
  expect(cdn.received.map(({ path, body }) => `${path} ${body}`).toSorted()).toEqual([
    '/pullzone/42/purgeCache {"CacheTag":"sale"}',
    '/pullzone/42/purgeCache {"CacheTag":"spring"}',
    '/service/service1/purge {"surrogate_keys":["sale","spring"]}',
  ])

  await (await fetch(`${url}/a?b=1`)).arrayBuffer()
  expect((await purge({ urls: ['https://pictures.example/a?b=1'] })).status).toBe(200)
  expect(await look()).toBe('nothing')
  await (await fetch(`${url}/a?b=1`)).arrayBuffer()
  // Looking at what is stale would have it refreshed.
  cdn.answer = (response) => void response.writeHead(204).end()
  expect((await purge({ everything: true, soft: true })).status).toBe(200)
  const stale = await fetch(`${url}/a?b=1`)
  await stale.arrayBuffer()
  // Stale here is stale at once there: a CDN that asks now must not keep it for a minute.
  expect(stale.headers.get('x-cache-status')).toBe('STALE')
  expect(stale.headers.get('cache-control')).toBe('max-age=0, stale-while-revalidate=60')
  for (const wrong of [{}, { tags: ['a'], everything: true }, { urls: ['/a'] }, { tags: [] }, 'text', null])
    expect((await purge(wrong)).status).toBe(400)
  cdn.answer = (response) => void response.writeHead(503, { 'retry-after': '7' }).end()
  const failed = await purge({ tags: ['sale'] })
  expect(failed.status).toBe(502)
  expect(await failed.json()).toMatchObject({
    cdns: [
      { name: 'fastly', status: 'failed', reason: 'It answered 503.', retryAfterS: 7 },
      { name: 'bunny', status: 'failed' },
    ],
  })
  expect((await fetch(`${url}/.darkroom/purge`)).status).toBe(401)
})

test('without a key for purges their address is the origin’s', async () => {
  answer = (request, response) => void response.end(request.url)
  const { url } = await startEdge(['--origin', originUrl])
  const shown = await fetch(`${url}/.darkroom/purge`, { method: 'POST' })
  expect(await shown.text()).toBe('/.darkroom/purge')
})

test('the address of purges is never the origin’s, and a body that is too long holds up no other purge', async () => {
  answer = (request, response) => void response.end(request.headers.authorization)
  const { url } = await startEdge(['--origin', originUrl], { DARKROOM_EDGE_PURGE_KEY: purgeKey })
  const purge = async (target: string, body: string): Promise<number> => {
    const headers = { authorization: `Bearer ${purgeKey}` }
    const done = await fetch(`${url}${target}`, { method: 'POST', headers, body })
    expect(await done.text()).not.toContain(purgeKey)
    return done.status
  }
  expect(await purge('/.darkroom/purge?tags=a', '{"everything":true}')).toBe(400)
  expect(await purge('/.darkroom/purge', 'x'.repeat(20_000_000))).toBe(413)
  for (let each = 0; each < 4; each += 1)
    expect(await purge('/.darkroom/purge', '{"everything":true}')).toBe(200)
  expect(fetches).toBe(0)
})

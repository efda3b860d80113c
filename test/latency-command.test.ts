import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const bin = new URL('../packages/server/bin/darkroom.js', import.meta.url).pathname
const run = promisify(execFile)

let server: Server
let url: string
let asked = 0

beforeAll(async () => {
  // Every tenth answer is a miss that waits before its first byte, and again before its last.
  server = createServer((request, response) => {
    asked += 1
    if (request.url === '/broken') {
      response.writeHead(503).end()
      return
    }
    const miss = asked % 10 === 0
    response.setHeader('cache-status', miss ? 'here; fwd=uri-miss; stored' : 'here; hit; ttl=9')
    response.setHeader('x-token', request.headers.authorization ?? '')
    if (!miss) {
      response.end('a hit')
      return
    }
    setTimeout(() => response.write('half of '), 300)
    setTimeout(() => response.end('a miss'), 600)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

interface Ended {
  code: number
  stdout: string
  stderr: string
}

async function latency(...args: string[]): Promise<Ended> {
  asked = 0
  try {
    return { code: 0, ...(await run(process.execPath, [bin, 'latency', ...args])) }
  } catch (error) {
    const { code, stdout, stderr } = error as Ended
    return { code, stdout, stderr }
  }
}

test('measures what was asked, class by class, first and last byte apart', async () => {
  const { code, stdout } = await latency('--check', url, '--n', '40', '--warm-up', '10', '--json')
  expect([code, asked]).toEqual([0, 50])
  const report = JSON.parse(stdout) as {
    classes: { cacheClass: string; count: number; ttfbMs: { p50: number }; totalMs: { p50: number } }[]
  }
  expect(report.classes.map(({ cacheClass, count }) => [cacheClass, count])).toEqual([
    ['all', 40],
    ['hit', 36],
    ['miss', 4],
  ])
  const miss = report.classes[2]
  expect(miss?.ttfbMs.p50).toBeGreaterThan(295)
  expect(miss?.totalMs.p50).toBeGreaterThan((miss?.ttfbMs.p50 ?? 0) + 200)
})

test('a budget that is met is exit code 0, one that is not is 1 and says which', async () => {
  const met = await latency(
    '--check',
    url,
    '--n',
    '20',
    '--rate',
    '50',
    '--budget',
    'miss.p50=30s,hit.ttfb.p50=10s',
  )
  expect([met.code, met.stdout]).toEqual([0, expect.stringContaining('ok   miss.p50 ≤ 30s')])
  const over = await latency('--check', url, '--n', '20', '--budget', 'miss.ttfb.p50=5ms')
  expect([over.code, over.stdout]).toEqual([1, expect.stringContaining('OVER miss.ttfb.p50 ≤ 5ms')])
  expect(over.stdout).toMatch(/^> \S+ \(over budget\)\n/u)
})

test('answers that are errors are counted, never timed', async () => {
  const broken = await latency('--check', `${url}/broken`, '--n', '5', '--warm-up', '0')
  expect([broken.code, asked]).toEqual([1, 5])
  expect(broken.stdout).toContain('failed: 5 × HTTP 503')
  const nobody = await latency('--check', 'http://127.0.0.1:9/', '--n', '2', '--warm-up', '0')
  expect([nobody.code, nobody.stdout]).toEqual([1, expect.stringContaining('2 × ECONNREFUSED')])
})

test.each([
  [['--check', 'ftp://a/'], 'Say what to check'],
  [['--check', 'http://a/', '--n', '0'], '--n 0'],
  [['--check', 'http://a/', '--rate', 'fast'], '--rate fast'],
  [['--check', 'http://a/', '--budget', 'p99=soon'], '"p99=soon" is no limit'],
  [['--check', 'http://a/', '--header', 'Secret'], '--header must look like'],
  [[], '--check'],
])('%j is a usage error', async (args, message) => {
  const ended = await latency(...args)
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(message)])
})

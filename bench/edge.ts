import autocannon from 'autocannon'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeDataDir, removeDataDir, startServer } from '../test/support/server-process.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const rounds = 3
const roundS = 3

interface Load {
  requestsPerS: number
  p50Ms: number
  p99Ms: number
}

/**
 * Hits of a picture that the edge holds, beside a bare `node:http` server that answers the same bytes from memory:
 * the two in turn, so that the machine's moods hit both.
 */
export async function edgeBench(): Promise<BenchResult> {
  const dataDir = await makeDataDir()
  const server = await startServer({ dataDir })
  const url = `${server.url}/live/bench?prompt=a+red+sailboat+at+sunset&size=1024x768&format=jpeg`
  const picture = Buffer.from(await (await fetch(url)).arrayBuffer())
  const yardstick = await startYardstick(picture)
  const rows = []
  try {
    for (const connections of [1, 10]) {
      const ours: Load[] = []
      const bare: Load[] = []
      for (let index = 0; index < rounds; index += 1) {
        ours.push(await load(url, connections))
        bare.push(await load(yardstick.url, connections))
      }
      const median = (loads: readonly Load[], key: keyof Load): number =>
        percentile(
          loads.map((each) => each[key]),
          0.5,
        )
      for (const [name, loads] of [
        ['darkroom hit', ours],
        ['bare node:http', bare],
      ] as const) {
        rows.push({
          server: name,
          connections,
          'requests/s': Math.round(median(loads, 'requestsPerS')),
          'p50 ms': round(median(loads, 'p50Ms'), 3),
          'p99 ms': round(median(loads, 'p99Ms'), 3),
          'of bare': round(median(loads, 'requestsPerS') / median(bare, 'requestsPerS')),
        })
      }
    }
  } finally {
    yardstick.close()
    await server.end('SIGTERM')
    await removeDataDir(dataDir)
  }
  return {
    name: 'edge hits',
    method: `${Math.round(picture.byteLength / 1024)} KB JPEG, ${rounds} interleaved rounds of ${roundS} s each, medians; the load generator shares the machine`,
    rows,
  }
}

async function startYardstick(body: Buffer): Promise<{ url: string; close: () => void }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': body.byteLength })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function load(url: string, connections: number): Promise<Load> {
  const latenciesMs: number[] = []
  const done = Promise.withResolvers<autocannon.Result>()
  const run = autocannon({ url, connections, duration: roundS }, (error: Error | null, result) => {
    if (error === null) done.resolve(result)
    else done.reject(error)
  })
  // autocannon's own histogram has whole milliseconds, too coarse for a hit.
  run.on('response', (_client, _status, _bytes, responseTimeMs) => latenciesMs.push(responseTimeMs))
  const result = await done.promise
  return {
    requestsPerS: result.requests.average,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }
}

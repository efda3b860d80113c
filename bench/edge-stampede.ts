import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { Agent, createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const bin = new URL('../packages/server/bin/darkroom.js', import.meta.url).pathname
const requests = 1000
const body = Buffer.alloc(100_000, 1)

interface Answer {
  ok: boolean
  durationMs: number
}

/** Stampedes on `darkroom edge`, a process of its own before an origin of this one. */
export async function edgeStampedeBench(options: { long: boolean }): Promise<BenchResult> {
  const bench = new Stampedes()
  await bench.start()
  const rows: BenchResult['rows'][number][] = []
  try {
    // The yardstick goes first: what the clients' own first requests cost is then not the edge's.
    rows.push(await bench.bare(2))
    for (const originS of options.long ? [2, 8, 60] : [2, 8]) {
      rows.push(await bench.cold(originS, false))
    }
    rows.push(await bench.cold(2, true))
    rows.push(await bench.stale(2))
  } finally {
    await bench.close()
  }
  return {
    name: 'edge stampedes',
    method: `${requests} requests at once, each on a connection of its own, for one ${body.byteLength / 1000} KB object; the clients share the machine and the clock of "over origin" starts with the first of them. Blocked: took as long as the origin`,
    rows,
  }
}

class Stampedes {
  #origin: Server | undefined
  #edge: ChildProcess | undefined
  #url = ''
  #originUrl = ''
  #fetches = 0
  #answer: (response: ServerResponse) => void = (response) => response.end()

  async start(): Promise<void> {
    this.#origin = createServer((_request, response) => {
      this.#fetches += 1
      this.#answer(response)
    })
    this.#origin.listen(0, '127.0.0.1')
    await once(this.#origin, 'listening')
    const { port } = this.#origin.address() as AddressInfo
    this.#originUrl = `http://127.0.0.1:${port}`
    this.#edge = spawn(process.execPath, [bin, 'edge', '--origin', this.#originUrl], {
      env: { ...process.env, PORT: '0', DARKROOM_LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const chunk of this.#edge.stdout ?? []) {
      const found = /open\s+(\S+)\/$/mu.exec(String(chunk))?.[1]
      if (found === undefined) continue
      this.#url = found
      return
    }
    throw new Error('darkroom edge did not start')
  }

  /** Nothing is stored. `leaves`: the first request, which began the fetch, hangs up half way. */
  async cold(originS: number, leaves: boolean): Promise<BenchResult['rows'][number]> {
    this.#fetches = 0
    this.#answer = (response) =>
      void setTimeout(
        () => response.writeHead(200, { 'cache-control': 'max-age=3600' }).end(body),
        originS * 1000,
      )
    const url = `${this.#url}/cold-${originS}-${leaves}`
    const leader = leaves ? get(url, { agent: new Agent() }) : undefined
    if (leader !== undefined) {
      leader.on('error', () => undefined)
      await once(leader, 'socket')
      setTimeout(() => leader.destroy(), originS * 500)
    }
    const answers = await stampede(url)
    return this.#row(leaves ? `cold, the first leaves` : 'cold', originS, answers)
  }

  /** The yardstick: a bare `node:http` server that answers all after so long, without any cache. */
  async bare(originS: number): Promise<BenchResult['rows'][number]> {
    const first = new Promise((resolve) => setTimeout(resolve, originS * 1000))
    this.#fetches = 0
    this.#answer = (response) => void first.then(() => response.writeHead(200).end(body))
    return this.#row('(bare node:http)', originS, await stampede(this.#originUrl))
  }

  /** Stored and stale: all are served while one refresh takes its time. */
  async stale(originS: number): Promise<BenchResult['rows'][number]> {
    const headers = { 'cache-control': 'max-age=0, stale-while-revalidate=3600', etag: '"1"' }
    this.#answer = (response) => response.writeHead(200, headers).end(body)
    const url = `${this.#url}/stale`
    await getOnce(url)
    this.#fetches = 0
    this.#answer = (response) =>
      void setTimeout(() => response.writeHead(200, headers).end(body), originS * 1000)
    const answers = await stampede(url)
    return this.#row('stale', originS, answers)
  }

  #row(what: string, originS: number, answers: readonly Answer[]): BenchResult['rows'][number] {
    const durationsMs = answers.map(({ durationMs }) => durationMs)
    const cold = what !== 'stale'
    const overMs = (share: number): number => percentile(durationsMs, share) - (cold ? originS * 1000 : 0)
    return {
      object: what,
      'origin s': originS,
      requests: answers.length,
      'origin fetches': this.#fetches,
      errors: answers.filter(({ ok }) => !ok).length,
      blocked: durationsMs.filter((each) => each >= originS * 1000).length,
      'p50 over origin ms': round(overMs(0.5), 0),
      'p99 over origin ms': round(overMs(0.99), 0),
    }
  }

  async close(): Promise<void> {
    if (this.#edge !== undefined && this.#edge.exitCode === null) {
      const exit = once(this.#edge, 'exit')
      this.#edge.kill('SIGTERM')
      await exit
    }
    this.#origin?.closeAllConnections()
    this.#origin?.close()
  }
}

async function stampede(url: string): Promise<Answer[]> {
  return await Promise.all(Array.from({ length: requests }, () => getOnce(url)))
}

/** Timed from the call, so that waiting for a connection counts. */
function getOnce(url: string): Promise<Answer> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    let bytes = 0
    const end = (ok: boolean): void => resolve({ ok, durationMs: performance.now() - startedAt })
    get(url, { agent: new Agent() }, (response) => {
      response.on('data', (chunk: Buffer) => (bytes += chunk.byteLength))
      response.on('end', () => end(response.statusCode === 200 && bytes === body.byteLength))
      response.on('error', () => end(false))
    }).on('error', () => end(false))
  })
}

import autocannon from 'autocannon'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { runLoad } from '../packages/server/src/latency/check/load.ts'
import { createProbe } from '../packages/server/src/latency/check/probe.ts'
import { Histogram } from '../packages/server/src/latency/histogram.ts'
import { createRandom } from '../packages/server/src/latency/seeded-random.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const connections = 8
const durationS = 8
const shares = [0.5, 0.9, 0.99] as const

/** What a tool says of its run, in milliseconds: P50, P90, P99. */
type Percentiles = readonly number[]

/**
 * Do wrk, autocannon, `darkroom latency --check` and our histograms agree? A server that waits 20 to 120 ms before it
 * answers, drawn from a seeded generator; each tool in turn; what the server recorded of that very run stands beside
 * it, exactly and from the histogram. The tools also see the sockets, so they are some tenths of a millisecond above.
 */
export async function percentilesBench(): Promise<BenchResult> {
  const random = createRandom(11)
  let exact: number[] = []
  let histogram = new Histogram()
  const server = createServer((_, response) => {
    const startedMs = performance.now()
    setTimeout(
      () => {
        const tookMs = performance.now() - startedMs
        exact.push(tookMs)
        histogram.record(tookMs)
        response.end('ok')
      },
      20 + 100 * random() ** 4,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const tools: readonly (readonly [string, (url: string) => Promise<Percentiles | undefined>])[] = [
    ['wrk', wrk],
    ['autocannon', byAutocannon],
    ['latency --check', byCheck],
  ]
  const rows: BenchResult['rows'][number][] = []
  try {
    for (const [name, run] of tools) {
      exact = []
      histogram = new Histogram()
      const told = await run(url)
      if (told === undefined) {
        process.stderr.write(`${name} is not installed here\n`)
        continue
      }
      for (const [at, share] of shares.entries()) {
        const [of, ours, truth] = [
          told[at] ?? Number.NaN,
          histogram.percentile(share),
          percentile(exact, share),
        ]
        rows.push({
          tool: name,
          n: exact.length,
          percentile: `p${share * 100}`,
          'tool ms': round(of),
          'server, exact ms': round(truth),
          'server, histogram ms': round(ours),
          'tool to histogram %': round((of / ours - 1) * 100),
          'histogram to exact %': round((ours / truth - 1) * 100),
        })
      }
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return {
    name: 'percentiles',
    method: `${connections} connections, ${durationS} s a tool; the load shares the machine`,
    rows,
  }
}

async function wrk(url: string): Promise<Percentiles | undefined> {
  const args = ['-t1', `-c${connections}`, `-d${durationS}s`, '--latency', url]
  const ended = await promisify(execFile)('wrk', args).catch(() => undefined)
  if (ended === undefined) return undefined
  const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 }
  return shares.map((share) => {
    const line = new RegExp(String.raw`^\s+${share * 100}%\s+([\d.]+)(us|ms|s)$`, 'mu').exec(ended.stdout)
    return Number(line?.[1]) * (unitMs[line?.[2] ?? ''] ?? Number.NaN)
  })
}

async function byAutocannon(url: string): Promise<Percentiles> {
  const latenciesMs: number[] = []
  const done = Promise.withResolvers<void>()
  const run = autocannon({ url, connections, duration: durationS }, (error: Error | null) => {
    if (error === null) done.resolve()
    else done.reject(error)
  })
  // autocannon's own histogram has whole milliseconds.
  run.on('response', (_client, _status, _bytes, responseTimeMs) => latenciesMs.push(responseTimeMs))
  await done.promise
  return shares.map((share) => percentile(latenciesMs, share))
}

async function byCheck(url: string): Promise<Percentiles> {
  const probe = createProbe({ url: new URL(url), headers: {}, timeoutMs: 60_000 })
  try {
    const { samples } = await runLoad(probe, 1500, { kind: 'closed', concurrency: connections })
    const totalsMs = samples.map(({ totalMs }) => totalMs)
    return shares.map((share) => percentile(totalsMs, share))
  } finally {
    probe.close()
  }
}

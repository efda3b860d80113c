import autocannon from 'autocannon'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDataDir, removeDataDir, startServer } from '../test/support/server-process.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const bin = new URL('../packages/server/bin/darkroom.js', import.meta.url).pathname
const bareServer = new URL('bare-server.ts', import.meta.url).pathname
const rounds = 5
const roundS = 2

/** A server under load, in a process of its own. */
interface Target {
  name: string
  url: string
  pid: number
}

interface Load {
  requestsPerS: number
  p50Ms: number
  p99Ms: number
  /** Processor time of the server, user and system, a request. */
  cpuUs: number
}

/**
 * Hits of a picture in memory: of the whole server, of the edge alone, and of a bare `node:http` server that answers
 * the same bytes. In turn, so that the machine's moods hit all.
 */
export async function edgeBench(): Promise<BenchResult> {
  const dataDir = await makeDataDir()
  const server = await startServer({ dataDir })
  const live = `${server.url}/live/bench?prompt=a+red+sailboat+at+sunset&size=1024x768&format=jpeg`
  const picture = Buffer.from(await (await fetch(live)).arrayBuffer())
  const file = join(dataDir, 'bench.jpg')
  await writeFile(file, picture)
  const bare = await startProgram([bareServer, file])
  const edge = await startProgram([bin, 'edge', '--origin', bare.url.replace(/\/$/u, '')])
  const targets: readonly Target[] = [
    { name: 'bare node:http', url: bare.url, pid: bare.pid },
    { name: 'darkroom edge', url: `${edge.url}bench.jpg`, pid: edge.pid },
    { name: 'darkroom start, /live', url: live, pid: server.pid },
  ]
  const rows: BenchResult['rows'][number][] = []
  try {
    for (const { url } of targets) await load(url, 10)
    for (const connections of [1, 10]) rows.push(...(await compare(targets, connections)))
  } finally {
    await Promise.all([bare.end(), edge.end()])
    await server.end('SIGTERM')
    await removeDataDir(dataDir)
  }
  return {
    name: 'edge hits',
    method: `${Math.round(picture.byteLength / 1024)} KB JPEG, ${rounds} rounds of ${roundS} s each in turn, medians; "of bare": of the ratios within each round; CPU: of the server's process alone. The load generator shares the machine`,
    rows,
  }
}

/** The first target is what the others are compared with. */
async function compare(
  targets: readonly Target[],
  connections: number,
): Promise<readonly BenchResult['rows'][number][]> {
  const loads = targets.map((): Load[] => [])
  for (let index = 0; index < rounds; index += 1) {
    for (const [at, { url, pid }] of targets.entries()) loads[at]?.push(await load(url, connections, pid))
  }
  const [bare = []] = loads
  return targets.map(({ name }, at) => {
    const own = loads[at] ?? []
    const median = (of: (load: Load, index: number) => number): number => percentile(own.map(of), 0.5)
    return {
      server: name,
      connections,
      'requests/s': Math.round(median(({ requestsPerS }) => requestsPerS)),
      'of bare': round(
        median(({ requestsPerS }, index) => requestsPerS / (bare[index]?.requestsPerS ?? Number.NaN)),
      ),
      'p50 ms': round(
        median(({ p50Ms }) => p50Ms),
        3,
      ),
      'p99 ms': round(
        median(({ p99Ms }) => p99Ms),
        3,
      ),
      'cpu µs a request': round(
        median(({ cpuUs }) => cpuUs),
        1,
      ),
      'of bare cpu': round(median(({ cpuUs }, index) => (bare[index]?.cpuUs ?? Number.NaN) / cpuUs)),
    }
  })
}

/** Starts a program that prints where it listens. */
async function startProgram(
  args: readonly string[],
): Promise<{ url: string; pid: number; end: () => Promise<void> }> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, PORT: '0', DARKROOM_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
  }
  for await (const chunk of child.stdout) {
    const url = /open\s+(\S+\/)$/mu.exec(String(chunk))?.[1]
    if (url !== undefined) return { url, pid: child.pid ?? 0, end }
  }
  throw new Error(`${args[0]} did not start`)
}

async function load(url: string, connections: number, pid: number = 0): Promise<Load> {
  const latenciesMs: number[] = []
  const done = Promise.withResolvers<autocannon.Result>()
  const cpuBeforeMs = await cpuMsOf(pid)
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
    cpuUs: (((await cpuMsOf(pid)) - cpuBeforeMs) * 1000) / latenciesMs.length,
  }
}

/** Processor time of a process so far, in milliseconds; Linux alone tells. */
async function cpuMsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Behind the name, which may have spaces: fields 14 and 15, in hundredths of a second.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) * 10
}

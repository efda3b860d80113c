import { performance } from 'node:perf_hooks'
import { makeDataDir, removeDataDir, startServer } from '../test/support/server-process.ts'
import type { ServerProcess } from '../test/support/server-process.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const rounds = 5

interface Start {
  readyMs: number
  databaseMs: number
}

/** From spawning the process to the first 200 of `/readyz`, and what of it the database took. */
export async function startBench(): Promise<BenchResult> {
  const starts: Record<'cold' | 'warm' | 'adopted', Start[]> = { cold: [], warm: [], adopted: [] }
  for (let index = 0; index < rounds; index += 1) {
    const dataDir = await makeDataDir()
    const cold = await timedStart(dataDir)
    starts.cold.push(cold.start)
    await cold.server.end('SIGTERM')
    const warm = await timedStart(dataDir)
    starts.warm.push(warm.start)
    await warm.server.end('SIGKILL')
    const adopted = await timedStart(dataDir)
    starts.adopted.push(adopted.start)
    await adopted.server.end('SIGTERM')
    await removeDataDir(dataDir)
  }
  return {
    name: 'start',
    method: `${rounds} rounds; cold: an empty folder; warm: after a clean stop; adopted: after kill -9, the database still running`,
    rows: Object.entries(starts).map(([kind, each]) => ({
      start: kind,
      'ready ms (median)': Math.round(
        percentile(
          each.map(({ readyMs }) => readyMs),
          0.5,
        ),
      ),
      'ready ms (max)': Math.round(Math.max(...each.map(({ readyMs }) => readyMs))),
      'database ready ms (median)': round(
        percentile(
          each.map(({ databaseMs }) => databaseMs),
          0.5,
        ),
        0,
      ),
    })),
  }
}

async function timedStart(dataDir: string): Promise<{ server: ServerProcess; start: Start }> {
  const startedAt = performance.now()
  const server = await startServer({ dataDir })
  const ready = await fetch(`${server.url}/readyz`)
  if (ready.status !== 200) throw new Error(`not ready: ${await ready.text()}`)
  const readyMs = performance.now() - startedAt
  const databaseMs = Number(/(?:ready|adopted) in (\d+) ms/u.exec(server.output())?.[1])
  return { server, start: { readyMs, databaseMs } }
}

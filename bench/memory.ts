import { readdir, readFile } from 'node:fs/promises'
import { makeDataDir, removeDataDir, startServer } from '../test/support/server-process.ts'
import type { BenchResult } from './result.ts'
import { round } from './result.ts'

const restMs = 10_000

/**
 * Memory at rest: our process and the database's processes, as the kernel's proportional set size, which counts
 * shared pages once.
 */
export async function memoryBench(): Promise<BenchResult> {
  const dataDir = await makeDataDir()
  const server = await startServer({ dataDir })
  const rows = []
  try {
    await new Promise((resolve) => setTimeout(resolve, restMs))
    rows.push({ state: 'at rest after the start', ...(await memoryOf(server.pid)) })
    for (let seed = 0; seed < 20; seed += 1) {
      await (
        await fetch(`${server.url}/live/bench?prompt=a+mountain+lake&seed=${seed}&format=jpeg`)
      ).arrayBuffer()
    }
    await new Promise((resolve) => setTimeout(resolve, restMs))
    rows.push({ state: 'at rest after 20 pictures', ...(await memoryOf(server.pid)) })
  } finally {
    await server.end('SIGTERM')
    await removeDataDir(dataDir)
  }
  return { name: 'memory', method: `PSS from /proc, ${restMs / 1000} s after the last work`, rows }
}

async function memoryOf(pid: number): Promise<Record<string, number>> {
  const database = await postgresPids(pid)
  let databaseMb = 0
  for (const each of database) databaseMb += await pssMb(each)
  return {
    'our process MB': round(await pssMb(pid), 1),
    'database MB': round(databaseMb, 1),
    'database processes': database.length,
  }
}

async function pssMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+) kB/mu.exec(text)?.[1] ?? 0) / 1024
}

/** The postmaster that the server started, and its children. */
async function postgresPids(serverPid: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const [, command, parent] = /\((.*)\) \S (\d+)/u.exec(stat) ?? []
    if (command === 'postgres' && parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const postmasters = new Set([...parents].flatMap(([pid, parent]) => (parent === serverPid ? [pid] : [])))
  return [...parents].flatMap(([pid, parent]) =>
    postmasters.has(pid) || postmasters.has(parent) ? [pid] : [],
  )
}

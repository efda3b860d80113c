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
    rows.push({ state: 'at rest after the start', ...(await memoryOf(server.pid, dataDir)) })
    for (let seed = 0; seed < 20; seed += 1) {
      await (
        await fetch(`${server.url}/live/bench?prompt=a+mountain+lake&seed=${seed}&format=jpeg`)
      ).arrayBuffer()
    }
    await new Promise((resolve) => setTimeout(resolve, restMs))
    rows.push({ state: 'at rest after 20 pictures', ...(await memoryOf(server.pid, dataDir)) })
  } finally {
    await server.end('SIGTERM')
    await removeDataDir(dataDir)
  }
  return { name: 'memory', method: `PSS from /proc, ${restMs / 1000} s after the last work`, rows }
}

async function memoryOf(pid: number, dataDir: string): Promise<Record<string, number>> {
  const database = await postgresPids(dataDir)
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

/** The postmaster of the data folder and its children. */
async function postgresPids(dataDir: string): Promise<number[]> {
  const postmasters: number[] = []
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const parent = /\) \S (\d+)/u.exec(stat)?.[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(dataDir) && /postgres\0/u.test(command)) postmasters.push(Number(name))
  }
  return [...parents.keys()].filter(
    (pid) => postmasters.includes(pid) || postmasters.includes(parents.get(pid) ?? 0),
  )
}

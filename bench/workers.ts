import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import type { ServerProcess } from '../test/support/server-process.ts'
import { startServer, until } from '../test/support/server-process.ts'
import { startModelServer } from '../test/torture/model-server.ts'
import { startExternalPostgres } from './external-postgres.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const workerCounts = [1, 2, 4]
const backlog = 200
const toldSamples = 40
const offeredPerS = 200
const offeredS = 3

/**
 * One gateway and 1, 2, 4 worker processes on one database and one folder, with a model server that answers at once: how
 * many jobs a second a backlog is worked off with, how long a caller waits to be told at rest, and how long an accepted job
 * waits for its start while 200 a second are offered. What is measured is the queue, not the drawing.
 */
export async function workersBench(): Promise<BenchResult> {
  const rows: Record<string, string | number>[] = []
  const folder = await createDatabaseFolder()
  const embedded = await startEmbeddedPostgres({
    dataDir: join(folder.path, 'postgres'),
    maxConnections: 150,
  })
  const { host, port, user, password, database } = embedded.connection
  const query = new URLSearchParams({ host, port: String(port) })
  const url = `postgres://${user}:${encodeURIComponent(password)}@/${database}?${query}`
  try {
    for (const count of workerCounts) rows.push(await measure('embedded', url, count, folder.path))
  } finally {
    await embedded.stop()
  }
  const external = await startExternalPostgres()
  try {
    if (external !== undefined) {
      for (const count of workerCounts) {
        rows.push(await measure(`PostgreSQL ${external.version}`, external.url, count, folder.path))
      }
    }
  } finally {
    await external?.stop()
    await folder.remove()
  }
  return {
    name: 'workers',
    method:
      `${backlog} jobs as a backlog; ${toldSamples} waits one after another; ${offeredPerS} jobs a second for ${offeredS} s. ` +
      'Workers run 4 jobs at once each. All processes, the databases and the model server share this machine. ' +
      (external === undefined ? 'No other PostgreSQL was found. ' : '') +
      'BullMQ on Redis is not measured: no Redis is part of this project.',
    rows,
  }
}

async function measure(
  name: string,
  databaseUrl: string,
  workers: number,
  folder: string,
): Promise<Record<string, string | number>> {
  const model = await startModelServer(() => 0)
  const start = (role: 'gateway' | 'worker'): Promise<ServerProcess> =>
    startServer({
      role,
      dataDir: join(folder, 'unused'),
      environment: {
        DATABASE_URL: databaseUrl,
        DARKROOM_STORAGE: `file:${join(folder, 'objects')}`,
        DARKROOM_MODELS: 'default=openai:any',
        DARKROOM_WORKER_CONCURRENCY: '4',
        DARKROOM_QUEUE_LIMIT: '100000',
        DARKROOM_LOG_LEVEL: 'error',
        OPENAI_BASE_URL: model.baseUrl,
        OPENAI_API_KEY: 'k',
      },
    })
  const gateway = await start('gateway')
  const others = await Promise.all(Array.from({ length: workers }, () => start('worker')))
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  try {
    const bench = createCaller(gateway.url, `${name} ${workers} ${Date.now()}`)
    for (let warmUp = 0; warmUp < 10; warmUp += 1) await bench.ask(1, 'wait=30')
    const told: number[] = []
    for (let sample = 0; sample < toldSamples; sample += 1) {
      const from = performance.now()
      await bench.ask(1, 'wait=30')
      told.push(performance.now() - from)
    }
    const from = performance.now()
    await Promise.all(Array.from({ length: backlog / 10 }, () => bench.ask(10, 'respond-async')))
    await untilIdle(database)
    const perSecond = backlog / ((performance.now() - from) / 1000)
    const since = new Date()
    const refused = await offer(bench)
    await untilIdle(database)
    const { rows } = await database.query<{ ms: number }>(
      'select extract(epoch from started_at - queued_at)::float8 * 1000 as ms from generations where created_at > $1',
      [since],
    )
    const waits = rows.map(({ ms }) => ms)
    return {
      database: name,
      workers,
      'jobs/s': round(perSecond, 0),
      'told p50 ms': round(percentile(told, 0.5)),
      'told p99 ms': round(percentile(told, 0.99)),
      'start p50 ms, 200/s': round(percentile(waits, 0.5)),
      'start p99 ms, 200/s': round(percentile(waits, 0.99)),
      'refused of it': refused,
    }
  } finally {
    await database.end()
    await Promise.all([gateway, ...others].map((server) => server.end('SIGKILL')))
    await model.close()
  }
}

interface Caller {
  ask(pictures: number, prefer: string): Promise<void>
}

function createCaller(url: string, prompt: string): Caller {
  let seed = 0
  return {
    ask: async (n, prefer) => {
      const body = JSON.stringify({ prompt, size: '64x64', seed, n })
      seed += n
      const answer = await fetch(`${url}/v1/generations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer },
        body,
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(text)
    },
  }
}

/** An open loop: what is slow is not waited for. @returns how many were refused: this machine could not take them */
async function offer(bench: Caller): Promise<number> {
  const from = performance.now()
  const asked: Promise<boolean>[] = []
  for (let number = 0; number < offeredPerS * offeredS; number += 1) {
    const dueMs = from + (number * 1000) / offeredPerS
    const waitMs = dueMs - performance.now()
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
    asked.push(
      bench.ask(1, 'respond-async').then(
        () => false,
        () => true,
      ),
    )
  }
  return (await Promise.all(asked)).filter((refused) => refused).length
}

async function untilIdle(database: pg.Client): Promise<void> {
  await until(async () => {
    const { rows } = await database.query<{ open: number }>(
      `select count(*)::int as open from generations where status in ('queued', 'running')`,
    )
    return rows[0]?.open === 0 ? true : undefined
  }, 300_000)
}

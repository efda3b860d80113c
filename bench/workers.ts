import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { startEmbeddedPostgres } from '../packages/server/src/database/embedded-postgres.ts'
import { createDatabaseFolder } from '../packages/server/src/database/testing/owner-process.ts'
import type { ServerProcess } from '../test/support/server-process.ts'
import { startServer } from '../test/support/server-process.ts'
import { startModelServer } from '../test/torture/model-server.ts'
import { measureBullmq } from './bullmq.ts'
import { startExternalPostgres } from './external-postgres.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'
import { databaseUrlOf } from '../packages/server/src/database/testing/database-url.ts'

const workerCounts = [1, 2, 4]
const backlog = 100
const toldSamples = 25
const offeredPerS = 200
const offeredS = 2

/** No part of a row waits longer: a machine that is busy with other things gives fewer samples, not a longer run. */
const partLimitMs = 10_000

/** Rows that would begin later are left out, and the method says so. */
const benchLimitMs = 180_000

/**
 * One gateway and 1, 2, 4 worker processes on one database and one folder, with a model server that answers at once: how
 * many jobs a second a backlog is worked off with, how long a caller waits to be told at rest, and how long an accepted job
 * waits for its start while 200 a second are offered. What is measured is the queue, not the drawing. Each row has a
 * database of its own tables, so that what one leaves open is nothing to the next.
 */
export async function workersBench({ peers }: { peers: string | undefined }): Promise<BenchResult> {
  const untilMs = performance.now() + benchLimitMs
  const rows: Record<string, string | number>[] = []
  let left = 0
  const measureAll = async (name: string, url: string, folder: string): Promise<void> => {
    for (const count of workerCounts) {
      if (performance.now() > untilMs) left += 1
      else rows.push(await measure(name, url, count, folder))
    }
  }
  const folder = await createDatabaseFolder()
  try {
    await withEmbedded(join(folder.path, 'postgres'), (url) => measureAll('embedded', url, folder.path))
    const external = await startExternalPostgres()
    try {
      if (external !== undefined)
        await measureAll(`PostgreSQL ${external.version}`, external.url, folder.path)
    } finally {
      await external?.stop()
    }
    const bullmq = await measureBullmq(peers, { workerCounts, backlog, toldSamples })
    if (typeof bullmq !== 'string') rows.push(...bullmq)
    return {
      name: 'workers',
      method:
        `${backlog} jobs as a backlog; up to ${toldSamples} waits one after another; ${offeredPerS} jobs a second for ${offeredS} s; ` +
        `each at most ${partLimitMs / 1000} s. ` +
        'Workers run 4 jobs at once each. All processes, the databases and the model server share this machine. ' +
        (external === undefined ? 'No other PostgreSQL was found. ' : '') +
        (left > 0 ? `${left} rows were left out: ${benchLimitMs / 1000} s had passed. ` : '') +
        (typeof bullmq === 'string'
          ? bullmq
          : 'BullMQ does the same calls and stores nothing, on a Redis that keeps nothing on disk.'),
      rows,
    }
  } finally {
    await folder.remove()
  }
}

async function withEmbedded(dataDir: string, use: (url: string) => Promise<void>): Promise<void> {
  const embedded = await startEmbeddedPostgres({ dataDir, maxConnections: 150 })
  try {
    await use(databaseUrlOf(embedded.connection))
  } finally {
    await embedded.stop()
  }
}

/** Without the tables of the row before. */
async function emptyDatabase(url: string): Promise<pg.Client> {
  const database = new pg.Client({ connectionString: url })
  await database.connect()
  await database.query(
    'drop schema if exists pgboss cascade; drop schema public cascade; create schema public',
  )
  return database
}

async function measure(
  name: string,
  databaseUrl: string,
  workers: number,
  folder: string,
): Promise<Record<string, string | number>> {
  const servers: ServerProcess[] = []
  const model = await startModelServer(() => 0)
  const database = await emptyDatabase(databaseUrl)
  const start = async (role: 'gateway' | 'worker'): Promise<ServerProcess> => {
    const server = await startServer({
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
    servers.push(server)
    return server
  }
  try {
    const gateway = await start('gateway')
    await Promise.all(Array.from({ length: workers }, () => start('worker')))
    const bench = createCaller(gateway.url, `${name} ${workers} ${Date.now()}`)
    await tellTimes(bench, 3)
    const told = await tellTimes(bench, toldSamples)
    const perSecond = await workOff(bench, database)
    const { startedMs, refused, unstarted } = await offerAndWatch(bench, database)
    return {
      database: name,
      workers,
      'jobs/s': round(perSecond, 0),
      'told p50 ms': round(percentile(told, 0.5)),
      'told p99 ms': round(percentile(told, 0.99)),
      'told samples': told.length,
      'start p50 ms, 200/s': round(percentile(startedMs, 0.5)),
      'start p99 ms, 200/s': round(percentile(startedMs, 0.99)),
      'refused of it': refused,
      'not started in time': unstarted,
    }
  } finally {
    await database.end()
    await Promise.all(servers.map((server) => server.end('SIGKILL')))
    await model.close()
  }
}

/** Waits one after another, in milliseconds; fewer where they take too long. */
async function tellTimes(bench: Caller, samples: number): Promise<number[]> {
  const untilMs = performance.now() + partLimitMs
  const told: number[] = []
  while (told.length < samples && performance.now() < untilMs) {
    const from = performance.now()
    await bench.ask(1, 'wait=10')
    told.push(performance.now() - from)
  }
  return told
}

/** @returns jobs a second, from the first ask to the last end */
async function workOff(bench: Caller, database: pg.Client): Promise<number> {
  const before = await countEnded(database)
  const from = performance.now()
  await Promise.all(Array.from({ length: backlog / 10 }, () => bench.ask(10, 'respond-async')))
  await untilIdle(database)
  const seconds = (performance.now() - from) / 1000
  return ((await countEnded(database)) - before) / seconds
}

async function offerAndWatch(
  bench: Caller,
  database: pg.Client,
): Promise<{ startedMs: number[]; refused: number; unstarted: number }> {
  const since = new Date()
  const refused = await offer(bench)
  await untilIdle(database)
  const { rows } = await database.query<{ ms: number | null }>(
    'select extract(epoch from started_at - queued_at)::float8 * 1000 as ms from generations where created_at > $1',
    [since],
  )
  const startedMs = rows.flatMap(({ ms }) => (ms === null ? [] : [ms]))
  return { startedMs, refused, unstarted: rows.length - startedMs.length }
}

async function countEnded(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `select count(*)::int as count from generations where status = 'stored'`,
  )
  return rows[0]?.count ?? 0
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
        signal: AbortSignal.timeout(3 * partLimitMs),
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

/** Until nothing is open, or for as long as a part may take. */
async function untilIdle(database: pg.Client): Promise<void> {
  const untilMs = performance.now() + partLimitMs
  for (;;) {
    const { rows } = await database.query<{ open: number }>(
      `select count(*)::int as open from generations where status in ('queued', 'running')`,
    )
    if (rows[0]?.open === 0 || performance.now() > untilMs) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

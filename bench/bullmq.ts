import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { startModelServer } from '../test/torture/model-server.ts'
import { findModules } from './carousel/peers.ts'
import { percentile, round } from './result.ts'

/** The little of BullMQ that is used; it is no dependency of this project. */
export interface BullMQ {
  Queue: new (name: string, options: object) => Queue
  QueueEvents: new (name: string, options: object) => Closable
  Worker: new (name: string, run: () => Promise<unknown>, options: object) => Closable
}

interface Closable {
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
}

interface Queue extends Closable {
  add(
    name: string,
    data: object,
  ): Promise<{ waitUntilFinished(events: Closable, ttlMs: number): Promise<unknown> }>
}

const jobLimitMs = 15_000

/**
 * The same loads on BullMQ, as a yardstick: Redis that keeps nothing on disk, jobs whose result nobody stores.
 * @param folder where BullMQ and ioredis are installed
 * @returns why it was not measured, or one row for each number of workers
 */
export async function measureBullmq(
  folder: string | undefined,
  options: { workerCounts: readonly number[]; backlog: number; toldSamples: number },
): Promise<string | Record<string, string | number>[]> {
  const [module] = (folder === undefined ? undefined : findModules(folder, ['bullmq', 'ioredis'])) ?? []
  if (module === undefined)
    return 'BullMQ is not measured: --peers=folder says where it and ioredis are installed.'
  const place = await mkdtemp(join(tmpdir(), 'darkroom-redis-'))
  const path = join(place, 'redis.sock')
  const redis = await startRedis(path)
  if (redis === undefined) {
    await rm(place, { recursive: true, force: true })
    return 'BullMQ is not measured: there is no redis-server.'
  }
  try {
    const rows = []
    for (const workers of options.workerCounts)
      rows.push(await measure(module, path, { ...options, workers }))
    return rows
  } finally {
    redis.kill('SIGKILL')
    await rm(place, { recursive: true, force: true })
  }
}

/** `undefined` where there is none. */
async function startRedis(path: string): Promise<ChildProcess | undefined> {
  const settings = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] })
  return await new Promise((resolve) => {
    child.once('error', () => resolve(undefined))
    child.once('exit', () => resolve(undefined))
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('ready to accept connections')) resolve(child)
    })
  })
}

async function measure(
  module: string,
  path: string,
  { workers, backlog, toldSamples }: { workers: number; backlog: number; toldSamples: number },
): Promise<Record<string, string | number>> {
  const { Queue, QueueEvents } = (await import(pathToFileURL(module).href)) as BullMQ
  const model = await startModelServer(() => 0)
  const connection = { path, maxRetriesPerRequest: null }
  const queue = new Queue('pictures', { connection })
  const events = new QueueEvents('pictures', { connection })
  const processes = Array.from({ length: workers }, () =>
    spawn(process.execPath, [join(import.meta.dirname, 'bullmq-worker.ts'), module, path, model.baseUrl], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  try {
    await Promise.all([events.waitUntilReady(), ...processes.map(({ stdout }) => once(stdout, 'data'))])
    const ask = async (): Promise<unknown> =>
      await (await queue.add('picture', {})).waitUntilFinished(events, jobLimitMs)
    for (let warmUp = 0; warmUp < 5; warmUp += 1) await ask()
    const told: number[] = []
    for (let sample = 0; sample < toldSamples; sample += 1) {
      const from = performance.now()
      await ask()
      told.push(performance.now() - from)
    }
    const from = performance.now()
    await Promise.all(Array.from({ length: backlog }, ask))
    const perSecond = backlog / ((performance.now() - from) / 1000)
    return {
      database: 'BullMQ on Redis',
      workers,
      'jobs/s': round(perSecond, 0),
      'told p50 ms': round(percentile(told, 0.5)),
      'told p99 ms': round(percentile(told, 0.99)),
      'told samples': told.length,
    }
  } finally {
    await Promise.all([queue.close(), events.close()])
    for (const each of processes) each.kill('SIGKILL')
    await model.close()
  }
}

import { createPlatform, parseConfig } from '@darkroom/server'
import type { Platform } from '@darkroom/server'
import { performance } from 'node:perf_hooks'
import { pino } from 'pino'
import type { TestCluster, TestNode } from '../packages/server/src/generation/testing/test-cluster.ts'
import { newSpec, startTestCluster } from '../packages/server/src/generation/testing/test-cluster.ts'
import { makeDataDir, removeDataDir } from '../test/support/server-process.ts'
import { createRandom } from '../test/torture/random.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

/** `--requests=30` a block, `--step-ms=150`, `--blocks=2` of each kind. */
interface SpeculationOptions {
  value(name: string): string | undefined
}

const steps = 20
/** Of the one worker's time. */
const load = 0.5

/**
 * Demand on the real platform with one worker at a simulated GPU, with and without a line of speculative pictures that
 * never ends. Blocks of both kinds alternate and have the same arrivals, so that each request is compared to itself.
 */
export async function speculationBench(options: SpeculationOptions): Promise<BenchResult> {
  const requests = Number(options.value('requests') ?? 30)
  const stepMs = Number(options.value('step-ms') ?? 150)
  const blocks = Number(options.value('blocks') ?? 2)
  const cluster = await startTestCluster()
  const dataDir = await makeDataDir()
  const node = await cluster.openNode()
  const platform = await startPlatform(cluster, dataDir, stepMs)
  const plain: number[] = []
  const speculating: number[] = []
  let made = 0
  try {
    await ask(platform, -1)
    for (let block = 0; block < blocks * 2; block += 1) {
      // Plain, speculating, speculating, plain: a machine that gets slower hurts both alike.
      const withSpeculation = block % 4 === 1 || block % 4 === 2
      const ahead = withSpeculation ? speculate(node, cluster) : undefined
      const waits = await demand(platform, {
        requests,
        meanGapMs: (steps * stepMs) / load,
        seed: block >> 1,
        block,
      })
      ;(withSpeculation ? speculating : plain).push(...waits)
      made += (await ahead?.stop()) ?? 0
    }
  } finally {
    await platform.close()
    await node.close()
    await cluster.close()
    await removeDataDir(dataDir)
  }
  const row = (what: string, of: readonly number[]): Record<string, string | number> => ({
    demand: what,
    requests: of.length,
    'p50 ms': round(percentile(of, 0.5), 0),
    'p95 ms': round(percentile(of, 0.95), 0),
    'p99 ms': round(percentile(of, 0.99), 0),
  })
  const added = speculating.map((waitMs, index) => waitMs - (plain[index] ?? waitMs))
  return {
    name: 'speculation',
    method: `one worker, pictures of ${steps} steps of ${stepMs} ms, busy with demand for ${load * 100} % of its time; asked → told; ${made} speculative pictures were begun or made meanwhile`,
    rows: [row('alone', plain), row('with speculation', speculating), row('added to each', added)],
  }
}

async function startPlatform(cluster: TestCluster, dataDir: string, stepMs: number): Promise<Platform> {
  const { host, port, user, password, database } = cluster.connection
  return await createPlatform({
    config: parseConfig({
      DATABASE_URL: `postgres://${user}:${password}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
      DARKROOM_DATA: dataDir,
      DARKROOM_MODELS: 'default=simulated-gpu:sim-1',
      DARKROOM_SIMULATED_GPU: `spinUpMs=0,loadMs=0,stepMs=${stepMs},steps=${steps},batch=1`,
      DARKROOM_WORKER_CONCURRENCY: '1',
    }),
    log: pino({ level: 'silent' }),
  })
}

async function demand(
  platform: Platform,
  { requests, meanGapMs, seed, block }: { requests: number; meanGapMs: number; seed: number; block: number },
): Promise<number[]> {
  const random = createRandom(seed + 1)
  const waits: Promise<number>[] = []
  const startedAt = performance.now()
  let atMs = 0
  for (let index = 0; index < requests; index += 1) {
    atMs += -Math.log(1 - random.next()) * meanGapMs
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startedAt + atMs - performance.now())))
    waits.push(ask(platform, block * 10_000 + index))
  }
  return await Promise.all(waits)
}

async function ask(platform: Platform, seed: number): Promise<number> {
  const askedAt = performance.now()
  const response = await platform.fetch(
    new Request('http://127.0.0.1/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=120' },
      body: JSON.stringify({ prompt: 'demand', size: '64x64', seed: seed + 1 }),
    }),
  )
  if (response.status !== 201) throw new Error(await response.text())
  await response.arrayBuffer()
  return performance.now() - askedAt
}

/** Keeps speculative pictures in line until it is stopped. */
function speculate(node: TestNode, cluster: TestCluster): { stop(): Promise<number> } {
  const ids: string[] = []
  let stopped = false
  const model = { alias: 'default', backend: 'simulated-gpu', model: 'sim-1', rendererVersion: 'bench' }
  const feeding = (async () => {
    while (!stopped) {
      cluster.clock.now = Date.now()
      const { row } = await node.generations.foresee({
        project: 'default',
        scope: 'ahead',
        spec: newSpec({ model, widthPx: 64, heightPx: 64 }),
      })
      ids.push(row.id)
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  })()
  return {
    stop: async () => {
      stopped = true
      await feeding
      await node.generations.withdrawForeseen(ids)
      return ids.length
    },
  }
}

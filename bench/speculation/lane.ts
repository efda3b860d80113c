import { createPlatform, parseConfig } from '@darkroom/server'
import type { Platform } from '@darkroom/server'
import { performance } from 'node:perf_hooks'
import { pino } from 'pino'
import type { TestCluster, TestNode } from '../../packages/server/src/generation/testing/test-cluster.ts'
import { newSpec, startTestCluster } from '../../packages/server/src/generation/testing/test-cluster.ts'
import { makeDataDir, removeDataDir } from '../../test/support/server-process.ts'
import { databaseUrlOf } from '../../packages/server/src/database/testing/database-url.ts'

export interface LaneOptions {
  stepMs: number
  steps: number
  /** Without demand for so long before speculation begins. */
  restS: number
  /** Whether something to draw ahead is always in line. */
  speculates: boolean
}

/** A platform of its own: a database, a folder, one worker of one slot at a simulated GPU. */
export interface Lane {
  /** Asks for a new picture at each of these moments, in milliseconds from now. @returns how long each took, asked → told */
  demand(momentsMs: readonly number[]): Promise<number[]>
  /** What was drawn ahead, and how often that was given up for demand. */
  speculated(): Promise<{ drawn: number; yields: number }>
  close(): Promise<void>
}

/** Resolves when the worker has drawn its first picture. */
export async function openLane(options: LaneOptions): Promise<Lane> {
  const cluster = await startTestCluster()
  const dataDir = await makeDataDir()
  const node = await cluster.openNode()
  const platform = await startPlatform(cluster, dataDir, options)
  await ask(platform, 0)
  const feeder = options.speculates ? feed(node, cluster) : undefined
  return {
    demand: async (momentsMs) => {
      const startedAt = performance.now()
      return await Promise.all(
        momentsMs.map(async (atMs, index) => {
          await new Promise((resolve) => setTimeout(resolve, startedAt + atMs - performance.now()))
          return await ask(platform, index + 1)
        }),
      )
    },
    speculated: async () => {
      const { rows } = await node.database.pool.query<{ drawn: number; yields: number }>(
        `select count(*) filter (where status = 'stored')::int as drawn, coalesce(sum(yields), 0)::int as yields
         from generations where priority = 'speculative'`,
      )
      return rows[0] ?? { drawn: 0, yields: 0 }
    },
    close: async () => {
      await feeder?.stop()
      await platform.close()
      await node.close()
      await cluster.close()
      await removeDataDir(dataDir)
    },
  }
}

async function startPlatform(
  cluster: TestCluster,
  dataDir: string,
  { stepMs, steps, restS }: LaneOptions,
): Promise<Platform> {
  return await createPlatform({
    config: parseConfig({
      DATABASE_URL: databaseUrlOf(cluster.connection),
      DARKROOM_DATA: dataDir,
      DARKROOM_MODELS: 'default=simulated-gpu:sim-1',
      DARKROOM_SIMULATED_GPU: `spinUpMs=0,loadMs=0,stepMs=${stepMs},steps=${steps},batch=1`,
      DARKROOM_WORKER_CONCURRENCY: '1',
      DARKROOM_SPECULATION_REST_S: String(restS),
    }),
    log: pino({ level: 'silent' }),
  })
}

async function ask(platform: Platform, seed: number): Promise<number> {
  const askedAt = performance.now()
  const response = await platform.fetch(
    new Request('http://127.0.0.1/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=120' },
      body: JSON.stringify({ prompt: 'demand', size: '64x64', seed }),
    }),
  )
  if (response.status !== 201) throw new Error(await response.text())
  await response.arrayBuffer()
  return performance.now() - askedAt
}

/** Puts a picture a second into the line of what is drawn ahead: more than there ever is time for. */
function feed(node: TestNode, cluster: TestCluster): { stop(): Promise<void> } {
  let stopped = false
  const model = { alias: 'default', backend: 'simulated-gpu', model: 'sim-1', rendererVersion: 'bench' }
  const feeding = (async () => {
    while (!stopped) {
      cluster.clock.now = Date.now()
      const spec = newSpec({ model, widthPx: 64, heightPx: 64 })
      await node.generations.foresee({ project: 'default', scope: 'ahead', spec })
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  })()
  return {
    stop: async () => {
      stopped = true
      await feeding
    },
  }
}

import { createPlatform, noEdits, parseConfig } from '@darkroom/server'
import type { Backend, BackendEvent } from '@darkroom/server'
import { performance } from 'node:perf_hooks'
import { pino } from 'pino'
import { makeDataDir, removeDataDir } from '../test/support/server-process.ts'
import type { BenchResult } from './result.ts'
import { percentile, round } from './result.ts'

const warmUps = 50
const samples = 300

/**
 * A request accepted, its job started by the worker, its caller told: through the real HTTP handler, database,
 * queue, worker and object store, with a backend that has its picture ready, so that no drawing is measured.
 */
export async function queueBench(): Promise<BenchResult> {
  const dataDir = await makeDataDir()
  const startedAt = new Map<number, number>()
  const platform = await createPlatform({
    config: parseConfig({ DARKROOM_DATA: dataDir }),
    log: pino({ level: 'silent' }),
    backendMakers: { sketch: () => readyBackend((seed) => startedAt.set(seed, performance.now())) },
  })
  const acceptedMs: number[] = []
  const startedMs: number[] = []
  const toldMs: number[] = []
  try {
    for (let seed = 0; seed < (warmUps + samples) * 2; seed += 2) {
      const askedAt = performance.now()
      await post(platform, seed, 'respond-async')
      const acceptedAt = performance.now()
      // Between two requests the worker goes idle, as it does between a person's.
      await pause()
      const waitedFrom = performance.now()
      await post(platform, seed + 1, 'wait=30')
      const toldAt = performance.now()
      await pause()
      if (seed < warmUps * 2) continue
      acceptedMs.push(acceptedAt - askedAt)
      startedMs.push((startedAt.get(seed) ?? Number.NaN) - acceptedAt)
      toldMs.push(toldAt - waitedFrom)
    }
  } finally {
    await platform.close()
    await removeDataDir(dataDir)
  }
  const row = (stage: string, each: readonly number[]): Record<string, string | number> => ({
    stage,
    'p50 ms': round(percentile(each, 0.5)),
    'p90 ms': round(percentile(each, 0.9)),
    'p99 ms': round(percentile(each, 0.99)),
  })
  return {
    name: 'queue',
    method: `${samples} of each, one after another, embedded PostgreSQL with fsync; the backend has its picture ready`,
    rows: [
      row('asked → accepted (202)', acceptedMs),
      row('accepted → started', startedMs),
      row('asked → told (201, stored)', toldMs),
    ],
  }
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 40))
}

async function post(
  platform: { fetch(request: Request): Promise<Response> },
  seed: number,
  prefer: string,
): Promise<void> {
  const response = await platform.fetch(
    new Request('http://127.0.0.1/v1/generations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer },
      body: JSON.stringify({ prompt: 'bench', size: '64x64', seed }),
    }),
  )
  if (!response.ok) throw new Error(await response.text())
  await response.arrayBuffer()
}

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsAtmEpMY3wi+hcEKLNP1WgQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQELgvMeeDxX4BglgAAAABJRU5ErkJggg==',
  'base64',
)

function readyBackend(onStart: (seed: number) => void): Backend {
  return {
    name: 'sketch',
    capabilities: () => ({
      kind: 'procedural',
      rendererVersion: 'bench',
      sizes: null,
      seed: true,
      negative: true,
      style: true,
      progress: false,
      previews: false,
      cancel: true,
      edits: noEdits,
      batch: 1,
    }),
    health: async () => ({ state: 'ready' }),
    warm: async () => {},
    async *generate(request): AsyncGenerator<BackendEvent> {
      onStart(request.seed)
      yield { type: 'started' }
      yield { type: 'image', bytes: png, mediaType: 'image/png' }
      yield { type: 'done', timings: { generateMs: 0 }, warnings: [] }
    },
    close: async () => {},
  }
}

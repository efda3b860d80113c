import { performance } from 'node:perf_hooks'
import { createFileObjectStore } from '../../packages/server/src/storage/file-object-store.ts'
import type { ObjectStore } from '../../packages/server/src/storage/object-store.ts'
import { createS3ObjectStore } from '../../packages/server/src/storage/s3-object-store.ts'
import { startCephRgw } from '../../packages/server/src/storage/testing/ceph-rgw.ts'
import type { Audit } from './audit.ts'
import { audit } from './audit.ts'
import type { Cluster } from './cluster.ts'
import { startCluster } from './cluster.ts'
import type { Load } from './load.ts'
import { startLoad } from './load.ts'
import { startModelServer } from './model-server.ts'
import type { Random } from './random.ts'
import { createRandom } from './random.ts'

export interface TortureOptions {
  kills: number
  seed: number
  /** Processes of the platform. */
  processes: number
  clients: number
  /** Where pictures lie: a folder, or a bucket of Ceph's gateway, which is started. Default: a folder. */
  storage?: 'file' | 's3'
  /** What is killed, each as likely as it stands here. Default: mostly processes, the database, everything. */
  targets?: readonly Target[]
  /** Many kills in little time, nearly all of processes, which come back at once: the next when all but one are up. */
  quick?: boolean
  /** Told after each kill. */
  onKill?: (number: number, what: string) => void
}

export type Target = 'process' | 'database' | 'everything'

interface Pace {
  targets: readonly Target[]
  /** The longest time between two kills, and the longest that a process stays down before it is started again. */
  gapMs: number
  downMs: number
}

const fullPace: Pace = {
  targets: ['process', 'process', 'process', 'database', 'everything'],
  gapMs: 1500,
  downMs: 1500,
}

const quickPace: Pace = {
  targets: [...Array.from({ length: 18 }, (): Target => 'process'), 'database', 'everything'],
  gapMs: 900,
  downMs: 100,
}

export interface TortureReport extends Audit {
  kills: number
  seed: number
  /** Of these, by what was killed. */
  killed: Record<string, number>
  turnedAway: number
  /** Answers that must not occur. */
  wrong: readonly string[]
  /** What the model server drew; a crash may make it draw a picture twice. */
  backendCalls: number
  durationS: number
}

/** How long all that was accepted may take to end once nothing is killed any more. */
const settleMs = 120_000

/** Kills processes and the database at random moments under load, and says what came of what was accepted. */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const startedAt = performance.now()
  const random = createRandom(options.seed)
  const pace = options.quick ? quickPace : fullPace
  const model = await startModelServer(() => 30 + Math.random() * 300)
  const bucket = options.storage === 's3' ? await startBucket() : undefined
  const cluster = await startCluster({
    size: options.processes,
    environment: {
      DARKROOM_MODELS: 'default=openai:any',
      OPENAI_BASE_URL: model.baseUrl,
      OPENAI_API_KEY: 'k',
      DARKROOM_WORKER_CONCURRENCY: '4',
      DARKROOM_LOG_LEVEL: 'error',
      ...bucket?.environment,
    },
  })
  try {
    const load = startLoad(cluster, options.clients, random)
    const kills: { atMs: number; what: string; pids: readonly number[] }[] = []
    for (let number = 1; number <= options.kills; number += 1) {
      // Half of the kills meet processes that work; the others whatever there is, starts included.
      // Where nothing works there is nothing to lose.
      if (options.quick) await untilMet(() => cluster.upCount >= cluster.size - 1)
      else if (random.next() < 0.5) await untilAccepted(load, load.accepted.size)
      await pause(random.between(50, pace.gapMs))
      const what = random.pick(options.targets ?? pace.targets)
      const atMs = Date.now()
      kills.push({ atMs, what, pids: await kill(cluster, what, pace, random) })
      options.onKill?.(number, what)
    }
    await cluster.allUp()
    await load.stop()
    const store = bucket?.store ?? createFileObjectStore({ directory: cluster.objectsDir })
    const result = await audit(cluster.databaseUrl, store, load, kills, cluster.startedPids, settleMs)
    return {
      kills: options.kills,
      ...result,
      seed: options.seed,
      killed: countBy(kills.map(({ what }) => what)),
      turnedAway: load.turnedAway,
      wrong: load.wrong,
      backendCalls: model.callCount,
      durationS: Math.round((performance.now() - startedAt) / 1000),
    }
  } finally {
    await cluster.stop()
    await bucket?.stop()
    await model.close()
  }
}

/** A busy machine takes seconds to start a process; one that does not come up at all is not waited for. */
const acceptWithinMs = 10_000

/** Until more than that many have been accepted, or for as long as that may take. */
async function untilAccepted(load: Load, before: number): Promise<void> {
  await untilMet(() => load.accepted.size > before)
}

async function untilMet(isMet: () => boolean): Promise<void> {
  const untilMs = performance.now() + acceptWithinMs
  while (!isMet() && performance.now() < untilMs) await pause(10)
}

interface Bucket {
  store: ObjectStore
  /** For processes that use it. */
  environment: Record<string, string>
  stop(): Promise<void>
}

async function startBucket(): Promise<Bucket> {
  const gateway = await startCephRgw()
  const location = { ...(await gateway.makeBucket()), prefix: 'pictures/' }
  return {
    store: createS3ObjectStore({ location }),
    environment: {
      DARKROOM_STORAGE: `s3://${location.bucket}/pictures`,
      AWS_ENDPOINT_URL_S3: location.endpoint,
      AWS_REGION: location.region,
      AWS_ACCESS_KEY_ID: location.accessKeyId,
      AWS_SECRET_ACCESS_KEY: location.secretAccessKey,
    },
    stop: () => gateway.stop(),
  }
}

/** @returns the processes that died */
async function kill(cluster: Cluster, what: Target, pace: Pace, random: Random): Promise<number[]> {
  if (what !== 'process') cluster.killDatabase()
  if (what === 'database') return []
  const all = Array.from({ length: cluster.size }, (_, index) => index)
  const victims = what === 'process' ? [random.pick(all)] : all
  const pids = await Promise.all(
    victims.map((index) => cluster.killProcess(index, random.between(0, pace.downMs))),
  )
  return pids.flatMap((pid) => (pid === undefined ? [] : [pid]))
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

async function pause(durationMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, durationMs))
}

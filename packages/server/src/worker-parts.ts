import type { Closers } from './closers.ts'
import { createLiveness } from './database/liveness.ts'
import { migrations } from './database/migrations.ts'
import { onNewerMigration } from './database/newer-migration.ts'
import type { Config } from './config.ts'
import { createLeases } from './generation/leases.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import { watchSpotNotice } from './worker/spot-notice.ts'
import type { GenerationWorker, Worker } from './worker/worker.ts'
import { startWorker } from './worker/worker.ts'

/** How often dead workers are looked for: three queries on indexes of what runs and of the line's head. */
const sweepIntervalMs = 400

/** What is common to the workers of a process. */
export type CommonParts = ReturnType<typeof commonParts>

function commonParts(
  { config, log, now = Date.now }: PlatformOptions,
  { objects, sessionLock: lock, measuring }: Foundation,
) {
  const { recorder } = measuring
  return { objects, lock, log, drainMs: config.drainMs, sweepIntervalMs, now, recorder }
}

/** The workers of a process: they stop, and retire, together. */
export interface Workers {
  /** The one that draws. */
  readonly pictures: Pick<GenerationWorker, 'check'>
  readonly common: CommonParts
  /** Another kind of them has started. */
  add(name: string, worker: Worker): void
  /** Waits for the models of the start, though not for long: weights load beside everything else. */
  ready(): Promise<void>
}

/** Starts taking jobs: those of pictures. Other kinds come after it. */
export async function startWorkers(
  options: PlatformOptions,
  foundation: Foundation,
  closers: Closers,
): Promise<Workers> {
  const { config, log, onRetired } = options
  const { database, queues, backends, sessionLock: lock } = foundation
  const common = commonParts(options, foundation)
  const pictures = await startWorker({
    ...common,
    liveness: createLiveness({ database, lock }),
    leases: createLeases({ database, queue: queues.generations, now: common.now }),
    queue: queues.generations,
    backends,
    concurrency: config.workerConcurrency,
    backendTimeoutMs: config.backendTimeoutMs,
    prices: config.servers.prices,
    speculationRestMs: config.servers.speculationRestMs,
    servers: { ...config.servers, knownModels: config.models.list(), warmModels: warmModelsOf(config) },
  })
  const stopping = stopOnce(config, log)
  const workers: Pick<Worker, 'retire'>[] = []
  const add = (name: string, worker: Worker): void => {
    closers.add(name, stopping.of(worker))
    workers.push(worker)
  }
  add('the worker', pictures)
  closers.add('the watch for notices', () => Promise.resolve(stopping.unwatch()))
  retireWhenNewer({ database, log, onRetired }, workers, closers)
  return { pictures, common, add, ready: () => readyWithin(pictures, startPatienceMs) }
}

/** Procedural and hosted models are ready by then; weights load beside everything else. */
const startPatienceMs = 1000

/** The models of `DARKROOM_WARM_MODELS` that the table has, each once. */
function warmModelsOf({ models, servers }: Config): { backend: string; model: string }[] {
  const found = servers.warmModels.flatMap((name) => {
    const entry = models.resolve(name)
    return entry === undefined ? [] : [{ backend: entry.backend, model: entry.model }]
  })
  return found.filter(
    ({ backend, model }, index) =>
      found.findIndex((other) => other.backend === backend && other.model === model) === index,
  )
}

/** Resolves when the worker is ready, or after that time. */
async function readyWithin(worker: GenerationWorker, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      worker.check()
      return
    } catch {
      if (performance.now() >= until) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** Whether the end of the process or a notice comes first, each worker stops once, within the time that is left. */
function stopOnce(
  { servers }: Config,
  log: PlatformOptions['log'],
): { of(worker: Worker): () => Promise<void>; unwatch(): void } {
  const stops: ((withinMs?: number) => Promise<void>)[] = []
  const unwatch = watchSpotNotice(servers.spotNoticeFile, (from) => {
    const withinMs = servers.spotNoticeMs
    log.warn({ from, withinMs }, 'this machine will be taken away: no more jobs are taken')
    for (const stop of stops) {
      stop(withinMs).catch((error: unknown) => log.error({ err: error }, 'a worker could not be drained'))
    }
  })
  return {
    of: (worker) => {
      let stopping: Promise<void> | undefined
      const stop = (withinMs?: number): Promise<void> => (stopping ??= worker.stop(withinMs))
      stops.push(stop)
      return () => stop()
    },
    unwatch,
  }
}

/** A newer release has begun to take over: what runs here ends, and the rest is its own. */
function retireWhenNewer(
  {
    database,
    log,
    onRetired,
  }: Pick<Foundation, 'database'> &
    Pick<PlatformOptions, 'log'> & { onRetired: PlatformOptions['onRetired'] | undefined },
  workers: readonly Pick<Worker, 'retire'>[],
  closers: Closers,
): void {
  const forget = onNewerMigration({ database, migrations }, (migration) => {
    log.warn(
      { migration },
      'the database was migrated by a newer Darkroom: this worker ends what it runs and takes no more',
    )
    Promise.all(workers.map((each) => each.retire())).then(
      () => onRetired?.(migration),
      (error: unknown) => log.error({ err: error }, 'the worker could not be retired'),
    )
  })
  closers.add('the watch for newer migrations', async () => forget())
}

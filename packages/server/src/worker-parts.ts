import { createCarouselLeases } from './carousels/carousel-leases.ts'
import type { Closers } from './closers.ts'
import { migrations } from './database/migrations.ts'
import { onNewerMigration } from './database/newer-migration.ts'
import { createLeases } from './generation/leases.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import { version } from './version.ts'
import { startCarouselWorker } from './worker/carousel-worker.ts'
import type { Worker } from './worker/worker.ts'
import { startWorker } from './worker/worker.ts'

/** How often dead workers are looked for: three queries on indexes of what runs and of the line's head. */
const sweepIntervalMs = 400

/** Starts taking jobs: pictures, and slides of carousels. */
export async function startWorkers(
  { config, log, now = Date.now, onRetired }: PlatformOptions,
  { database, queues, objects, backends, sessionLock: lock, carousels, secret }: Foundation,
  closers: Closers,
): Promise<void> {
  const common = { objects, lock, log, drainMs: config.drainMs, sweepIntervalMs, now }
  const worker = await startWorker({
    ...common,
    leases: createLeases({ database, queue: queues.generations, now }),
    queue: queues.generations,
    backends,
    concurrency: config.workerConcurrency,
    backendTimeoutMs: config.backendTimeoutMs,
  })
  closers.add('the worker', () => worker.stop())
  const workers = [worker]
  retireWhenNewer({ database, log, onRetired }, workers, closers)
  if (secret === undefined) {
    log.warn('this database role may not read the settings: carousels are left to other processes')
    return
  }
  const carouselWorker = await startCarouselWorker({
    ...common,
    leases: createCarouselLeases({ database, queue: queues.carousels, now, secret }),
    queue: queues.carousels,
    maker: carousels.maker,
    // A release's packages are one version, and their dependencies are pinned.
    rendererVersion: version,
    concurrency: config.carouselConcurrency,
  })
  closers.add('the worker of carousels', () => carouselWorker.stop())
  workers.push(carouselWorker)
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

import { createCarouselLeases } from './carousels/carousel-leases.ts'
import type { Closers } from './closers.ts'
import { createLeases } from './generation/leases.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import { version } from './version.ts'
import { startCarouselWorker } from './worker/carousel-worker.ts'
import { startWorker } from './worker/worker.ts'

/** How often dead workers are looked for: three queries on indexes of what runs and of the line's head. */
const sweepIntervalMs = 400

/** Starts taking jobs: pictures, and slides of carousels. */
export async function startWorkers(
  { config, log, now = Date.now }: PlatformOptions,
  { database, queues, objects, backends, sessionLock: lock, carousels, secret, measuring }: Foundation,
  closers: Closers,
): Promise<void> {
  const { recorder } = measuring
  const common = { objects, lock, log, drainMs: config.drainMs, sweepIntervalMs, now, recorder }
  const worker = await startWorker({
    ...common,
    leases: createLeases({ database, queue: queues.generations, now }),
    queue: queues.generations,
    backends,
    concurrency: config.workerConcurrency,
    backendTimeoutMs: config.backendTimeoutMs,
  })
  closers.add('the worker', () => worker.stop())
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
}

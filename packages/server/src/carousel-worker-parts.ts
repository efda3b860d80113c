import type { CarouselParts } from './carousel-parts.ts'
import { createCarouselLeases } from './carousels/carousel-leases.ts'
import { createLiveness } from './database/liveness.ts'
import type { Foundation, PlatformOptions } from './platform.ts'
import { version } from './version.ts'
import { startCarouselWorker } from './worker/carousel-worker.ts'
import type { Workers } from './worker-parts.ts'

/** Starts taking jobs of carousels, beside those of pictures. */
export async function startCarouselWorkers(
  { config, log }: PlatformOptions,
  {
    database,
    queues,
    sessionLock: lock,
    secret,
    carousels: { maker },
  }: Foundation & { carousels: CarouselParts },
  { common, add }: Workers,
): Promise<void> {
  if (secret === undefined) {
    log.warn('this database role may not read the settings: carousels are left to other processes')
    return
  }
  const worker = await startCarouselWorker({
    ...common,
    liveness: createLiveness({ database, lock }),
    leases: createCarouselLeases({ database, queue: queues.carousels, now: common.now, secret }),
    queue: queues.carousels,
    maker,
    // A release's packages are one version, and their dependencies are pinned.
    rendererVersion: version,
    concurrency: config.carouselConcurrency,
  })
  add('the worker of carousels', worker)
}

import type { CarouselLeases } from '../carousels/carousel-leases.ts'
import type { Liveness } from '../database/liveness.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { RunCarouselContext } from './run-carousel.ts'
import { runCarousel } from './run-carousel.ts'
import type { LivenessLock } from './sweeper.ts'
import type { Worker } from './worker.ts'
import { startRuns } from './worker.ts'

export interface CarouselWorkerOptions extends RunCarouselContext {
  leases: CarouselLeases
  /** The queue of carousels. */
  queue: JobQueue
  lock: LivenessLock
  liveness: Liveness
  concurrency: number
  /** How long a stopping worker lets running carousels end before it hands them back. */
  drainMs: number
  sweepIntervalMs: number
}

/** Starts making carousels: beside generations, since these mostly wait for a model and those for a network. */
export async function startCarouselWorker(options: CarouselWorkerOptions): Promise<Worker> {
  const { leases, lock } = options
  return await startRuns({
    ...options,
    records: leases,
    take: (job, signal) => leases.take(job, lock.id, signal),
    run: (leased, signal) => runCarousel(leased, options, signal),
  })
}

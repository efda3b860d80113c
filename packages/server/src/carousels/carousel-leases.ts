import type { Lease } from '../queue/job-queue.ts'
import type { LeasedCarousel } from './carousel-lease.ts'

import {
  recoverCarouselOrphans,
  recoverCarousels,
  recoverOwnCarousels,
  recoverUnstartedCarousels,
  resumeAfterGeneration,
  workersWithCarousels,
} from './carousel-recovery.ts'
import type { CarouselContext } from './carousel-row.ts'
import { leaseCarousel } from './leased-carousel.ts'

/** What a worker needs of the carousels' records. */
export interface CarouselLeases {
  readonly name: 'carousels'
  /** Takes the carousel of a job for a worker; `undefined` when there is nothing left to do for the job. */
  take(job: Lease, workerId: number, signal?: AbortSignal): Promise<LeasedCarousel | undefined>
  /** Workers that run carousels, dead or alive. */
  holders(): Promise<number[]>
  /** Hands back what a dead worker ran. @returns how many carousels that were */
  recover(workerId: number): Promise<number>
  /** Hands back what this worker holds and does not run. @returns how many carousels that were */
  recoverOwn(workerId: number, isRunning: (id: string) => boolean): Promise<number>
  /** Hands back carousels that nothing would ever bring up again. @returns how many */
  cleanUp(): Promise<number>
  /** Gives carousels a job whose base has been generated while nobody listened, or whose job was handed to the dead. */
  sweep(): Promise<void>
}

/** @param context.secret the secret of image ids, for bases that are stored as uploads */
export function createCarouselLeases(context: CarouselContext & { secret: string }): CarouselLeases {
  return {
    name: 'carousels',
    take: (job, workerId, signal) => leaseCarousel(job, { ...context, workerId, signal }),
    holders: () => workersWithCarousels(context),
    recover: (workerId) => recoverCarousels(context, workerId),
    recoverOwn: (workerId, isRunning) => recoverOwnCarousels(context, workerId, isRunning),
    cleanUp: () => recoverCarouselOrphans(context),
    sweep: async () => {
      await resumeAfterGeneration(context)
      await recoverUnstartedCarousels(context)
    },
  }
}

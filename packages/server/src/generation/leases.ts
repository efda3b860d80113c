import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { JobQueue, Lease } from '../queue/job-queue.ts'
import type { LeasedGeneration } from './lease.ts'
import { leaseGeneration } from './lease.ts'
import { recoverFromWorker, workersWithLeases } from './recovery.ts'

/** What a worker needs of the records. */
export interface Leases {
  /** Takes the record of a job for a worker; `undefined` when there is nothing left to do for the job. */
  take(job: Lease, workerId: number): Promise<LeasedGeneration | undefined>
  /** Workers that hold running records, dead or alive. */
  holders(): Promise<number[]>
  /** Hands back what a dead worker held. @returns how many records that were */
  recover(workerId: number): Promise<number>
}

export function createLeases(context: {
  database: Kysely<Schema>
  queue: JobQueue
  now: () => number
}): Leases {
  return {
    take: (job, workerId) => leaseGeneration(job, { ...context, workerId }),
    holders: () => workersWithLeases(context.database),
    recover: (workerId) => recoverFromWorker(context, workerId),
  }
}

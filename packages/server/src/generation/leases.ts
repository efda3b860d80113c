import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { JobQueue, Lease } from '../queue/job-queue.ts'
import { deleteOldPreviews } from './events.ts'
import type { LeasedGeneration } from './lease.ts'
import { leaseGeneration } from './lease.ts'
import type { RoomNeed, RoomOffer } from './make-room.ts'
import { clearFor, makeRoom } from './make-room.ts'
import { tellOfForgotten } from './tell-webhooks.ts'
import type { WorkerRows } from './worker-rows.ts'
import { createWorkerRows } from './worker-rows.ts'
import {
  recoverFromWorker,
  recoverOrphans,
  recoverOwn,
  recoverUnstarted,
  workersWithLeases,
} from './recovery.ts'

/** What a worker needs of the records. */
export interface Leases {
  /** What workers know of each other. */
  readonly workers: WorkerRows
  /**
   * Takes the record of a job for a worker; `undefined` when there is nothing left to do for the job. While the
   * database is away, taking and ending the run wait for it, unless the signal says that there is no time.
   */
  take(job: Lease, workerId: number, signal?: AbortSignal): Promise<LeasedGeneration | undefined>
  /** Workers that hold running records, dead or alive. */
  holders(): Promise<number[]>
  /** Hands back what a dead worker held. @returns how many records that were */
  recover(workerId: number): Promise<number>
  /** Hands back what this worker holds and does not run. @returns how many records that were */
  recoverOwn(workerId: number, isRunning: (recordId: string) => boolean): Promise<number>
  /** Hands back queued records whose job is gone, whatever became of it. @returns how many records that were */
  recoverOrphans(): Promise<number>
  /** Hands back records whose job a process was handed that died before it began. @returns how many that were */
  recoverUnstarted(): Promise<number>
  /** Gives up as many of these runs as demand waits for, anywhere. */
  makeRoom(offer: RoomOffer, need: RoomNeed): Promise<void>
  /** Gives up all of these runs. */
  clearFor(offer: RoomOffer): Promise<void>
  /** Tells webhooks of requests that have ended without anybody being told. @returns how many requests that were */
  tellOfForgotten(): Promise<number>
  /** Deletes previews of runs that are long over. @returns how many */
  deleteOldPreviews(): Promise<number>
}

export function createLeases(context: {
  database: Kysely<Schema>
  queue: JobQueue
  now: () => number
}): Leases {
  return {
    workers: createWorkerRows(context),
    take: (job, workerId, signal) => leaseGeneration(job, { ...context, workerId, signal }),
    holders: () => workersWithLeases(context.database),
    recover: (workerId) => recoverFromWorker(context, workerId),
    recoverOwn: (workerId, isRunning) => recoverOwn(context, workerId, isRunning),
    recoverOrphans: () => recoverOrphans(context),
    recoverUnstarted: () => recoverUnstarted(context),
    makeRoom: (offer, need) => makeRoom(context, offer, need),
    clearFor: (offer) => clearFor(context, offer),
    tellOfForgotten: () => tellOfForgotten(context.database, new Date(context.now())),
    deleteOldPreviews: () => deleteOldPreviews(context.database),
  }
}

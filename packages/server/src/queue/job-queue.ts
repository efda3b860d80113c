import type { RawBuilder, Transaction } from 'kysely'
import type { Priority, Schema } from '../database/schema.ts'

/** What a worker is handed: the record to work on, and nothing that could be out of date. */
export interface RecordJob {
  /** The generation or carousel. */
  recordId: string
}

export interface Lease extends RecordJob {
  jobId: string
  /** Which kind of worker it is for (`backend:model`), where it was queued with one. */
  route?: string
}

/** Which jobs a worker takes now, by their routes. */
export interface RouteFilter {
  /** The routes that are left to others at present; `all`: nothing is taken. Jobs without a route are for anybody. */
  ignored(): readonly string[] | 'all'
  /** Whether only jobs are taken that somebody waits for. */
  demandAlone(): boolean
  /** How long to wait before a job is asked for, in milliseconds. */
  holdMs(): number
  /** How many jobs to take in one go, of that many free slots. */
  atOnce(free: number): number
  /** There was no job for a free slot. */
  idle(): void
}

export interface WorkSubscription {
  /** Takes no more jobs and waits for those that run. */
  stop(): Promise<void>
  /** Looks for jobs now: what the filter lets through has changed. */
  wake(): void
}

/** A change of a record's state, told to every process after its transaction has committed. */
export interface Announcement {
  recordId: string
  /** The number of the record's event. */
  seq: number
  type: string
}

/** An announcement whose record and number the same statement may only just find. */
export type AnnouncementExpression = Omit<Announcement, 'recordId' | 'seq'> & {
  recordId: string | RawBuilder<unknown>
  seq: number | RawBuilder<unknown>
}

/** A job's place among those that wait. */
export interface Place {
  priority: Priority
  /** Within the priority the lower goes first, and equals in the order they came. Default 0. */
  turn?: number
  /** Work whose worker died goes before all other work of its priority: somebody has waited for it all along. */
  rerun?: boolean
  /** Which kind of worker it is for; workers may take the jobs of some routes only. */
  route?: string
}

/** The queues of a process: a kind of record each, so that slow work of one kind takes no slot of the other. */
export interface JobQueues {
  generations: JobQueue
  carousels: JobQueue
  close(): Promise<void>
}

/**
 * The job queue of one kind of record. Its only implementation is pg-boss's; the interface is here so that a reader
 * sees the little that the platform needs.
 */
export interface JobQueue {
  /**
   * Adds a job in the caller's transaction: it exists if and only if the record does. The caller names it (a UUID),
   * so that the record can carry the name from the start.
   */
  enqueue(job: Lease, options: Place & { transaction: Transaction<Schema>; delayS?: number }): Promise<void>
  /** Removes a job that no longer has work to do; a handler that runs it is not interrupted by this. */
  cancel(jobId: string, options: { transaction: Transaction<Schema> }): Promise<void>
  /** The expression that is true while a job waits, runs or will be tried again. */
  isOpen(jobId: RawBuilder<unknown>): RawBuilder<boolean>
  /** The expression that is true while a job could have been started for longer than this. */
  isReady(jobId: RawBuilder<unknown>, longerThanMs: number): RawBuilder<boolean>
  /** The expression that is true while a job is in the hands of a worker that has had it for longer than this. */
  isHeld(jobId: RawBuilder<unknown>, longerThanMs: number): RawBuilder<boolean>
  /** Handles up to `concurrency` jobs at once. A handler that resolves acknowledges its job. */
  work(
    options: { concurrency: number; routes: RouteFilter },
    handler: (lease: Lease) => Promise<void>,
  ): Promise<WorkSubscription>
  /**
   * The expression that tells all processes of a change when, and only when, its statement's transaction commits.
   * An expression, so that it costs no round trip of its own.
   */
  announcement(announcement: AnnouncementExpression): RawBuilder<unknown>
  /** Hears every announcement of every process. */
  onAnnouncement(listener: (announcement: Announcement) => void): () => void
  /** Called when announcements may have been missed (the connection was lost): re-read what you wait for. */
  onReconnect(listener: () => void): () => void
  /** Jobs that wait to be started. */
  waiting(): Promise<number>
}

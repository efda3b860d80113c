import type { Logger } from 'pino'
import type { BackendTable } from '../backends/backends.ts'
import type { Leases } from '../generation/leases.ts'
import type { Recorder } from '../latency/recorder.ts'
import type { JobQueue } from '../queue/job-queue.ts'
import type { Objects } from '../storage/objects.ts'
import { runGeneration } from './run-generation.ts'
import type { LeasedRecord, RunsOptions } from './runs.ts'
import { createRuns } from './runs.ts'
import type { LivenessLock, Recoverable, SweeperOptions } from './sweeper.ts'
import { startSweeper } from './sweeper.ts'

export interface WorkerOptions {
  leases: Leases
  queue: JobQueue
  objects: Objects
  backends: BackendTable
  lock: LivenessLock
  log: Logger
  concurrency: number
  backendTimeoutMs: number
  /** How long a stopping worker lets running generations end before it hands them back. */
  drainMs: number
  /** How often dead workers are looked for. */
  sweepIntervalMs: number
  now: () => number
  /** Takes what each job took. */
  recorder?: Recorder | undefined
}

export interface Worker {
  readonly running: number
  /** Stops taking jobs, lets running ones end within `drainMs`, hands back the rest. */
  stop(): Promise<void>
}

/** Starts taking jobs; jobs that dead workers left behind are handed back first. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { leases, lock } = options
  return await startRuns({
    ...options,
    records: recoverableGenerations(leases),
    take: (job, signal) => leases.take(job, lock.id, signal),
    run: (leased, signal) =>
      runGeneration(leased, { ...options, timeoutMs: options.backendTimeoutMs }, signal),
  })
}

function recoverableGenerations(leases: Leases): Recoverable {
  return {
    name: 'generations',
    holders: () => leases.holders(),
    recover: (workerId) => leases.recover(workerId),
    sweep: async () => {
      await leases.recoverUnstarted()
    },
    cleanUp: async () => {
      const count = await leases.recoverOrphans()
      await leases.tellOfForgotten()
      await leases.deleteOldPreviews()
      return count
    },
  }
}

/** The jobs of one queue, whatever kind of record they are about. */
export async function startRuns<Leased extends LeasedRecord>(
  options: RunsOptions<Leased> & SweeperOptions & Pick<WorkerOptions, 'queue' | 'concurrency' | 'drainMs'>,
): Promise<Worker> {
  const sweeper = await startSweeper(options)
  const runs = createRuns(options)
  const unsubscribe = options.queue.onAnnouncement((announcement) => runs.hear(announcement))
  const subscription = await options.queue.work({ concurrency: options.concurrency }, (job) => runs.run(job))
  return {
    get running() {
      return runs.count
    },
    stop: async () => {
      sweeper.stop()
      const stopped = subscription.stop()
      const deadline = setTimeout(() => runs.drain(), options.drainMs)
      try {
        await stopped
      } finally {
        clearTimeout(deadline)
        unsubscribe()
      }
    },
  }
}

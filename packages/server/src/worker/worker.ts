import type { Logger } from 'pino'
import type { BackendTable } from '../backends/backends.ts'
import type { LeasedGeneration } from '../generation/lease.ts'
import type { Leases } from '../generation/leases.ts'
import type { Announcement, JobQueue, Lease } from '../queue/job-queue.ts'
import type { Objects } from '../storage/objects.ts'
import { Interruption, runGeneration } from './run-generation.ts'

/** The session lock that this process holds for as long as it lives; its number is the worker's. */
export interface LivenessLock {
  readonly id: number
  /** Whether nobody holds the lock of that worker: then it is dead. */
  isFree(workerId: number): Promise<boolean>
  onLost(listener: () => void): () => void
}

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
}

export interface Worker {
  readonly running: number
  /** Stops taking jobs, lets running ones end within `drainMs`, hands back the rest. */
  stop(): Promise<void>
}

/** How often records whose job is gone are looked for: what is found so has been lost in a way nobody foresaw. */
const cleanUpIntervalMs = 30_000

/**
 * For this long after the database was away nobody is called dead: the others lost their locks too, and take them
 * again as soon as they have reconnected.
 */
const reunionMs = 3000

/** Starts taking jobs; jobs that dead workers left behind are handed back first. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
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

interface Run {
  controller: AbortController
  /** Not until the lease is taken. */
  row?: LeasedGeneration['row']
}

/** What this process runs at present. */
interface Runs {
  readonly count: number
  run(job: Lease): Promise<void>
  /** Ends the runs that an announcement says are no longer wanted, or no longer ours. */
  hear(announcement: Announcement): void
  /** Interrupts all runs, and those that still begin. */
  drain(): void
}

function createRuns(options: WorkerOptions): Runs {
  const runs = new Set<Run>()
  let draining = false

  async function lead(run: Run, job: Lease): Promise<void> {
    const { signal } = run.controller
    const leased = await options.leases.take(job, options.lock.id, signal)
    if (leased === undefined) return
    // The queue gives a job again when it has heard nothing of it for too long: the first run has lost its lease.
    interrupt('lease_lost', ({ row }) => row?.id === leased.row.id)
    run.row = leased.row
    await runGeneration(leased, { ...options, timeoutMs: options.backendTimeoutMs }, signal)
  }

  function interrupt(kind: Interruption['kind'], concerns: (run: Run) => boolean = () => true): void {
    for (const run of runs) if (concerns(run)) run.controller.abort(new Interruption(kind))
  }

  return {
    get count() {
      return runs.size
    },
    run: async (job) => {
      const run: Run = { controller: new AbortController() }
      if (draining) run.controller.abort(new Interruption('drain'))
      runs.add(run)
      try {
        await lead(run, job)
      } finally {
        runs.delete(run)
      }
    },
    hear: ({ recordId, seq, type }) => {
      if (type !== 'cancelled' && type !== 'queued') return
      // Queued again while it runs here: somebody took this worker for dead. An announcement from before this run
      // may come late, and is about an earlier one.
      interrupt(type === 'cancelled' ? 'cancelled' : 'lease_lost', ({ row }) => {
        return row?.id === recordId && seq > row.event_seq
      })
    },
    drain: () => {
      draining = true
      interrupt('drain')
    },
  }
}

/** Looks for what dead workers and lost jobs left behind: once before it resolves, and then as often as it says. */
async function startSweeper(options: WorkerOptions): Promise<{ stop(): void }> {
  const { log, lock } = options
  let quietUntil = Number.NEGATIVE_INFINITY
  const beQuiet = (): void => {
    quietUntil = performance.now() + reunionMs
  }
  // Runs of this process go on: each is fenced by its lease, which may well outlive the lost session.
  const unwatch = lock.onLost(beQuiet)
  await sweepWorkers(options)
  await cleanUp(options)
  const workers = setInterval(() => {
    if (performance.now() < quietUntil) return
    sweepWorkers(options).catch((error: unknown) => {
      beQuiet()
      log.warn({ err: error }, 'looking for dead workers failed')
    })
  }, options.sweepIntervalMs)
  const lost = setInterval(() => {
    cleanUp(options).catch((error: unknown) => log.warn({ err: error }, 'looking for lost jobs failed'))
  }, cleanUpIntervalMs)
  workers.unref()
  lost.unref()
  return {
    stop: () => {
      clearInterval(workers)
      clearInterval(lost)
      unwatch()
    },
  }
}

/** Hands back what dead workers were running. A worker is dead when its session lock can be taken. */
async function sweepWorkers({ leases, lock, log }: WorkerOptions): Promise<void> {
  for (const workerId of await leases.holders()) {
    if (workerId === lock.id || !(await lock.isFree(workerId))) continue
    const count = await leases.recover(workerId)
    if (count > 0) log.warn({ worker: workerId, count }, 'took over the generations of a dead worker')
  }
}

/** Hands back records that no job will ever bring up again, and deletes what only a running job needs. */
async function cleanUp({ leases, log }: WorkerOptions): Promise<void> {
  const count = await leases.recoverOrphans()
  if (count > 0) log.warn({ count }, 'handed back generations whose job was gone')
  await leases.deleteOldPreviews()
}

import type { Logger } from 'pino'
import type { BackendTable } from '../backends/backends.ts'
import type { LeasedGeneration } from '../generation/lease.ts'
import type { Leases } from '../generation/leases.ts'
import type { JobQueue, Lease } from '../queue/job-queue.ts'
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

/** Starts taking jobs; jobs that dead workers left behind are handed back first. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { queue, log, lock } = options
  const runs = new Map<string, { leased: LeasedGeneration; controller: AbortController }>()
  await sweep(options)

  const unsubscribe = queue.onAnnouncement(({ generationId, type }) => {
    if (type === 'cancelled') runs.get(generationId)?.controller.abort(new Interruption('cancelled'))
  })
  // Without the session lock another process takes this one for dead and runs its jobs again.
  const unwatch = lock.onLost(() => {
    for (const { controller } of runs.values()) controller.abort(new Interruption('lease_lost'))
  })

  async function handle(job: Lease): Promise<void> {
    const leased = await options.leases.take(job, lock.id)
    if (leased === undefined) return
    const controller = new AbortController()
    runs.set(leased.row.id, { leased, controller })
    try {
      await runGeneration(
        leased,
        {
          backends: options.backends,
          objects: options.objects,
          log,
          timeoutMs: options.backendTimeoutMs,
          now: options.now,
        },
        controller.signal,
      )
    } finally {
      runs.delete(leased.row.id)
    }
  }

  const subscription = await queue.work({ concurrency: options.concurrency }, handle)
  const sweeper = setInterval(() => {
    sweep(options).catch((error: unknown) => log.warn({ err: error }, 'looking for dead workers failed'))
  }, options.sweepIntervalMs)
  sweeper.unref()

  return {
    get running() {
      return runs.size
    },
    stop: async () => {
      clearInterval(sweeper)
      const stopped = subscription.stop()
      const deadline = setTimeout(() => {
        for (const { controller } of runs.values()) controller.abort(new Interruption('drain'))
      }, options.drainMs)
      try {
        await stopped
      } finally {
        clearTimeout(deadline)
        unwatch()
        unsubscribe()
      }
    },
  }
}

/** Hands back what dead workers were running. A worker is dead when its session lock can be taken. */
async function sweep({ leases, lock, log }: WorkerOptions): Promise<void> {
  for (const workerId of await leases.holders()) {
    if (workerId === lock.id || !(await lock.isFree(workerId))) continue
    const count = await leases.recover(workerId)
    if (count > 0) log.warn({ worker: workerId, count }, 'took over the generations of a dead worker')
  }
}

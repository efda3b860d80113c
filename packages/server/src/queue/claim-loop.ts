import type { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { Lease, RecordJob, RouteFilter, WorkSubscription } from './job-queue.ts'

export interface ClaimLoopOptions {
  boss: PgBoss
  queue: string
  concurrency: number
  routes: RouteFilter
  /** The lowest of pg-boss's priorities that a job has which somebody waits for. */
  demandPriority: number
  handler: (lease: Lease) => Promise<void>
  /** Calls the listener whenever a job may have come. @returns stops it */
  onWake(listener: () => void): () => void
  log: Logger
}

/** The net below announcements: jobs whose delay has passed, and those that a lost connection hid. */
const pollMs = 500

/**
 * Of the 15 s that the queue gives a job without a heartbeat. Should none get through for longer, it hands the job out
 * again, which does no harm: a running record is its worker's (`leaseGeneration`).
 */
const heartbeatMs = 5000

/** A job as pg-boss hands it out: with the attempt that settling it is fenced by. */
interface Claim {
  id: string
  data: RecordJob
  retryCount: number
  groupId?: string | null
}

/**
 * Takes jobs as pg-boss's own workers do, but only those of the routes that this process wants now: which these are
 * changes with what its model servers have loaded. Up to `concurrency` run at once.
 */
export function startClaimLoop(options: ClaimLoopOptions): WorkSubscription {
  const { boss, queue, concurrency, routes, log } = options
  const running = new Set<Promise<void>>()
  let claiming: Promise<void> | undefined
  let wokenMeanwhile = false
  let stopped = false
  /** Whether there may be more than was last found: a job that has ended is alone no reason to ask. */
  let mayBeMore = true

  function wake(): void {
    mayBeMore = true
    look()
  }

  function look(): void {
    if (stopped || !mayBeMore) return
    if (claiming !== undefined) {
      wokenMeanwhile = true
      return
    }
    wokenMeanwhile = false
    claiming = claimAll()
      .catch((error: unknown) => log.warn({ err: error }, 'taking a job failed'))
      .finally(() => {
        claiming = undefined
        if (wokenMeanwhile) look()
      })
  }

  async function claimAll(): Promise<void> {
    while (!stopped && running.size < concurrency) {
      const holdMs = routes.holdMs()
      // A worker with more to do lets one with less come first.
      if (holdMs > 0) await new Promise((resolve) => setTimeout(resolve, holdMs))
      const ignored = routes.ignored()
      if (ignored === 'all') return
      const batchSize = routes.atOnce(concurrency - running.size)
      mayBeMore = false
      const claims = await boss.fetch<RecordJob>(queue, {
        batchSize,
        ...(ignored.length > 0 ? { ignoreGroups: [...ignored] } : {}),
        ...(routes.demandAlone() ? { minPriority: options.demandPriority } : {}),
      })
      for (const each of claims) start(each)
      if (claims.length < batchSize) {
        routes.idle()
        return
      }
      mayBeMore = true
    }
  }

  function start(claim: Claim): void {
    const run = handle(claim)
      .catch((error: unknown) => log.warn({ err: error, job: claim.id }, 'a job could not be settled'))
      .finally(() => {
        running.delete(run)
        look()
      })
    running.add(run)
  }

  async function handle(claim: Claim): Promise<void> {
    const attempt = { id: claim.id, retryCount: claim.retryCount }
    const heartbeat = setInterval(() => {
      boss
        .touch(queue, attempt)
        .catch((error: unknown) => log.warn({ err: error, job: claim.id }, 'a heartbeat failed'))
    }, heartbeatMs)
    try {
      const route = claim.groupId ?? undefined
      await options.handler({ ...claim.data, jobId: claim.id, ...(route && { route }) })
    } catch (error) {
      await boss.fail(queue, attempt, { message: error instanceof Error ? error.message : String(error) })
      return
    } finally {
      clearInterval(heartbeat)
    }
    await boss.complete(queue, attempt)
  }

  const unsubscribe = options.onWake(wake)
  const poll = setInterval(wake, pollMs)
  wake()
  return {
    wake,
    stop: async () => {
      stopped = true
      unsubscribe()
      clearInterval(poll)
      await claiming
      await Promise.all(running)
    },
  }
}

import type { Logger } from 'pino'
import type { BackendTable } from '../backends/backends.ts'
import type { Liveness } from '../database/liveness.ts'
import type { Leases } from '../generation/leases.ts'
import type { JobQueue, RouteFilter, WorkSubscription } from '../queue/job-queue.ts'
import type { Recorder } from '../latency/recorder.ts'
import type { Objects } from '../storage/objects.ts'
import type { RoutedModel } from './model-readiness.ts'
import type { PriceList } from './prices.ts'
import { runGeneration } from './run-generation.ts'
import type { LeasedRecord, RunsOptions } from './runs.ts'
import { createSpeculativeRuns } from './speculative-runs.ts'
import { createRuns } from './runs.ts'
import type { ServerCareOptions } from './server-care.ts'
import { startServerCare } from './server-care.ts'
import type { LivenessLock, Recoverable, SweeperOptions } from './sweeper.ts'
import { startSweeper } from './sweeper.ts'

export interface WorkerOptions {
  leases: Leases
  queue: JobQueue
  objects: Objects
  backends: BackendTable
  lock: LivenessLock
  liveness: Liveness
  log: Logger
  concurrency: number
  backendTimeoutMs: number
  /** How long a stopping worker lets running generations end before it hands them back. */
  drainMs: number
  /** How often dead workers are looked for. */
  sweepIntervalMs: number
  now: () => number
  /** What pictures cost where the server does not say; default: nobody knows. */
  prices?: PriceList
  /** How long it must have had no demand before it draws what nobody has asked for; default 0. */
  speculationRestMs?: number
  /** How its model servers are treated; default: nothing is loaded before it is asked for. */
  servers?: Omit<ServerCareOptions, 'rows' | 'workerId' | 'backends' | 'concurrency' | 'speculation' | 'log'>
  /** Takes what each job took. */
  recorder?: Recorder | undefined
}

export interface Worker {
  readonly running: number
  /** Takes no more jobs, and waits for running ones, however long they take. */
  retire(): Promise<void>
  /** Stops taking jobs, lets running ones end within that time (default: `drainMs`), hands back the rest. */
  stop(drainMs?: number): Promise<void>
}

/** A worker that draws pictures. */
export interface GenerationWorker extends Worker {
  /** @throws Error that says why it is not ready */
  check(): void
}

/** Starts taking jobs; jobs that dead workers left behind are handed back first. */
export async function startWorker(options: WorkerOptions): Promise<GenerationWorker> {
  const { leases, lock, queue, servers = defaultServers } = options
  let subscription: WorkSubscription | undefined
  let worker: Worker | undefined
  const care = startServerCare(
    {
      ...options,
      ...servers,
      rows: leases.workers,
      workerId: lock.id,
      speculation: {
        isAlone: () => !speculativeRuns.isDemandRunning,
        clear: () => speculativeRuns.clear(),
      },
    },
    () => subscription?.wake(),
  )
  const speculativeRuns = createSpeculativeRuns({
    ...options,
    hasFreeSlot: () => (worker?.running ?? 0) < options.concurrency,
    othersHaveFreeSlot: () => care.routing.othersHaveFreeSlot(),
    restMs: options.speculationRestMs ?? 0,
    now: () => performance.now(),
  })
  const context = {
    prices: new Map(),
    ...options,
    backends: care.backends,
    timeoutMs: options.backendTimeoutMs,
    speculativeRuns,
  }
  const started = await startRuns({
    ...options,
    records: recoverableGenerations(leases),
    queue: {
      onAnnouncement: (listener) => queue.onAnnouncement(listener),
      work: async (limits, handler) => (subscription = await queue.work(limits, handler)),
    },
    routes: {
      ...care.routing,
      demandAlone: () => !speculativeRuns.mayBegin(),
      holdMs: () => care.routing.holdMs() + speculativeRuns.holdMs(),
    },
    take: async (job, signal) =>
      (await care.accepts(job)) ? await leases.take(job, lock.id, signal) : undefined,
    run: (leased, signal) =>
      care.count(() => {
        const run = (): Promise<void> => runGeneration(leased, context, signal)
        return leased.row.priority === 'demand' ? speculativeRuns.demand(leased.row, run) : run()
      }),
  })
  worker = started
  return {
    get running() {
      return started.running
    },
    check: () => care.check(),
    retire: () => {
      care.drain('the worker has retired: a newer Darkroom has migrated the database')
      return started.retire()
    },
    stop: async (drainMs) => {
      care.drain()
      speculativeRuns.close()
      await started.stop(drainMs)
      await care.close()
    },
  }
}

/** For kinds of work that any worker can do. */
const everyRoute: RouteFilter = {
  ignored: () => [],
  demandAlone: () => false,
  holdMs: () => 0,
  atOnce: (free) => free,
  idle: () => {},
}

/** What tests of the records' side say nothing about. */
const defaultServers = {
  knownModels: [] as readonly RoutedModel[],
  warmModels: [] as readonly RoutedModel[],
  keepAliveMs: 0,
  batchWindowMs: 0,
  breakerFailures: 5,
}

function recoverableGenerations(leases: Leases): Recoverable {
  return {
    name: 'generations',
    holders: () => leases.holders(),
    recover: (workerId) => leases.recover(workerId),
    recoverOwn: (workerId, isRunning) => leases.recoverOwn(workerId, isRunning),
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
  options: RunsOptions<Leased> &
    SweeperOptions &
    Pick<WorkerOptions, 'concurrency' | 'drainMs'> & {
      queue: Pick<JobQueue, 'work' | 'onAnnouncement'>
      /** Default: whatever there is. */
      routes?: RouteFilter
    },
): Promise<Worker> {
  const { lock, queue, concurrency, routes = everyRoute } = options
  const runs = createRuns(options)
  const sweeper = await startSweeper({ ...options, isRunning: (recordId) => runs.has(recordId) })
  const unsubscribe = queue.onAnnouncement((announcement) => runs.hear(announcement))
  // Without its lock this worker is dead for the others: what it took now they would take from it.
  const ignored: RouteFilter['ignored'] = () => (lock.held ? routes.ignored() : 'all')
  const subscription = await queue.work({ concurrency, routes: { ...routes, ignored } }, (job) =>
    runs.run(job),
  )
  const unwatch = lock.onRestored(() => subscription.wake())
  let stopping: Promise<void> | undefined
  const takeNoMore = (): Promise<void> => {
    unwatch()
    return (stopping ??= subscription.stop())
  }
  return {
    get running() {
      return runs.count
    },
    retire: takeNoMore,
    stop: async (drainMs = options.drainMs) => {
      sweeper.stop()
      const stopped = takeNoMore()
      const deadline = setTimeout(() => runs.drain(), drainMs)
      try {
        await stopped
      } finally {
        clearTimeout(deadline)
        unsubscribe()
      }
    },
  }
}

import type { Logger } from 'pino'
import { routeOf } from '../generation/generation-row.ts'
import type { WaitingRoute, WorkerRows, WorkerStatus } from '../generation/worker-rows.ts'
import type { RouteFilter } from '../queue/job-queue.ts'
import type { ModelReadiness, RoutedModel } from './model-readiness.ts'

export interface RoutingOptions {
  readiness: ModelReadiness
  rows: WorkerRows
  workerId: number
  /** How many generations run here, and how many may. */
  busy(): number
  slots: number
  speculation: {
    /** Whether nothing runs here that somebody waits for. */
    isAlone(): boolean
    /** Gives up what nobody waits for. */
    clear(): Promise<void>
  }
  /** Looks for jobs again. */
  wake(): void
  /** Runs what changes this worker's row, apart from all else that writes it. */
  alone<T>(work: () => Promise<T>): Promise<T>
  log: Logger
}

/** Which jobs this worker takes: those whose model it has, and which other models it loads. */
export interface Routing extends Omit<RouteFilter, 'demandAlone'> {
  /** Loads these, one after the other. Resolves when each has been tried once. */
  warm(models: readonly RoutedModel[]): Promise<void>
  /** What this worker is to the others. */
  status(draining: boolean): WorkerStatus
  /** Whether others have the route ready. */
  othersHave(route: string): boolean
  /** Whether another worker had a free slot when it was last looked. */
  othersHaveFreeSlot(): boolean
  close(): Promise<void>
}

/** How often the other workers, and what waits, are looked at. */
const lookIntervalMs = 500
/** A job that a worker with its model has not taken by then is no longer left to it. */
const patienceMs = 2000
/** A model that has waited so long is loaded although others are asked for without end. */
const starvingMs = 10_000
/** For each job that runs here, while others may be idle. */
const holdPerJobMs = 2

/**
 * A job goes to a worker that has its model loaded; among those to the one with the least to do, since the others
 * hold back for a moment. A model that nobody has, or that those who have it cannot keep up with, is loaded by a
 * worker with nothing else to do, one at a time.
 */
export function createRouting(options: RoutingOptions): Routing {
  const { readiness, rows, log } = options
  const closing = new AbortController()
  let peers: readonly WorkerStatus[] = []
  let looking: Promise<void> | undefined
  let loading: Promise<void> | undefined
  let makesRoom = false
  let hasLooked = false
  let ofStart: readonly RoutedModel[] = []

  async function look(): Promise<void> {
    peers = await rows.peers(options.workerId)
    const waiting = await rows.waiting()
    for (const route of waiting) readiness.learn(route)
    if (readiness.warming !== undefined) await rows.tellLoading(readiness.warming)
    if (!hasLooked) {
      hasLooked = true
      options.wake()
    }
    if (loading !== undefined || closing.signal.aborted) return
    const next = waiting.find((route) => isOurs(route, peers))
    const isInTheWay = next !== undefined && mustWait(next)
    const isSpeculative = isInTheWay && next.isDemand && options.speculation.isAlone()
    makesRoom = isInTheWay && (isSpeculative || next.waitedMs > starvingMs)
    if (isSpeculative) await options.speculation.clear()
    const wanted = next ?? broken()
    if (wanted === undefined || mustWait(wanted)) return
    if (next === undefined) begin(wanted)
    else if (await options.alone(() => claim(next))) await rows.tellLoading(next.route)
  }

  /** The others may have begun since they were looked at, or even have ended. */
  async function claim(next: WaitingRoute): Promise<boolean> {
    const isStill = (fresh: readonly WorkerStatus[]): boolean => isOurs(next, fresh)
    if (!(await rows.mayLoad(options.workerId, next.route, isStill))) return false
    begin(next)
    return true
  }

  function begin(routed: RoutedModel): void {
    // Meanwhile a model of the start may have begun.
    if (loading === undefined && !closing.signal.aborted) loading = load(routed)
  }

  /** A server that would drop what it draws with is not told to load another model. */
  function mustWait({ backend }: RoutedModel): boolean {
    return options.busy() > 0 && readiness.isExclusive(backend)
  }

  /** A model of the start that is not ready because something failed is tried again without being asked for. */
  function broken(): RoutedModel | undefined {
    return ofStart.find(
      (routed) => readiness.faultOf(routeOf(routed)) !== undefined && readiness.mayWarm(routed),
    )
  }

  async function load(routed: RoutedModel): Promise<void> {
    try {
      await readiness.warm(routed, closing.signal)
    } finally {
      loading = undefined
      makesRoom = false
      options.wake()
    }
  }

  /** Whether this worker should load the model of jobs that wait. */
  function isOurs(waiting: WaitingRoute, others: readonly WorkerStatus[]): boolean {
    if (readiness.isReady(waiting.route) || !readiness.mayWarm(waiting)) return false
    const having = others.filter(({ models }) => models.includes(waiting.route))
    const slots = (of: readonly WorkerStatus[]): number => of.reduce((sum, peer) => sum + peer.slots, 0)
    const coming = others.filter(({ warming }) => warming === waiting.route)
    if (slots(coming) >= waiting.count && coming.length > 0) return false
    return having.length === 0 || (waiting.waitedMs > patienceMs && waiting.count > slots(having))
  }

  function lookSoon(): void {
    if (closing.signal.aborted || looking !== undefined) return
    looking = look()
      .catch((error: unknown) => log.warn({ err: error }, 'looking for what waits failed'))
      .finally(() => {
        looking = undefined
      })
  }

  const timer = setInterval(lookSoon, lookIntervalMs).unref()
  lookSoon()
  return {
    // What waits already is known before anything is taken: a job of a model that is not ready would only go back.
    ignored: () => (makesRoom || !hasLooked ? 'all' : readiness.unready),
    holdMs: () => (peers.length > 0 ? Math.min(10, holdPerJobMs * options.busy()) : 0),
    // Others may be idle: then each takes one after the other.
    atOnce: (free) => (peers.length > 0 ? 1 : free),
    // Where every known model is ready, the regular look is soon enough.
    idle: () => {
      if (readiness.unready.length > 0) lookSoon()
    },
    warm: async (models) => {
      ofStart = models
      for (const model of models) readiness.learn(model)
      for (const model of models) {
        await loading
        if (closing.signal.aborted) return
        loading = load(model)
        await loading
      }
    },
    status: (draining) => {
      const { ready, warming } = readiness
      const busy = options.busy()
      const isFailed = readiness.unready.some((route) => readiness.faultOf(route) !== undefined)
      const idle = ready.length === 0 ? (isFailed ? 'failed' : 'starting') : 'ready'
      const working = busy > 0 ? 'busy' : idle
      const state = draining ? 'draining' : warming === undefined ? working : 'warming'
      return { state, models: ready, warming, busy, slots: options.slots }
    },
    othersHaveFreeSlot: () => !hasLooked || peers.some(({ busy, slots }) => busy < slots),
    othersHave: (route) => peers.some(({ models }) => models.includes(route)),
    close: async () => {
      closing.abort(new Error('the worker stops'))
      clearInterval(timer)
      await looking
      await loading
    },
  }
}

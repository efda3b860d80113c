import type { Logger } from 'pino'
import type { BackendTable } from '../backends/backends.ts'
import { routeOf } from '../generation/generation-row.ts'
import type { WorkerRows } from '../generation/worker-rows.ts'
import type { Lease } from '../queue/job-queue.ts'
import type { Announcer } from './announcer.ts'
import { startAnnouncer } from './announcer.ts'
import type { Breaker } from './breaker.ts'
import { createBreaker } from './breaker.ts'
import type { ModelReadiness, RoutedModel } from './model-readiness.ts'
import { createModelReadiness } from './model-readiness.ts'
import type { Routing, RoutingOptions } from './routing.ts'
import { createRouting } from './routing.ts'
import { createWatchedBackends } from './watched-backends.ts'

/** How a worker treats its model servers, besides what `worker/variables.ts` says. */
export interface ServerCareOptions {
  rows: WorkerRows
  workerId: number
  backends: BackendTable
  /** Whose jobs are expected; others are learned of when they come. */
  knownModels: readonly RoutedModel[]
  /** Loaded at the start. */
  warmModels: readonly RoutedModel[]
  keepAliveMs: number
  batchWindowMs: number
  breakerFailures: number
  concurrency: number
  /** What runs here that nobody has asked for. */
  speculation: RoutingOptions['speculation']
  log: Logger
}

/** Everything between a worker's runs and its model servers: readiness, routing, breakers, batches. */
export interface ServerCare {
  /** What the runs draw with. */
  readonly backends: Pick<BackendTable, 'backendFor'>
  readonly routing: Routing
  /** Whether a job is for this worker now; one that is not is given back. */
  accepts(job: Lease): Promise<boolean>
  /** Wraps a run, so that the others know how busy this worker is. */
  count<T>(run: () => Promise<T>): Promise<T>
  /** @throws Error that says why this worker is not ready for the models of its start */
  check(): void
  /** From now on it takes nothing more; readiness says why. */
  drain(why?: string): void
  close(): Promise<void>
}

/** How long a model that ran out of memory here is left to those who have it too. */
const restAfterExhaustionMs = 3000

/** Starts loading the models of the start; does not wait for them. */
export function startServerCare(options: ServerCareOptions, wake: () => void): ServerCare {
  const { rows, workerId, log, concurrency } = options
  const now = (): number => performance.now()
  const breakers = new Map<string, Breaker>()
  let busy = 0
  let draining: string | undefined
  let lastUsedAt = now()
  let announcer: Announcer | undefined

  function breakerOf(name: string): Breaker {
    const known = breakers.get(name)
    if (known !== undefined) return known
    const onChange = (isOpen: boolean): void => {
      log.warn({ backend: name }, isOpen ? 'it fails: nothing is taken for it' : 'it works again')
      announcer?.changed()
      wake()
    }
    const breaker = createBreaker({ failures: options.breakerFailures, now, onChange })
    breakers.set(name, breaker)
    return breaker
  }

  const readiness: ModelReadiness = createModelReadiness({
    backends: options.backends,
    breakerOf,
    log,
    now,
    onChange: () => announcer?.changed(),
  })
  for (const model of options.knownModels) readiness.learn(model)
  const routing = createRouting({
    readiness,
    rows,
    workerId,
    busy: () => busy,
    slots: concurrency,
    speculation: options.speculation,
    wake,
    alone: (work) => (announcer === undefined ? work() : announcer.alone(work)),
    log,
  })
  const backends = createWatchedBackends({
    ...options,
    breakerOf,
    onExhausted: (backend, model) => {
      const route = routeOf({ backend, model })
      const others = routing.othersHave(route)
      if (others) readiness.rest(route, restAfterExhaustionMs)
      return others
    },
  })
  announcer = startAnnouncer({ rows, workerId, log, status: () => routing.status(draining !== undefined) })
  void routing.warm(options.warmModels)
  const keepAlive = startKeepAlive(options.keepAliveMs, () => busy === 0 && draining === undefined, {
    readiness,
    idleSince: () => lastUsedAt,
    used: () => (lastUsedAt = now()),
    now,
  })

  return {
    backends,
    routing: {
      ...routing,
      ignored: () => (draining !== undefined ? 'all' : routing.ignored()),
    },
    accepts: async (job) => {
      // A job of an earlier release names no route.
      if (job.route === undefined || readiness.isReady(job.route)) return true
      const [backend = '', ...model] = job.route.split(':')
      readiness.learn({ backend, model: model.join(':') })
      await rows.putBack(job)
      return false
    },
    count: async (run) => {
      busy += 1
      announcer.changed()
      try {
        return await run()
      } finally {
        busy -= 1
        lastUsedAt = now()
        announcer.changed()
      }
    },
    check: () => {
      if (draining !== undefined) throw new Error(draining)
      for (const routed of options.warmModels) {
        const route = routeOf(routed)
        if (readiness.hasDrawn(route)) continue
        throw new Error(readiness.faultOf(route) ?? `${route} is being loaded`)
      }
    },
    drain: (why = 'the worker is draining') => {
      draining ??= why
      announcer.changed()
    },
    close: async () => {
      clearInterval(keepAlive)
      await routing.close()
      await announcer.close()
    },
  }
}

/** Draws with each loaded model after a time without work, and only then. */
function startKeepAlive(
  everyMs: number,
  isIdle: () => boolean,
  parts: { readiness: ModelReadiness; idleSince: () => number; used: () => void; now: () => number },
): NodeJS.Timeout | undefined {
  if (everyMs === 0) return undefined
  return setInterval(
    () => {
      if (!isIdle() || parts.now() - parts.idleSince() < everyMs) return
      parts.used()
      void parts.readiness.keepAlive(AbortSignal.timeout(everyMs))
    },
    Math.min(1000, everyMs / 2),
  ).unref()
}

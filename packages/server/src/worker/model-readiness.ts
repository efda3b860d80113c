import type { Logger } from 'pino'
import { BackendError } from '../backends/backend.ts'
import type { BackendTable } from '../backends/backends.ts'
import { routeOf } from '../generation/generation-row.ts'
import type { Breaker } from './breaker.ts'

/** A model at its backend. */
export interface RoutedModel {
  backend: string
  model: string
}

export interface ModelReadinessOptions {
  backends: Pick<BackendTable, 'backendFor'>
  breakerOf(backendName: string): Breaker
  log: Logger
  now: () => number
  /** Told whenever what is ready, or being loaded, has changed. */
  onChange(): void
}

/** Which models this worker has drawn with. Nothing is taken for any other. */
export interface ModelReadiness {
  /** Whether jobs of the route may be taken: its model has drawn a picture here, and its backend is not broken. */
  isReady(route: string): boolean
  readonly ready: readonly string[]
  /** Routes that are known and not ready. */
  readonly unready: readonly string[]
  /** The route that is being loaded. */
  readonly warming: string | undefined
  /** Why a route is not ready, where something failed. */
  faultOf(route: string): string | undefined
  /** Whether it has drawn a picture here and nothing has failed since; its server may have dropped it for another. */
  hasDrawn(route: string): boolean
  /** Whether the route may be loaded now: it has not drawn, nothing else is being loaded, no failure is too recent. */
  mayWarm(routed: RoutedModel): boolean
  /** Draws the smallest picture with the model. Never rejects. @returns whether it is ready now */
  warm(routed: RoutedModel, signal: AbortSignal): Promise<boolean>
  /** Keeps models in memory that nobody has asked for lately: draws with each of them again. Never rejects. */
  keepAlive(signal: AbortSignal): Promise<void>
  /** Remembers that the route exists. */
  learn(routed: RoutedModel): void
  /** Whether loading it may drop what the server has in memory: then nothing else may run meanwhile. */
  isExclusive(backendName: string): boolean
  /** Leaves the route to others for a while. */
  rest(route: string, forMs: number): void
}

interface Entry extends RoutedModel {
  state: 'cold' | 'ready'
  hasDrawn: boolean
  /** Its failures so far say: not before this. */
  notBefore: number
  failures: number
  fault: string | undefined
  restsUntil: number
}

/** After a failed load; each failure doubles it, up to the longest. */
const firstWaitMs = 1000
const longestWaitMs = 30_000

export function createModelReadiness(options: ModelReadinessOptions): ModelReadiness {
  const { backends, breakerOf, log, now } = options
  const entries = new Map<string, Entry>()
  let warming: string | undefined

  function entryOf(routed: RoutedModel): Entry {
    const route = routeOf(routed)
    const known = entries.get(route)
    if (known !== undefined) return known
    const { backend, model } = routed
    const entry: Entry = {
      backend,
      model,
      state: 'cold',
      hasDrawn: false,
      notBefore: 0,
      failures: 0,
      fault: undefined,
      restsUntil: 0,
    }
    entries.set(route, entry)
    return entry
  }

  const isUsable = (entry: Entry): boolean =>
    entry.state === 'ready' && !breakerOf(entry.backend).isOpen && entry.restsUntil <= now()
  const isSound = (entry: Entry): boolean => isUsable(entry) && entry.fault === undefined
  const routesWhere = (holds: (entry: Entry) => boolean): string[] =>
    [...entries].filter(([, entry]) => holds(entry)).map(([route]) => route)

  function isKnown(backendName: string): boolean {
    try {
      backends.backendFor(backendName)
      return true
    } catch {
      return false
    }
  }

  /** What a server has dropped for the newly loaded model is cold again. */
  async function forgetDropped(backendName: string, signal: AbortSignal): Promise<void> {
    const loaded = await backends.backendFor(backendName).loaded?.(signal)
    if (loaded === undefined) return
    for (const entry of entries.values()) {
      if (entry.backend === backendName && !loaded.includes(entry.model)) entry.state = 'cold'
    }
  }

  async function draw(entry: Entry, signal: AbortSignal): Promise<boolean> {
    const breaker = breakerOf(entry.backend)
    // A record's backend may be one of another release: then somebody has to say so in the end.
    if (!isKnown(entry.backend)) {
      entry.failures += 1
      entry.notBefore = now() + firstWaitMs
      if (entry.failures >= 3) entry.state = 'ready'
      return entry.state === 'ready'
    }
    try {
      await backends.backendFor(entry.backend).warm(entry.model, signal)
      entry.state = 'ready'
      entry.hasDrawn = true
      entry.failures = 0
      entry.fault = undefined
      breaker.succeeded()
      await forgetDropped(entry.backend, signal)
      return entry.state === 'ready'
    } catch (error) {
      if (signal.aborted) return false
      failed(entry, error, breaker)
      return isUsable(entry)
    }
  }

  function failed(entry: Entry, error: unknown, breaker: Breaker): void {
    const message = error instanceof Error ? error.message : String(error)
    log.warn({ err: error, backend: entry.backend, model: entry.model }, 'a model could not be made ready')
    entry.fault = message
    if (error instanceof BackendError && error.retry === 'never') {
      // Waiting would not help those who ask: they are told why. The server may be put right, so it is tried again.
      entry.state = 'ready'
      entry.notBefore = now() + longestWaitMs
      return
    }
    entry.state = 'cold'
    entry.failures += 1
    entry.notBefore = now() + Math.min(longestWaitMs, firstWaitMs * 2 ** (entry.failures - 1))
    breaker.failed(message)
  }

  async function whileWarming(route: string, work: () => Promise<boolean>): Promise<boolean> {
    warming = route
    options.onChange()
    try {
      return await work()
    } finally {
      warming = undefined
      options.onChange()
    }
  }

  return {
    isReady: (route) => {
      const entry = entries.get(route)
      return entry !== undefined && isUsable(entry)
    },
    hasDrawn: (route) => {
      const entry = entries.get(route)
      return entry?.hasDrawn === true && entry.fault === undefined && !breakerOf(entry.backend).isOpen
    },
    get ready() {
      return routesWhere(isSound)
    },
    get unready() {
      return routesWhere((entry) => !isUsable(entry))
    },
    get warming() {
      return warming
    },
    faultOf: (route) => {
      const entry = entries.get(route)
      return entry === undefined ? undefined : (entry.fault ?? breakerOf(entry.backend).reason)
    },
    mayWarm: (routed) => {
      const entry = entryOf(routed)
      const breaker = breakerOf(entry.backend)
      return (
        warming === undefined &&
        !isSound(entry) &&
        entry.restsUntil <= now() &&
        entry.notBefore <= now() &&
        (!breaker.isOpen || breaker.probeAt <= now())
      )
    },
    warm: (routed, signal) => whileWarming(routeOf(routed), () => draw(entryOf(routed), signal)),
    keepAlive: async (signal) => {
      for (const [route, entry] of entries) {
        if (signal.aborted || warming !== undefined) return
        if (isSound(entry)) await whileWarming(route, () => draw(entry, signal))
      }
    },
    learn: (routed) => void entryOf(routed),
    isExclusive: (name) => isKnown(name) && backends.backendFor(name).loaded !== undefined,
    rest: (route, forMs) => {
      const entry = entries.get(route)
      if (entry !== undefined) entry.restsUntil = now() + forMs
    },
  }
}

import type { Logger } from 'pino'
import type { AttemptContext } from './attempt.ts'
import { attempt } from './attempt.ts'
import type { Deliveries, LeasedWebhook } from './deliveries.ts'

/** How many messages this process sends at once. */
export interface DelivererLimits {
  all: number
  /** To one scheme, host and port. Its first failure lowers this to one until it has answered well again. */
  perOrigin: number
}

export interface DelivererOptions extends AttemptContext {
  deliveries: Deliveries
  limits: DelivererLimits
  /** Whether this process may take messages at present. */
  mayTake(): boolean
  /** Called whenever a message may have become due. @returns stops it */
  onDue(wake: () => void): () => void
  /** How often due messages are looked for besides: retries become due without anybody saying so. */
  pollMs: number
  log: Logger
}

/** Sends messages, a bounded number at once, and never more than a share of that to one receiver. */
export interface Deliverer {
  /** Whether it sends that message, or is about to take it. */
  isSending(id: string): boolean
  /** Takes no more, ends what is under way, and gives that back unsent. */
  stop(): Promise<void>
}

/** A message that this process could not send is due again after this. */
const postponeMs = 1000

/** Candidates read at a time. */
const maxCandidates = 64

/** Origins whose health is remembered; the longest unused are forgotten. */
const maxOrigins = 1000

interface OriginState {
  sending: number
  failing: boolean
}

export function startDeliverer(options: DelivererOptions): Deliverer {
  const { deliveries, limits, log, now } = options
  const stopping = new AbortController()
  const origins = new Map<string, OriginState>()
  /** The ids of the messages under way, and what they wait for. */
  const running = new Set<string>()
  /** Those that are being taken: whether they have been, nobody here knows yet. */
  let taking: ReadonlySet<string> = new Set()
  const runs = new Set<Promise<void>>()
  let looking: Promise<void> | undefined
  let lookAgain = false

  const stateOf = (origin: string): OriginState => {
    const state = origins.get(origin) ?? { sending: 0, failing: false }
    // To the end of the map: the order is that of use.
    origins.delete(origin)
    origins.set(origin, state)
    return state
  }
  const room = (origin: string): number => {
    const state = origins.get(origin)
    if (state === undefined) return limits.perOrigin
    return (state.failing ? 1 : limits.perOrigin) - state.sending
  }

  /** Ids to take: as many as there is room for, origin by origin. */
  function choose(candidates: readonly { id: string; origin: string }[]): string[] {
    const left = new Map<string, number>()
    let free = limits.all - running.size
    return candidates.flatMap(({ id, origin }) => {
      const rest = left.get(origin) ?? room(origin)
      if (free <= 0 || rest <= 0) return []
      left.set(origin, rest - 1)
      free -= 1
      return [id]
    })
  }

  async function deliver(leased: LeasedWebhook): Promise<void> {
    const { webhook } = leased
    const state = stateOf(webhook.origin)
    state.sending += 1
    try {
      const startedAt = now()
      const result = await attempt(webhook, options, stopping.signal)
      if (result === undefined) {
        await leased.release(stopping.signal.aborted ? startedAt : now() + postponeMs)
        return
      }
      state.failing = result.outcome !== 'delivered'
      await leased.record(result, { startedAt, endedAt: now() })
      if (state.failing) {
        log.warn({ webhook: webhook.id, reason: result.reason }, 'a message could not be delivered')
      }
    } finally {
      state.sending -= 1
      if (origins.size > maxOrigins) forgetIdle(origins)
    }
  }

  function start(leased: LeasedWebhook): void {
    const { id } = leased.webhook
    running.add(id)
    const run = deliver(leased)
      .catch((error: unknown) => log.error({ err: error, webhook: id }, 'a message could not be handled'))
      .finally(() => {
        running.delete(id)
        runs.delete(run)
        wake()
      })
    runs.add(run)
  }

  /** Takes due messages until there is none, or no room. A receiver that has no room is passed over. */
  async function look(): Promise<void> {
    while (!stopping.signal.aborted && options.mayTake() && running.size < limits.all) {
      const full = [...origins.keys()].filter((origin) => room(origin) <= 0)
      const candidates = await deliveries.due(full, maxCandidates)
      const chosen = choose(candidates)
      taking = new Set(chosen)
      const taken = await deliveries.take(chosen).finally(() => (taking = new Set()))
      for (const leased of taken) start(leased)
      if (candidates.length === 0 || (taken.length === 0 && candidates.length < maxCandidates)) return
    }
  }

  function wake(): void {
    if (stopping.signal.aborted) return
    if (looking !== undefined) {
      lookAgain = true
      return
    }
    lookAgain = false
    looking = look()
      .catch((error: unknown) => log.warn({ err: error }, 'looking for messages to send failed'))
      .finally(() => {
        looking = undefined
        if (lookAgain) wake()
      })
  }

  const forget = options.onDue(wake)
  const timer = setInterval(wake, options.pollMs)
  timer.unref()
  wake()
  return {
    isSending: (id) => running.has(id) || taking.has(id),
    stop: async () => {
      stopping.abort()
      clearInterval(timer)
      forget()
      await looking
      await Promise.all(runs)
    },
  }
}

/** The half that was used longest ago, as far as nothing is being sent there. */
function forgetIdle(origins: Map<string, OriginState>): void {
  const old = [...origins].slice(0, Math.floor(maxOrigins / 2))
  for (const [origin, { sending }] of old) if (sending === 0) origins.delete(origin)
}

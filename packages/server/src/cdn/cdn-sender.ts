import type { CdnAdapter } from '@darkroom/edge'
import type { Logger } from 'pino'
import type { CdnCall, CdnCalls } from './cdn-calls.ts'

export interface CdnSenderOptions {
  adapters: readonly CdnAdapter[]
  calls: CdnCalls
  /** Whether anything is begun: not while the others take this process for dead. */
  mayTake(): boolean
  /** Called whenever a CDN may have to be told. @returns stops it */
  onDue(wake: () => void): () => void
  /** How often it is looked for besides: retries become due without anybody saying so. */
  pollMs: number
  log: Logger
}

/** Calls CDNs, each by itself and one call at a time: one that is down or slow holds up no other. */
export interface CdnSender {
  /** CDNs that are being called. */
  sending(): string[]
  /** Begins no more, breaks off what is under way, and gives that back. */
  stop(): Promise<void>
}

export function startCdnSender(options: CdnSenderOptions): CdnSender {
  const { onDue, pollMs } = options
  const stopping = new AbortController()
  const lanes = options.adapters.map((adapter) => createLane(adapter, options, stopping.signal))
  const wake = (): void => {
    for (const lane of lanes) lane.wake()
  }
  const forget = onDue(wake)
  const timer = setInterval(wake, pollMs)
  timer.unref()
  wake()
  return {
    sending: () => lanes.flatMap(({ cdn, isSending }) => (isSending() ? [cdn] : [])),
    stop: async () => {
      stopping.abort()
      clearInterval(timer)
      forget()
      await Promise.all(lanes.map(({ ended }) => ended()))
    },
  }
}

interface Lane {
  readonly cdn: string
  isSending(): boolean
  wake(): void
  ended(): Promise<void>
}

function createLane(
  adapter: CdnAdapter,
  { calls, mayTake, log }: CdnSenderOptions,
  signal: AbortSignal,
): Lane {
  let looking: Promise<void> | undefined
  let lookAgain = false
  let sending = false

  /** Until nothing is due. */
  async function look(): Promise<void> {
    while (!signal.aborted && mayTake()) {
      sending = true
      try {
        const call = await calls.take(adapter.name, adapter.limits.tags)
        if (call === undefined) return
        await send(call)
      } finally {
        sending = false
      }
    }
  }

  async function send(call: CdnCall): Promise<void> {
    const { kind, names, soft, reference } = call
    const what = kind === 'everything' ? { everything: true } : { tags: names }
    const outcome = await adapter.purge({ ...what, soft, reference }, signal)
    if (signal.aborted && outcome.outcome === 'retry') {
      await call.release()
      return
    }
    const recorded = await call.record(outcome)
    const facts = { cdn: adapter.name, names: names.length, soft }
    if (outcome.outcome === 'done') log.info(facts, 'a CDN has purged')
    else if (outcome.outcome === 'retry')
      log.warn({ ...facts, reason: outcome.reason }, 'a CDN did not purge; it will be told again')
    else
      log.error(
        { ...facts, reason: outcome.reason },
        'a CDN refuses to purge: its copies stay until somebody mends it',
      )
    if (!recorded) log.warn(facts, 'another process has taken over a CDN meanwhile')
  }

  const wake = (): void => {
    if (signal.aborted) return
    if (looking !== undefined) {
      lookAgain = true
      return
    }
    lookAgain = false
    looking = look()
      .catch((error: unknown) => log.warn({ err: error, cdn: adapter.name }, 'telling a CDN failed'))
      .finally(() => {
        looking = undefined
        if (lookAgain) wake()
      })
  }

  return {
    cdn: adapter.name,
    isSending: () => sending,
    wake,
    ended: async () => {
      await looking
    },
  }
}

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { createScalingPolicy } from '../capacity/scaling-policy.ts'
import type { ScalingPolicy } from '../capacity/scaling-policy.ts'
import type { Schema } from '../database/schema.ts'
import type { SessionLock } from '../database/session-lock.ts'
import { createDemandReader } from './demand-reader.ts'
import type { DemandReader } from './demand-reader.ts'
import type { LocalWorkers } from './local-workers.ts'
import { createPoolReader } from './pool-reader.ts'
import { replay } from './replay.ts'
import { scalingAnswer } from './scaling-answer.ts'
import { decidedWithin, keepScaling } from './scaling-records.ts'
import type { ScalingWebhook } from './scaling-webhook.ts'
import type { ScalingSettings } from './variables.ts'

/** Decides how many workers are wanted, in one process of the deployment at a time. */
export interface ScalingController {
  /** Ends deciding; workers that it started end what they run. Idempotent. */
  close(): Promise<void>
}

export interface ScalingControllerOptions {
  database: Kysely<Schema>
  settings: ScalingSettings
  /** Takes the lock of deciding. @throws Error where another process has it, or while the database is away */
  takeLock(): Promise<SessionLock>
  webhook: ScalingWebhook | undefined
  workers: LocalWorkers | undefined
  /** Between two decisions; so long another process may take over after this one's death. */
  intervalMs: number
  now: () => number
  log: Logger
}

/** What a process that decides has learnt. */
interface Term {
  lock: SessionLock
  policy: ScalingPolicy
  reader: DemandReader
}

export function startScalingController(options: ScalingControllerOptions): ScalingController {
  const { database, settings, now, log } = options
  const stopping = new AbortController()
  const pools = createPoolReader(database, now)
  let term: Term | undefined
  let timer: NodeJS.Timeout | undefined

  async function begin(): Promise<Term | undefined> {
    // Who decides has done so lately: it is not asked for its lock, which would cost a connection each time.
    if (await decidedWithin(database, options.intervalMs * 3)) return undefined
    const lock = await options.takeLock().catch(() => undefined)
    if (lock === undefined) return undefined
    const policy = createScalingPolicy({
      spinUpMs: settings.spinUpMs,
      targetWaitMs: settings.targetWaitMs,
      floor: settings.min,
      maxWorkers: settings.max,
    })
    lock.onLost(() => {
      if (term?.lock === lock) term = undefined
      void lock.close()
    })
    const reader = createDemandReader(database)
    const { slots } = await pools.read()
    replay(policy, await reader.read(slots, now()), now())
    log.info('this process decides how many workers are wanted')
    return { lock, policy, reader }
  }
  async function decide({ policy, reader }: Term): Promise<void> {
    const reading = await pools.read()
    const nowMs = now()
    for (const event of await reader.read(reading.slots, nowMs)) policy.observe(event)
    policy.observe({ type: 'pool', atMs: nowMs, ...reading.pool })
    const decision = policy.decide(nowMs)
    const { spinUpMs, usdPerWorkerHour } = settings
    const answer = scalingAnswer(decision, reading, { nowMs, spinUpMs, usdPerWorkerHour })
    await keepScaling(database, answer, decision.load)
    options.workers?.scale(answer.desiredWorkers, reading)
    await options.webhook?.tell(answer, stopping.signal)
  }
  async function tick(): Promise<void> {
    try {
      term ??= await begin()
      if (term !== undefined && !stopping.signal.aborted) await decide(term)
    } catch (error) {
      // As while the database is away: the last decision stands.
      if (!stopping.signal.aborted)
        log.warn({ err: error }, 'how many workers are wanted could not be decided')
    }
    if (!stopping.signal.aborted) timer = setTimeout(run, options.intervalMs)
  }
  let running: Promise<void> = Promise.resolve()
  function run(): void {
    running = tick()
  }
  run()
  return {
    close: async () => {
      stopping.abort()
      clearTimeout(timer)
      await running
      await term?.lock.close()
      await options.workers?.close()
    },
  }
}

import type { Logger } from 'pino'
import type { Liveness } from '../database/liveness.ts'
import { isDatabaseAway } from '../errors.ts'

/** The session lock that this process holds for as long as it lives; its number is the worker's. */
export interface LivenessLock {
  readonly id: number
  /** Whether this process holds it at present. */
  readonly held: boolean
  onRestored(listener: () => void): () => void
}

/** One kind of record, as far as dead workers and lost jobs concern it. */
export interface Recoverable {
  /** For the log: `generations`. */
  readonly name: string
  /** Workers that hold running records, dead or alive. */
  holders(): Promise<number[]>
  /** Hands back what a dead worker held. @returns how many records that were */
  recover(workerId: number): Promise<number>
  /**
   * Hands back what the worker that looks holds itself and does not run.
   * @param isRunning whether it runs that record @returns how many records that were
   */
  recoverOwn?(workerId: number, isRunning: (recordId: string) => boolean): Promise<number>
  /** Hands back open records that no job will ever bring up again, and deletes what only a running job needs. */
  cleanUp(): Promise<number>
  /** Anything else that is looked for as often as dead workers are. */
  sweep?(): Promise<void>
}

export interface SweeperOptions {
  records: Recoverable
  lock: LivenessLock
  liveness: Liveness
  log: Logger
  /** Whether this process runs that record, or is about to take or end it; absent where it runs none. */
  isRunning?: (recordId: string) => boolean
  /** How often dead workers are looked for; those of this machine are, without the database, several times as often. */
  sweepIntervalMs: number
}

/** How often records whose job is gone are looked for: what is found so has been lost in a way nobody foresaw. */
const cleanUpIntervalMs = 30_000

/** How often workers of this machine that held records are looked for among its processes. */
const localIntervalMs = 50

/** Looks for what dead workers and lost jobs left behind: once before it resolves, and then as often as it says. */
export async function startSweeper(options: SweeperOptions): Promise<{ stop(): void }> {
  const { log, lock, liveness } = options
  let sweeping: Promise<void> | undefined
  const sweep = (): void => {
    // Who has lost its own session waits for the database, and looks as soon as it is back.
    if (!lock.held || sweeping !== undefined) return
    sweeping = sweepWorkers(options)
      .catch((error: unknown) => log.warn({ err: error }, 'looking for dead workers failed'))
      .finally(() => {
        sweeping = undefined
      })
  }
  const unwatch = lock.onRestored(sweep)
  // A database that goes away at this moment is no reason not to start: it is looked again when it is back.
  for (const first of [sweepWorkers, cleanUp]) {
    await first(options).catch((error: unknown) => {
      if (!isDatabaseAway(error)) throw error
      log.warn({ err: error }, 'the first look at dead workers failed')
    })
  }
  const workers = setInterval(sweep, options.sweepIntervalMs)
  const local = setInterval(
    () => void liveness.hasLocalDeath().then((found) => (found ? sweep() : undefined)),
    localIntervalMs,
  )
  const lost = setInterval(() => {
    cleanUp(options).catch((error: unknown) => log.warn({ err: error }, 'looking for lost jobs failed'))
  }, cleanUpIntervalMs)
  const timers = [workers, local, lost]
  for (const timer of timers) timer.unref()
  return {
    stop: () => {
      for (const timer of timers) clearInterval(timer)
      unwatch()
      liveness.close()
    },
  }
}

/** Hands back what dead workers were running, and what this one has lost. */
async function sweepWorkers(options: SweeperOptions): Promise<void> {
  const { records, lock, liveness, log, isRunning } = options
  const holders = await records.holders()
  const others = holders.filter((workerId) => workerId !== lock.id)
  if (holders.length > others.length && isRunning !== undefined) {
    const count = await records.recoverOwn?.(lock.id, isRunning)
    if (count) log.warn({ count }, `handed back ${records.name} whose end could not be written`)
  }
  for (const workerId of await liveness.dead(others)) {
    const count = await records.recover(workerId)
    if (count > 0) log.warn({ worker: workerId, count }, `took over the ${records.name} of a dead worker`)
  }
  await records.sweep?.()
}

async function cleanUp({ records, log }: SweeperOptions): Promise<void> {
  const count = await records.cleanUp()
  if (count > 0) log.warn({ count }, `handed back ${records.name} whose job was gone`)
}

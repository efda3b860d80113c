import type { Logger } from 'pino'

/** The session lock that this process holds for as long as it lives; its number is the worker's. */
export interface LivenessLock {
  readonly id: number
  /** Whether this process holds it at present. */
  readonly held: boolean
  /** Whether nobody holds the lock of that worker: then it is dead. */
  isFree(workerId: number): Promise<boolean>
  onLost(listener: () => void): () => void
}

/** One kind of record, as far as dead workers and lost jobs concern it. */
export interface Recoverable {
  /** For the log: `generations`. */
  readonly name: string
  /** Workers that hold running records, dead or alive. */
  holders(): Promise<number[]>
  /** Hands back what a dead worker held. @returns how many records that were */
  recover(workerId: number): Promise<number>
  /** Hands back open records that no job will ever bring up again, and deletes what only a running job needs. */
  cleanUp(): Promise<number>
  /** Anything else that is looked for as often as dead workers are. */
  sweep?(): Promise<void>
}

export interface SweeperOptions {
  records: Recoverable
  lock: LivenessLock
  log: Logger
  /** How often dead workers are looked for. */
  sweepIntervalMs: number
}

/** How often records whose job is gone are looked for: what is found so has been lost in a way nobody foresaw. */
const cleanUpIntervalMs = 30_000

/**
 * For this long after the database came back nobody is called dead: the others lost their locks too, and take them
 * again as soon as they have reconnected, which they try four times a second.
 */
const reunionMs = 1000

/** Looks for what dead workers and lost jobs left behind: once before it resolves, and then as often as it says. */
export async function startSweeper(options: SweeperOptions): Promise<{ stop(): void }> {
  const { log, lock } = options
  let quietUntil = Number.NEGATIVE_INFINITY
  const beQuiet = (): void => {
    quietUntil = performance.now() + reunionMs
  }
  // Runs of this process go on: each is fenced by its lease, which may well outlive the lost session.
  const unwatch = lock.onLost(beQuiet)
  await sweepWorkers(options)
  await cleanUp(options)
  const workers = setInterval(() => {
    if (!lock.held) beQuiet()
    if (performance.now() < quietUntil) return
    sweepWorkers(options).catch((error: unknown) => {
      beQuiet()
      log.warn({ err: error }, 'looking for dead workers failed')
    })
  }, options.sweepIntervalMs)
  const lost = setInterval(() => {
    cleanUp(options).catch((error: unknown) => log.warn({ err: error }, 'looking for lost jobs failed'))
  }, cleanUpIntervalMs)
  workers.unref()
  lost.unref()
  return {
    stop: () => {
      clearInterval(workers)
      clearInterval(lost)
      unwatch()
    },
  }
}

/** Hands back what dead workers were running. A worker is dead when its session lock can be taken. */
async function sweepWorkers({ records, lock, log }: SweeperOptions): Promise<void> {
  for (const workerId of await records.holders()) {
    if (workerId === lock.id || !(await lock.isFree(workerId))) continue
    const count = await records.recover(workerId)
    if (count > 0) log.warn({ worker: workerId, count }, `took over the ${records.name} of a dead worker`)
  }
  await records.sweep?.()
}

async function cleanUp({ records, log }: SweeperOptions): Promise<void> {
  const count = await records.cleanUp()
  if (count > 0) log.warn({ count }, `handed back ${records.name} whose job was gone`)
}

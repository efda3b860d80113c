import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Measurements } from './measurements.ts'
import { storeSlices } from './measurement-store.ts'

/** What is needed of a logger; pino's fits. */
export interface FlusherLog {
  warn(fields: object, message: string): void
}

/** Stores what a process measures, every few seconds. */
export interface Flusher {
  /** Stores what there is now. @throws what the database refuses with; nothing is lost then */
  flush(): Promise<void>
  /** Stores what there is for the last time. Does not throw. */
  close(): Promise<void>
}

export interface FlusherOptions {
  database: Kysely<Schema>
  measurements: Measurements
  /** The number of this process: `registerWorker`. */
  process: number
  log: FlusherLog
  intervalMs?: number
}

/** A request never waits for this, and what fails is tried again at the next turn, with what has come since. */
export function startFlusher({
  database,
  measurements,
  process,
  log,
  intervalMs = 5000,
}: FlusherOptions): Flusher {
  let running: Promise<void> = Promise.resolve()
  let failures = 0
  let dropped = 0

  async function store(): Promise<void> {
    const slices = measurements.pending()
    await storeSlices(database, process, slices)
    // The last may still grow.
    measurements.forget(slices.slice(0, -1))
  }

  const flush = (): Promise<void> => {
    // One after the other: two writes of one slice at once could leave the older one's.
    const result = running.then(store)
    running = result.catch(() => {})
    return result
  }

  async function attempt(): Promise<void> {
    try {
      await flush()
      failures = 0
    } catch (error) {
      failures += 1
      // Once for each time that the database is away.
      if (failures === 1) log.warn({ err: error }, 'what was measured could not be stored')
    }
    if (measurements.dropped > dropped) {
      log.warn({ minutes: measurements.dropped - dropped }, 'what was measured was given up')
      dropped = measurements.dropped
    }
  }

  const timer = setInterval(() => void attempt(), intervalMs)
  timer.unref()
  return {
    flush,
    close: async () => {
      clearInterval(timer)
      await attempt()
    },
  }
}

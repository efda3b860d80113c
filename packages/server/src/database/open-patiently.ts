import { isDatabaseAway } from '../errors.ts'
import type { Database, DatabaseOptions } from './database.ts'
import { openDatabase } from './database.ts'
import { pauseUntilDatabaseIsBack } from './return-signal.ts'

/** A restart takes about a second; who waits longer for a wrong address would think that all is well. */
const patienceMs = 10_000

const pauseMs = 150

/**
 * Opens a database that may be restarting just now: a process that came up beside it would otherwise end, and be loaded
 * anew by what supervises it. A refused password or an unknown name is no such case.
 * @throws Error when the database cannot be reached
 */
export async function openPatiently(options: DatabaseOptions): Promise<Database> {
  const untilMs = performance.now() + patienceMs
  let said = false
  for (;;) {
    try {
      return await openDatabase(options)
    } catch (error) {
      if (!isDatabaseAway(error) || performance.now() + pauseMs > untilMs) throw error
      if (!said) {
        options.log.warn(
          { reason: String(error) },
          `the database cannot be reached: trying for ${patienceMs / 1000} s`,
        )
      }
      said = true
    }
    await pauseUntilDatabaseIsBack(pauseMs)
  }
}

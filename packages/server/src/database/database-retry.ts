import { isDatabaseAway } from '../errors.ts'
import { pauseUntilDatabaseIsBack } from './return-signal.ts'

const firstDelayMs = 20
const maxDelayMs = 250
/** A database that is away longer is no restart; the queue then runs the work again when it is back. */
const patienceMs = 60_000

/**
 * Runs a transaction, and again while the database is away: a picture that has been made is worth more than the
 * seconds that a database takes to restart. A commit whose answer was lost may be run twice, so the transaction
 * must find that it has been done.
 * @param signal ends the waiting, not a transaction that runs
 * @throws the database's error when it stays away, any other error at once
 */
export async function whenDatabaseIsBack<T>(
  transaction: (round: number) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const until = performance.now() + patienceMs
  for (let round = 0; ; round += 1) {
    try {
      return await transaction(round)
    } catch (error) {
      if (!isDatabaseAway(error) || signal?.aborted === true || performance.now() > until) throw error
    }
    await pauseUntilDatabaseIsBack(Math.min(firstDelayMs * 2 ** round, maxDelayMs), signal)
  }
}

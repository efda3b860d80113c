import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

const firstDelayMs = 25
const maxDelayMs = 400

/** Who waits longer is better refused: others of the same crowd have been served meanwhile. */
const patienceMs = 5000

/**
 * A pool that waits when the server has no connection to give (53300): other processes give theirs back within moments.
 * That is safe for every statement, since none has been sent yet.
 */
export function patientPool(
  pool: pg.Pool,
): Pick<pg.Pool, 'end' | 'options'> & { connect(): Promise<pg.PoolClient> } {
  return {
    options: pool.options,
    connect: async () => {
      const until = performance.now() + patienceMs
      for (let round = 0; ; round += 1) {
        try {
          return await pool.connect()
        } catch (error) {
          const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** round)
          if (!isCrowded(error) || performance.now() + delayMs > until) throw error
          // Not all at once again.
          await sleep(delayMs * (0.5 + Math.random() / 2))
        }
      }
    },
    end: () => pool.end(),
  }
}

/** PostgreSQL, appendix A: too_many_connections. */
function isCrowded(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '53300'
}

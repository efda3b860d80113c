import { createPosterior, learn } from './posterior.ts'
import { dayMs } from './usage-event.ts'

/**
 * Stops a scope's predictions when what they wasted passes its bound. Precision is estimated before anything is
 * spent; this is the fuse for the day on which the estimate is wrong.
 */
export interface WasteCircuit {
  made(key: string, nowMs: number): void
  /** @returns whether the key was made by prediction and not used until now */
  asked(key: string, nowMs: number): boolean
  retired(keys: readonly string[] | 'all', nowMs: number): void
  /** Judges; outcomes come in batches, the used over the day and the wasted at its end, so it is asked once a day. */
  turn(nowMs: number): void
  isOpen(nowMs: number): boolean
}

export interface WasteCircuitOptions {
  /** So many wasted for each useful one are borne. */
  mostWastedPerUseful: number
  /** Fewer outcomes than this say nothing. */
  leastOutcomes: number
  /** What nobody asked for in so long is wasted. */
  horizonMs: number
  /** Once open it stays so for this long, then the counts begin anew. */
  openMs: number
}

export const defaultWasteCircuit: WasteCircuitOptions = {
  mostWastedPerUseful: 3,
  leastOutcomes: 40,
  horizonMs: 30 * dayMs,
  openMs: 7 * dayMs,
}

export function createWasteCircuit(options: WasteCircuitOptions): WasteCircuit {
  const unused = new Map<string, number>()
  const outcomes = createPosterior(0)
  let openUntilMs = Number.NEGATIVE_INFINITY
  const count = (isUseful: boolean, nowMs: number): void => {
    learn(outcomes, { hits: +isUseful, misses: +!isUseful, atMs: nowMs }, options.horizonMs / 2)
  }
  return {
    made(key, nowMs) {
      unused.delete(key)
      unused.set(key, nowMs)
      for (const [old, atMs] of unused) {
        if (atMs > nowMs - options.horizonMs) break
        unused.delete(old)
        count(false, nowMs)
      }
    },
    asked(key, nowMs) {
      if (!unused.delete(key)) return false
      count(true, nowMs)
      return true
    },
    retired(keys, nowMs) {
      const gone = keys === 'all' ? [...unused.keys()] : keys.filter((key) => unused.has(key))
      for (const key of gone) {
        unused.delete(key)
        count(false, nowMs)
      }
    },
    turn(nowMs) {
      const { hits, misses } = outcomes
      if (hits + misses < options.leastOutcomes || misses <= options.mostWastedPerUseful * hits) return
      openUntilMs = nowMs + options.openMs
      outcomes.hits = 0
      outcomes.misses = 0
    },
    isOpen: (nowMs) => nowMs < openUntilMs,
  }
}

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Who waits for the database in this process. A process has one database; where it has several, as tests have, one is
 * asked too early now and then.
 */
const waiting = new Set<() => void>()

/** Tells that a session could be had again: whoever waits tries at once, instead of when its own pause has passed. */
export function tellDatabaseIsBack(): void {
  for (const wake of waiting) wake()
}

/**
 * Between two tries to reach the database: half of that time at least and all of it at most, so that processes which
 * lost it together do not come back together; less when another part of this process has reached it.
 * @param signal ends the pause
 */
export async function pauseUntilDatabaseIsBack(mostMs: number, signal?: AbortSignal): Promise<void> {
  const woken = new AbortController()
  const wake = (): void => woken.abort()
  waiting.add(wake)
  try {
    const ends = signal === undefined ? woken.signal : AbortSignal.any([woken.signal, signal])
    await sleep(mostMs * (0.5 + Math.random() / 2), undefined, { signal: ends }).catch(() => {})
  } finally {
    waiting.delete(wake)
  }
}

import type { PoolState } from './scaling-event.ts'

/** Of a line that is left then, some will have gone before the last worker ordered for it serves. */
const patience = 1.5

/**
 * Workers that those who wait ask for. A worker ordered now serves after its start; until then the warm ones serve the
 * line with what the load leaves them. What will still wait then is to be served within the target wait. Whoever waits
 * with no worker there, or on its way, is worth one.
 */
export function backlogWorkers(
  pool: PoolState,
  load: number,
  serviceS: number,
  { spinUpS, targetWaitS }: { spinUpS: number; targetWaitS: number },
): number {
  if (pool.queued === 0) return 0
  const warm = pool.busy + pool.idleForMs.length
  const servedUntilThenS = Math.max(0, warm - load) * spinUpS
  const leftS = Math.max(0, pool.queued * serviceS - servedUntilThenS)
  return Math.max(1, Math.ceil(load + leftS / (targetWaitS * patience)))
}

/** A worker for each who waits and for whom none is on its way, and all that were at work not long ago. */
export function keptAlive(pool: PoolState, keepAliveMs: number): number {
  const recent = pool.idleForMs.filter((idleMs) => idleMs < keepAliveMs).length
  return pool.busy + recent + Math.max(pool.starting, pool.queued)
}

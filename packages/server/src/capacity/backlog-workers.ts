import type { PoolState } from './scaling-event.ts'

/** Of a line that is left then, some will have gone before the last worker ordered for it serves. */
const patience = 1.5
/** A line shorter than this share of the target wait is no hurry. */
const noHurry = 1 / 3

interface Wait {
  spinUpS: number
  targetWaitS: number
}

/**
 * Workers that those who wait ask for. A worker ordered now serves after its start; until then the warm ones serve the
 * line with what the load leaves them. What will still wait then is to be served within the target wait. Whoever waits
 * with no worker there, or on its way, is worth one.
 */
export function backlogWorkers(
  pool: PoolState,
  load: number,
  serviceS: number,
  { spinUpS, targetWaitS }: Wait,
): number {
  if (pool.queued === 0) return 0
  const warm = pool.busy + pool.idleForMs.length
  const leftS = lineLeftS(pool.queued * serviceS, warm - load, spinUpS)
  // More than one for each who waits would serve nobody.
  return Math.max(1, Math.min(pool.busy + pool.queued, Math.ceil(load + leftS / (targetWaitS * patience))))
}

/**
 * Workers beyond those for the load, for a pool whose load is foreseen. A short line is what a pool that is paid for by
 * the hour should have: it is worked off over two starts of a worker. What will be left of a longer one, when a worker
 * ordered now serves, is worked off faster. Of those that start already half count: their time has passed in part.
 */
export function lineWorkers(
  pool: PoolState,
  load: number,
  serviceS: number,
  { spinUpS, targetWaitS }: Wait,
): number {
  const able = pool.busy + pool.idleForMs.length + pool.starting / 2
  const leftS = lineLeftS(pool.queued * serviceS, able - load, spinUpS)
  const hurryS = Math.max(0, leftS - targetWaitS * noHurry * load)
  return leftS / (2 * spinUpS) + hurryS / (targetWaitS * patience)
}

/** Seconds of work that still wait after a worker's start, if so many workers more than the load asks for are warm. */
function lineLeftS(lineS: number, spare: number, spinUpS: number): number {
  return Math.max(0, lineS - spare * spinUpS)
}

/** A worker for each who waits and for whom none is on its way, and all that were at work not long ago. */
export function keptAlive(pool: PoolState, keepAliveMs: number): number {
  const recent = pool.idleForMs.filter((idleMs) => idleMs < keepAliveMs).length
  return pool.busy + recent + Math.max(pool.starting, pool.queued)
}

import type { PoolState } from './scaling-event.ts'
import type { WaitRecord } from './wait-record.ts'
import { createWaitRecord } from './wait-record.ts'

/** A pool that is only computed: the requests that came in, served by as many workers as one way to decide wants. */
export interface ShadowPool {
  /** A request came in `afterS` after the last step, and will keep a worker busy for `serviceS`. */
  arrived(afterS: number, serviceS: number): void
  /** Lets time pass, then has the rule decide. */
  step(passedS: number, decide: (pool: PoolState) => number): void
  record: WaitRecord
}

/** A line that nothing serves is not kept for ever. */
const longestLine = 10_000

/** @param waited hears each wait as it ends, in seconds */
export function createShadowPool(
  { spinUpS, targetWaitS }: { spinUpS: number; targetWaitS: number },
  waited: (waitS: number) => void = () => undefined,
): ShadowPool {
  const record = createWaitRecord(targetWaitS / 2)
  /** When each warm worker is, or was, free; the smallest first. */
  let freeAtS: number[] = []
  /** When each ordered worker will serve; the first ordered first. */
  let readyAtS: number[] = []
  let line: { atS: number; serviceS: number }[] = []
  /** Where in `line` those begin who still wait. */
  let head = 0
  let nowS = 0

  /** The worker used last among those free at that time, else the one that is free next: its index. */
  function workerFor(atS: number): number {
    return Math.max(0, placeOf(freeAtS, atS) - 1)
  }
  function serve(untilS: number): void {
    for (; head < line.length; head += 1) {
      const { atS, serviceS } = line[head] ?? { atS: 0, serviceS: 0 }
      const worker = workerFor(atS)
      const startS = Math.max(atS, freeAtS[worker] ?? Infinity)
      if (startS > untilS) break
      freeAtS.splice(worker, 1)
      const endS = startS + serviceS
      freeAtS.splice(placeOf(freeAtS, endS), 0, endS)
      record.waited(startS - atS)
      waited(startS - atS)
    }
    head = Math.max(head, line.length - longestLine)
    if (head > longestLine) {
      line = line.slice(head)
      head = 0
    }
  }
  function scale(desired: number, idle: number): void {
    let surplus = freeAtS.length + readyAtS.length - desired
    for (; surplus < 0; surplus += 1) readyAtS.push(nowS + spinUpS)
    const cancelled = Math.min(surplus, readyAtS.length)
    readyAtS = readyAtS.slice(0, readyAtS.length - cancelled)
    freeAtS = freeAtS.slice(Math.max(0, Math.min(surplus - cancelled, idle)))
  }
  return {
    record,
    arrived: (afterS, serviceS) => {
      line.push({ atS: nowS + afterS, serviceS })
    },
    step: (passedS, decide) => {
      record.paid(freeAtS.length + readyAtS.length, passedS)
      nowS += passedS
      const ready = readyAtS.filter((atS) => atS <= nowS)
      readyAtS = readyAtS.slice(ready.length)
      for (const atS of ready) freeAtS.splice(placeOf(freeAtS, atS), 0, atS)
      serve(nowS)
      const idle = placeOf(freeAtS, nowS)
      const desired = decide({
        queued: line.length - head,
        busy: freeAtS.length - idle,
        starting: readyAtS.length,
        idleForMs: freeAtS.slice(0, idle).map((atS) => (nowS - atS) * 1000),
      })
      scale(desired, idle)
    },
  }
}

/** How many of the ascending values are not above one. */
function placeOf(ascending: readonly number[], value: number): number {
  let from = 0
  let to = ascending.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((ascending[middle] ?? 0) <= value) from = middle + 1
    else to = middle
  }
  return from
}

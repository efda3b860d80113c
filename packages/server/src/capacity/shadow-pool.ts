import type { PoolState } from './scaling-event.ts'
import type { WaitRecord } from './wait-record.ts'
import { createWaitRecord } from './wait-record.ts'

/** A pool that is only computed: the requests that came in, served by as many workers as one way to decide wants. */
export interface ShadowPool {
  /** A request came in `afterS` after the last step, and will keep a worker busy for `serviceS`. */
  arrived(afterS: number, serviceS: number, model: string): void
  /** Lets time pass, then has the rule decide. */
  step(passedS: number, decide: (pool: PoolState) => number): void
  record: WaitRecord
}

interface Worker {
  /** When it is, or was, free. */
  freeAtS: number
  /** What it has made last, the latest first: it is taken before others for those. */
  models: readonly string[]
}

interface ShadowPoolOptions {
  spinUpS: number
  /** What happens before that is not recorded. */
  unrecordedS?: number
}

/** Models that a worker is taken to hold. */
const held = 3
/** A line that nothing serves is not kept for ever. */
const longestLine = 10_000

/** @param waited hears each wait as it ends, in seconds */
export function createShadowPool(
  { spinUpS, unrecordedS = 0 }: ShadowPoolOptions,
  waited: (waitS: number) => void = () => undefined,
): ShadowPool {
  const record = createWaitRecord()
  /** The warm ones, by when they are free; the first first. */
  let workers: Worker[] = []
  /** When each ordered worker will serve; the first ordered first. */
  let readyAtS: number[] = []
  let line: { atS: number; serviceS: number; model: string }[] = []
  /** Where in `line` those begin who still wait. */
  let head = 0
  let nowS = 0

  /**
   * Of those free at that time the one used last that holds the model, else the one used last; where none is free, the
   * one that is free next: its index.
   */
  function workerFor(atS: number, model: string): number {
    const last = placeOf(workers, atS) - 1
    for (let index = last; index >= 0; index -= 1) if (workers[index]?.models.includes(model)) return index
    return Math.max(0, last)
  }
  function serve(untilS: number): void {
    for (; head < line.length; head += 1) {
      const request = line[head]
      const index = request === undefined ? 0 : workerFor(request.atS, request.model)
      const worker = workers[index]
      if (request === undefined || worker === undefined) break
      const { atS, serviceS, model } = request
      const startS = Math.max(atS, worker.freeAtS)
      if (startS > untilS) break
      workers.splice(index, 1)
      worker.freeAtS = startS + serviceS
      if (worker.models[0] !== model) {
        worker.models = [model, ...worker.models.filter((each) => each !== model)].slice(0, held)
      }
      workers.splice(placeOf(workers, worker.freeAtS), 0, worker)
      if (atS >= unrecordedS) record.waited(startS - atS)
      waited(startS - atS)
    }
    head = Math.max(head, line.length - longestLine)
    if (head > longestLine) {
      line = line.slice(head)
      head = 0
    }
  }
  function scale(desired: number, idle: number): void {
    let surplus = workers.length + readyAtS.length - desired
    for (; surplus < 0; surplus += 1) readyAtS.push(nowS + spinUpS)
    const cancelled = Math.min(surplus, readyAtS.length)
    if (cancelled > 0) readyAtS = readyAtS.slice(0, readyAtS.length - cancelled)
    const stopped = Math.min(surplus - cancelled, idle)
    if (stopped > 0) workers = workers.slice(stopped)
  }
  return {
    record,
    arrived: (afterS, serviceS, model) => {
      line.push({ atS: nowS + afterS, serviceS, model })
    },
    step: (passedS, decide) => {
      if (nowS >= unrecordedS) record.paid(workers.length + readyAtS.length, passedS)
      nowS += passedS
      for (let atS = readyAtS[0]; atS !== undefined && atS <= nowS; atS = readyAtS[0]) {
        readyAtS = readyAtS.slice(1)
        workers.splice(placeOf(workers, atS), 0, { freeAtS: atS, models: [] })
      }
      serve(nowS)
      const idle = placeOf(workers, nowS)
      const desired = decide({
        queued: line.length - head,
        busy: workers.length - idle,
        starting: readyAtS.length,
        idleForMs: workers.slice(0, idle).map(({ freeAtS }) => (nowS - freeAtS) * 1000),
      })
      scale(desired, idle)
    },
  }
}

/** How many of the workers are free at a time. */
function placeOf(workers: readonly Worker[], atS: number): number {
  let from = 0
  let to = workers.length
  while (from < to) {
    const middle = (from + to) >> 1
    if ((workers[middle]?.freeAtS ?? 0) <= atS) from = middle + 1
    else to = middle
  }
  return from
}

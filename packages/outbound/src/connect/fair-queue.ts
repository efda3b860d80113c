import { OutboundError } from '../outbound-error.ts'

/** Gives a place back. Calling it twice is calling it once. */
export type ReleasePlace = () => void

/** A limited number of places, given to those who wait in turn. */
export interface FairQueue {
  /**
   * Waits for a place. Lanes take turns, and within a lane the first come is served first: however many wait in
   * one lane, the first of another waits for one place at most per lane.
   * @throws OutboundError BUSY if too many wait already
   * @throws the reason of `signal`, whose place in the line is then gone
   */
  acquire(lane: string, signal: AbortSignal): Promise<ReleasePlace>
  /** Nobody holds a place or waits for one. */
  readonly idle: boolean
}

/** Whoever waits: called when a place is theirs. */
type Admit = () => void

export function createFairQueue(limits: { places: number; maxWaiting: number }): FairQueue {
  let taken = 0
  let waiting = 0
  /** Whose turn it is stands first. A lane without anybody is removed. */
  const lanes = new Map<string, Set<Admit>>()

  function admitNext(): void {
    while (taken < limits.places) {
      const [turn] = lanes
      if (turn === undefined) return
      const [lane, line] = turn
      const [admit] = line
      lanes.delete(lane)
      if (admit === undefined) continue
      line.delete(admit)
      // To the end: the others have their turn now.
      if (line.size > 0) lanes.set(lane, line)
      waiting -= 1
      taken += 1
      admit()
    }
  }

  function release(): ReleasePlace {
    let held = true
    return () => {
      if (!held) return
      held = false
      taken -= 1
      admitNext()
    }
  }

  function wait(lane: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const line = lanes.get(lane) ?? new Set<Admit>()
    const leave = (): void => {
      line.delete(admit)
      if (line.size === 0) lanes.delete(lane)
      waiting -= 1
      reject(signal.reason as Error)
    }
    const admit = (): void => {
      signal.removeEventListener('abort', leave)
      resolve()
    }
    lanes.set(lane, line.add(admit))
    waiting += 1
    signal.addEventListener('abort', leave, { once: true })
    return promise
  }

  return {
    acquire: async (lane, signal) => {
      signal.throwIfAborted()
      if (taken < limits.places) taken += 1
      else if (waiting >= limits.maxWaiting) throw new OutboundError('BUSY')
      else await wait(lane, signal)
      return release()
    },
    get idle() {
      return taken === 0 && waiting === 0
    },
  }
}

/** Runs work at once up to a bound, and queues the rest in order of arrival. */
export interface ConcurrencyLimit {
  /**
   * @param signal ends the wait for a turn; work that has begun is the caller's to stop
   * @throws the signal's reason when it aborts before the turn comes
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** How many run now, and how many wait. */
  readonly running: number
  readonly waiting: number
}

/** @param maxRunning a whole number of at least 1 */
export function createConcurrencyLimit(maxRunning: number): ConcurrencyLimit {
  if (!Number.isSafeInteger(maxRunning) || maxRunning < 1) {
    throw new RangeError(`maxRunning must be a whole number of at least 1, not ${maxRunning}`)
  }
  let running = 0
  const turns = new Set<() => void>()

  async function turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (running < maxRunning) {
      running += 1
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // An Error is what signals abort with; anything else is the caller's own and is passed on as it is.
    const leave = (): void => {
      turns.delete(resolve)
      reject(signal?.reason as Error)
    }
    turns.add(resolve)
    signal?.addEventListener('abort', leave, { once: true })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', leave)
    }
  }

  function next(): void {
    const [first] = turns
    if (first === undefined) {
      running -= 1
      return
    }
    // The place is handed over, so `running` stays: a newcomer between here and there cannot take it.
    turns.delete(first)
    first()
  }

  return {
    async run(work, signal) {
      await turn(signal)
      try {
        return await work()
      } finally {
        next()
      }
    },
    get running() {
      return running
    },
    get waiting() {
      return turns.size
    },
  }
}

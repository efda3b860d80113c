/** How to wait for a turn. */
export interface TurnOptions {
  /** Who aborts while waiting is rejected with the reason and starts nothing; work that runs is not stopped. */
  signal?: AbortSignal | undefined
}

/** Runs work under keys, so many at a time for each key, in the order that was asked. */
export interface KeyedLimit {
  run<T>(key: string, work: () => Promise<T> | T, options?: TurnOptions): Promise<T>
  /** How many run under a key. */
  running(key: string): number
  /** How many wait for a turn under a key. */
  waiting(key: string): number
}

interface Lane {
  running: number
  queue: Set<() => void>
}

/**
 * At most `concurrency` pieces of work at a time for each key; different keys do not wait for one another. A key
 * that nobody uses takes no memory. Work that waits for its own key waits for ever once the lane is full.
 * @throws RangeError when `concurrency` is not a whole number from 1
 */
export function createKeyedLimit({ concurrency }: { concurrency: number }): KeyedLimit {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`createKeyedLimit: concurrency is ${concurrency}, not a whole number from 1`)
  }
  const lanes = new Map<string, Lane>()
  const enter = async (lane: Lane, signal: AbortSignal | undefined): Promise<void> => {
    if (lane.running < concurrency) {
      lane.running += 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const start = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        lane.queue.delete(start)
        reject(signal?.reason as Error)
      }
      lane.queue.add(start)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }
  const exit = (key: string, lane: Lane): void => {
    const [next] = lane.queue
    if (next !== undefined) {
      // The turn is handed on: nobody who comes now can take it.
      lane.queue.delete(next)
      next()
      return
    }
    lane.running -= 1
    if (lane.running === 0) lanes.delete(key)
  }
  return {
    run: async (key, work, { signal } = {}) => {
      signal?.throwIfAborted()
      const lane = lanes.get(key) ?? { running: 0, queue: new Set() }
      lanes.set(key, lane)
      await enter(lane, signal)
      try {
        return await work()
      } finally {
        exit(key, lane)
      }
    },
    running: (key) => lanes.get(key)?.running ?? 0,
    waiting: (key) => lanes.get(key)?.queue.size ?? 0,
  }
}

/** One at a time for each key: for outputs that several branches write, such as a file that each adds to. */
export function createKeyedMutex(): KeyedLimit {
  return createKeyedLimit({ concurrency: 1 })
}

/** So many requests at a time for each origin: scheme, host and port of a URL. */
export interface OriginLimit {
  /** @throws TypeError for what is no URL */
  run<T>(url: string | URL, work: () => Promise<T> | T, options?: TurnOptions): Promise<T>
}

/**
 * At most `concurrency` requests at a time for each origin: for servers that answer more slowly, or refuse, when
 * they are asked for more.
 * @throws RangeError when `concurrency` is not a whole number from 1
 */
export function createOriginLimit(options: { concurrency: number }): OriginLimit {
  const limit = createKeyedLimit(options)
  return { run: async (url, work, turn) => limit.run(new URL(url).origin, work, turn) }
}

/** At most so many pieces of work at a time; the rest wait in the order they came. */
export interface Turns {
  /**
   * Runs `work` when it is its turn. An abort rejects at once with the signal's reason; work that has not begun
   * then never begins, work that has is left to end in its turn, because nothing can stop it.
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** @param limit pieces of work at a time, at least 1 */
export function createTurns(limit: number): Turns {
  const waiting = new Set<() => void>()
  let running = 0

  const begin = (): void => {
    for (const start of waiting) {
      if (running >= limit) return
      waiting.delete(start)
      running += 1
      start()
    }
  }

  return {
    run: async <T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const start = (): void => {
        void settle(work, resolve, reject).finally(() => {
          running -= 1
          begin()
        })
      }
      const leave = (): void => {
        waiting.delete(start)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      waiting.add(start)
      begin()
      try {
        return await promise
      } finally {
        signal?.removeEventListener('abort', leave)
      }
    },
  }
}

/** Never rejects, also where `work` throws before it returns its promise: either way its turn must end. */
async function settle<T>(
  work: () => Promise<T>,
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
): Promise<void> {
  try {
    resolve(await work())
  } catch (error) {
    reject(error)
  }
}

/** Turns at a server that does one thing, or a few things, at a time. First come, first served. */
export interface Turns {
  /** How many would be before a newcomer, those at work included; 0: it would be its turn at once. */
  readonly ahead: number
  /**
   * Settles when it is the caller's turn, with the function that gives the turn back; calling it again does nothing.
   * @throws the signal's reason when it aborts before
   */
  take(signal: AbortSignal): Promise<() => void>
}

/** @param count how many turns there are at once */
export function createTurns(count: number): Turns {
  let free = count
  const waiting: (() => void)[] = []
  const turn = (): (() => void) => {
    let given = true
    return () => {
      if (!given) return
      given = false
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
  return {
    get ahead() {
      return free > 0 ? 0 : count + waiting.length
    },
    async take(signal) {
      signal.throwIfAborted()
      if (free > 0) {
        free -= 1
        return turn()
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push(resolve)
      const leave = (): void => {
        const index = waiting.indexOf(resolve)
        // Granted in the same moment: the caller gets the turn, sees its signal and gives it back.
        if (index === -1) return
        waiting.splice(index, 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', leave, { once: true })
      try {
        await promise
      } finally {
        signal.removeEventListener('abort', leave)
      }
      return turn()
    },
  }
}

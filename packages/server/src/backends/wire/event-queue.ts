/** Values that are pushed from one side, by sockets and timers, and read in order from the other, by one reader. */
export interface EventQueue<T> extends AsyncIterable<T> {
  /** Ignored after the end. */
  push(value: T): void
  /** The reader ends when it has read what was pushed. */
  end(): void
  /** The reader throws, without reading what is left: a cancelled run has no late events. */
  fail(error: unknown): void
}

export function createEventQueue<T>(): EventQueue<T> {
  const values: T[] = []
  let over = false
  let failure: { error: unknown } | undefined
  let wake = Promise.withResolvers<void>()
  const change = (act: () => void): void => {
    if (over) return
    act()
    wake.resolve()
  }
  return {
    push: (value) => change(() => void values.push(value)),
    end: () =>
      change(() => {
        over = true
      }),
    fail: (error) =>
      change(() => {
        over = true
        failure = { error }
      }),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        if (failure !== undefined) throw failure.error
        const [value] = values.splice(0, 1)
        if (value !== undefined) yield value
        else if (over) return
        else {
          await wake.promise
          wake = Promise.withResolvers()
        }
      }
    },
  }
}

/** A number that only grows, and that can be waited for: tests await it instead of sleeping. */
export interface Counter {
  readonly count: number
  increment(): void
  waitFor(count: number): Promise<void>
}

export function createCounter(): Counter {
  let count = 0
  const waiting: { count: number; resolve: () => void }[] = []
  return {
    get count() {
      return count
    },
    increment: () => {
      count += 1
      for (const waiter of waiting) if (waiter.count <= count) waiter.resolve()
    },
    waitFor: (wanted) => {
      if (wanted <= count) return Promise.resolve()
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ count: wanted, resolve })
      return promise
    },
  }
}

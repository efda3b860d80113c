import type { ObjectStore } from '../object-store.ts'

/** How often each operation of a store was called. */
export interface StoreCounts {
  put: number
  get: number
  head: number
  delete: number
}

/** A real store that counts what is asked of it, and can hold its reads back until a test lets them go. */
export interface CountingStore extends ObjectStore {
  readonly counts: StoreCounts
  /** Reads from now on wait until the returned function is called. */
  holdReads(): () => void
}

export function createCountingStore(store: ObjectStore): CountingStore {
  const counts: StoreCounts = { put: 0, get: 0, head: 0, delete: 0 }
  let gate: Promise<void> = Promise.resolve()
  return {
    ...store,
    counts,
    holdReads: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    put: async (...args) => {
      counts.put += 1
      return await store.put(...args)
    },
    get: async (...args) => {
      counts.get += 1
      await gate
      return await store.get(...args)
    },
    head: async (...args) => {
      counts.head += 1
      return await store.head(...args)
    },
    delete: async (...args) => {
      counts.delete += 1
      return await store.delete(...args)
    },
  }
}

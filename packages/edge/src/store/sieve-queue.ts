import type { MemoryEntry } from './memory-entry.ts'

/**
 * The eviction order SIEVE (Zhang et al., NSDI 2024): a queue by arrival and a hand that moves from the oldest to
 * the newest, sparing once what was asked for since it last passed. A second cursor walks the same queue the other
 * way, to find what purges have left behind: what is young is then garbage before the collector copies it.
 */
export class SieveQueue {
  #newest: MemoryEntry | undefined
  #oldest: MemoryEntry | undefined
  #hand: MemoryEntry | undefined
  #cursor: MemoryEntry | undefined

  add(entry: MemoryEntry): void {
    entry.older = this.#newest
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }

  remove(entry: MemoryEntry): void {
    if (this.#hand === entry) this.#hand = entry.newer
    if (this.#cursor === entry) this.#cursor = entry.older
    if (entry.newer === undefined) this.#newest = entry.older
    else entry.newer.older = entry.older
    if (entry.older === undefined) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
    entry.newer = undefined
    entry.older = undefined
  }

  /** What to evict next, still in the queue. */
  victim(): MemoryEntry | undefined {
    // Ends within two rounds: the first takes every mark off.
    for (;;) {
      const entry = this.#hand ?? this.#oldest
      if (entry === undefined) return undefined
      if (!entry.visited || entry.hardPurged) {
        this.#hand = entry
        return entry
      }
      entry.visited = false
      this.#hand = entry.newer
    }
  }

  /** Puts the cursor at the newest entry. */
  rewind(): void {
    this.#cursor = this.#newest
  }

  /** The entry at the cursor, which moves on; undefined when it has passed the oldest. */
  next(): MemoryEntry | undefined {
    const entry = this.#cursor
    this.#cursor = entry?.older
    return entry
  }
}

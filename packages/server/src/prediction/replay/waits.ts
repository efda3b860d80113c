/** What requests waited, most of them nothing: only the others are kept one by one. */
export interface Waits {
  add(waitMs: number): void
  /** Nearest rank; 0 where nobody asked. */
  percentile(share: number): number
}

export function createWaits(): Waits {
  let zeros = 0
  const counts = new Map<number, number>()
  return {
    add(waitMs) {
      if (waitMs <= 0) zeros++
      else counts.set(waitMs, (counts.get(waitMs) ?? 0) + 1)
    },
    percentile(share) {
      let total = zeros
      for (const count of counts.values()) total += count
      const rank = Math.max(1, Math.ceil(share * total))
      if (rank <= zeros) return 0
      let below = zeros
      for (const [waitMs, count] of [...counts].toSorted(([a], [b]) => a - b)) {
        below += count
        if (below >= rank) return waitMs
      }
      return 0
    },
  }
}

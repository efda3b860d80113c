/** The load at each time of day, a mean over days of which the last counts most. */
export interface DayProfile {
  /** Work that came in within the last `passedS`. @param unixS now */
  add(work: number, passedS: number, unixS: number): void
  /** Busy workers at a time of day; `undefined` where it was not seen yet. */
  at(unixS: number): number | undefined
}

const bucketS = 600
const buckets = 86_400 / bucketS
/** What the last day counts for. */
const newest = 0.35

export function createDayProfile(): DayProfile {
  const loads: (number | undefined)[] = Array.from({ length: buckets })
  let bucket = -1
  let work = 0
  let seenS = 0

  function close(): void {
    // A bucket that was seen in part, as when the clock was set within it, says little.
    if (bucket >= 0 && seenS >= bucketS / 2) {
      const load = work / seenS
      const before = loads[bucket]
      loads[bucket] = before === undefined ? load : before + (load - before) * newest
    }
    work = 0
    seenS = 0
  }
  function smoothed(index: number): number | undefined {
    const [before, here, after] = [-1, 0, 1].map((step) => loads[(index + step + buckets) % buckets])
    if (here === undefined) return undefined
    return ((before ?? here) + 2 * here + (after ?? here)) / 4
  }
  return {
    add: (came, passedS, unixS) => {
      const current = bucketOf(unixS)
      if (current !== bucket) {
        close()
        bucket = current
      }
      work += came
      seenS += passedS
    },
    at: (unixS) => {
      // Between the middles of two buckets.
      const place = unixS / bucketS - 0.5
      const index = Math.floor(place)
      const left = smoothed(positive(index))
      const right = smoothed(positive(index + 1))
      if (left === undefined || right === undefined) return undefined
      return left + (right - left) * (place - index)
    },
  }
}

function bucketOf(unixS: number): number {
  return positive(Math.floor(unixS / bucketS))
}

function positive(index: number): number {
  return ((index % buckets) + buckets) % buckets
}

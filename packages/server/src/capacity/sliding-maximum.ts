/** The largest value of the last seconds. */
export interface SlidingMaximum {
  /** @returns the largest value within the window that ends now, this one included */
  add(atS: number, value: number): number
}

/** Values that a later, larger one has made irrelevant are dropped: what is held falls from the first to the last. */
export function createSlidingMaximum(windowS: number): SlidingMaximum {
  let held: { atS: number; value: number }[] = []
  let from = 0
  return {
    add: (atS, value) => {
      while (held.length > from && (held.at(-1)?.value ?? 0) <= value) held.pop()
      held.push({ atS, value })
      while ((held[from]?.atS ?? atS) < atS - windowS) from += 1
      if (from > 256) {
        held = held.slice(from)
        from = 0
      }
      return held[from]?.value ?? value
    },
  }
}

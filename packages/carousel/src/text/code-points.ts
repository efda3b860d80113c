/** A set of Unicode code points, as sorted ranges. */
export interface CodePoints {
  has(codePoint: number): boolean
  /** How many there are. */
  readonly size: number
}

/**
 * A set of pairs `[first, last]`, both included, in any order.
 */
export function codePointsOf(ranges: readonly (readonly [number, number])[]): CodePoints {
  const sorted = ranges.toSorted((a, b) => a[0] - b[0])
  const firsts = Uint32Array.from(sorted, (range) => range[0])
  const lasts = Uint32Array.from(sorted, (range) => range[1])
  // Ranges may overlap: a search by the first must then find the furthest last so far.
  for (let i = 1; i < lasts.length; i++) lasts[i] = Math.max(lasts[i] ?? 0, lasts[i - 1] ?? 0)
  return {
    has(codePoint) {
      let low = 0
      let high = firsts.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((firsts[middle] ?? 0) <= codePoint) low = middle + 1
        else high = middle
      }
      return low > 0 && codePoint <= (lasts[low - 1] ?? -1)
    },
    get size() {
      let count = 0
      let next = 0
      for (const [first, last] of sorted) {
        count += Math.max(0, last - Math.max(first, next) + 1)
        next = Math.max(next, last + 1)
      }
      return count
    },
  }
}

/** CSS `unicode-range` (`U+0-FF, U+131, U+4??`) as a set. */
export function codePointsOfCss(unicodeRange: string): CodePoints {
  const ranges = [...unicodeRange.matchAll(/U\+([0-9A-F?]+)(?:-([0-9A-F]+))?/giu)].map(
    (match): [number, number] => {
      const first = match[1] ?? ''
      const last = match[2] ?? first
      return [Number.parseInt(first.replaceAll('?', '0'), 16), Number.parseInt(last.replaceAll('?', 'F'), 16)]
    },
  )
  return codePointsOf(ranges)
}

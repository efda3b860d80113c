/** Buckets in a doubling of the value: 2^(1/64) apart, the scale 6 of OpenTelemetry's exponential histograms. */
const bucketsPerDoubling = 64

/** Upper bounds of the smallest and the largest bucket: about a microsecond and a day and a half. */
const lowestIndex = -10 * bucketsPerDoubling
const highestIndex = 27 * bucketsPerDoubling

/** Largest error of a percentile, as a share of it: half a bucket. */
export const relativeError: number = (2 ** (1 / bucketsPerDoubling) - 1) / (2 ** (1 / bucketsPerDoubling) + 1)

/** Counts of a histogram's buckets: `counts[i]` is of bucket `first + i`, over `(2^(n/64), 2^((n+1)/64)]` ms. */
export interface Buckets {
  first: number
  counts: Float64Array
}

/**
 * Durations in milliseconds, counted in buckets that grow by 1.1 %: any percentile within 0.55 %, whatever was
 * recorded. Histograms of any processes and times add up without further error, and are those of OpenTelemetry.
 */
export class Histogram {
  count = 0
  sumMs = 0
  minMs: number = Number.POSITIVE_INFINITY
  maxMs = 0
  #first = 0
  #counts: Float64Array = new Float64Array(0)

  /** Anything but a finite duration from 0 is left out: a clock that went back is no duration. */
  record(durationMs: number, times: number = 1): void {
    if (!(durationMs >= 0 && durationMs < Number.POSITIVE_INFINITY)) return
    this.#add(indexOf(durationMs), times)
    this.count += times
    this.sumMs += durationMs * times
    if (durationMs < this.minMs) this.minMs = durationMs
    if (durationMs > this.maxMs) this.maxMs = durationMs
  }

  /** Adds to a bucket by its number, without sum, shortest and longest: for reading stored histograms. */
  recordBucket(index: number, times: number): void {
    this.#add(index, times)
    this.count += times
  }

  merge(other: Histogram): void {
    const { first, counts } = other.buckets()
    if (other.count === 0) return
    this.#cover(first)
    this.#cover(first + counts.length - 1)
    const shift = first - this.#first
    for (let at = 0; at < counts.length; at += 1) {
      this.#counts[shift + at] = (this.#counts[shift + at] ?? 0) + (counts[at] ?? 0)
    }
    this.count += other.count
    this.sumMs += other.sumMs
    this.minMs = Math.min(this.minMs, other.minMs)
    this.maxMs = Math.max(this.maxMs, other.maxMs)
  }

  /** The same durations, each counted so many times; a factor below 1 makes it count for less. */
  scaled(factor: number): Histogram {
    const scaled = new Histogram()
    scaled.merge(this)
    scaled.#counts = scaled.#counts.map((count) => count * factor)
    scaled.count *= factor
    scaled.sumMs *= factor
    return scaled
  }

  /** The duration that a share of all is at most (nearest rank); NaN where there is none. */
  percentile(share: number): number {
    return this.atRank(Math.max(1, Math.ceil(share * this.count)))
  }

  /** The n-th shortest duration, n from 1. */
  atRank(rank: number): number {
    if (this.count === 0) return Number.NaN
    if (rank >= this.count) return this.maxMs
    let seen = 0
    for (let at = 0; at < this.#counts.length; at += 1) {
      seen += this.#counts[at] ?? 0
      if (seen >= rank) return Math.min(this.maxMs, Math.max(this.minMs, valueOf(this.#first + at)))
    }
    return this.maxMs
  }

  /** How many were at most 2^exponent ms: exact, since powers of two are bounds of buckets. */
  countUpToPowerOfTwo(exponent: number): number {
    const end = exponent * bucketsPerDoubling - this.#first
    let seen = 0
    for (let at = 0; at < Math.min(end, this.#counts.length); at += 1) seen += this.#counts[at] ?? 0
    return seen
  }

  /** Not to be changed. Buckets at both ends may be empty. */
  buckets(): Buckets {
    return { first: this.#first, counts: this.#counts }
  }

  #add(index: number, times: number): void {
    this.#cover(index)
    const at = index - this.#first
    this.#counts[at] = (this.#counts[at] ?? 0) + times
  }

  /** Makes room for a bucket, with some to spare on its side. */
  #cover(index: number): void {
    const size = this.#counts.length
    if (size > 0 && index >= this.#first && index < this.#first + size) return
    const spare = 16
    const first = size === 0 ? index - spare : Math.min(this.#first, index - spare)
    const last = size === 0 ? index + spare : Math.max(this.#first + size - 1, index + spare)
    const counts = new Float64Array(last - first + 1)
    counts.set(this.#counts, size === 0 ? 0 : this.#first - first)
    this.#first = first
    this.#counts = counts
  }
}

/** The bucket whose upper bound is the first at or above the duration. */
function indexOf(durationMs: number): number {
  const index = Math.ceil(Math.log2(durationMs) * bucketsPerDoubling) - 1
  // Also for 0, whose logarithm is no number to count with.
  if (!(index > lowestIndex)) return lowestIndex
  return Math.min(index, highestIndex)
}

/** The value in a bucket that is as far from both its bounds, as a share of itself. */
function valueOf(index: number): number {
  return 2 ** (index / bucketsPerDoubling) * (1 + relativeError)
}

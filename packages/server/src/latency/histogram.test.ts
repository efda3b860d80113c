import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Histogram, relativeError } from './histogram.ts'
import { histogramFromBytes, histogramToBytes } from './histogram-bytes.ts'
import { createRandom } from './seeded-random.ts'

/** From a microsecond to an hour, evenly over the orders of magnitude. */
const durations = fc.array(
  fc.double({ min: -3, max: 6.5, noNaN: true }).map((exponent) => 10 ** exponent),
  { minLength: 1, maxLength: 400 },
)
const shares = [0.01, 0.5, 0.9, 0.95, 0.99, 0.999]

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

/** Nearest rank. */
function exact(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

function facts(histogram: Histogram): unknown {
  const { count, minMs, maxMs } = histogram
  return { count, minMs, maxMs, percentiles: shares.map((share) => histogram.percentile(share)) }
}

describe('Histogram', () => {
  test('every percentile is within the error it promises, below 1 %', () => {
    expect(relativeError).toBeLessThan(0.01)
    fc.assert(
      fc.property(durations, (values) => {
        const histogram = histogramOf(values)
        for (const share of shares) {
          const truth = exact(values, share)
          expect(Math.abs(histogram.percentile(share) - truth) / truth).toBeLessThanOrEqual(
            relativeError + 1e-9,
          )
        }
      }),
    )
  })

  test('merged in any order it is the histogram of all, also after being stored', () => {
    fc.assert(
      fc.property(durations, durations, durations, (a, b, c) => {
        const whole = histogramOf([...a, ...b, ...c])
        const parts = [c, a, b].map(histogramOf)
        const merged = new Histogram()
        for (const part of parts) merged.merge(histogramFromBytes(histogramToBytes(part)))
        expect(facts(merged)).toEqual(facts(whole))
        expect(merged.sumMs).toBeCloseTo(whole.sumMs, 3)
      }),
    )
  })

  test('counts up to a power of two are exact', () => {
    const values = [0, 0.03, 1, 1.000001, 2, 3, 4, 4, 4.5, 1024, 5000]
    const histogram = histogramOf(values)
    for (const exponent of [-4, 0, 1, 2, 3, 10, 13]) {
      const truth = values.filter((value) => value <= 2 ** exponent).length
      expect(histogram.countUpToPowerOfTwo(exponent)).toBe(truth)
    }
  })

  test('what is no duration is left out; what is beyond all buckets is in the last', () => {
    const histogram = histogramOf([Number.NaN, -1, Number.POSITIVE_INFINITY, 1e12, 0])
    expect([histogram.count, histogram.maxMs]).toEqual([2, 1e12])
    expect(histogram.percentile(0.5)).toBeLessThan(0.001)
    expect(new Histogram().percentile(0.5)).toBeNaN()
  })

  test('is small when stored: a few bytes a bucket', () => {
    const random = createRandom(7)
    const histogram = histogramOf(Array.from({ length: 100_000 }, () => 20 + 30 * random()))
    expect(histogramToBytes(histogram).byteLength).toBeLessThan(400)
  })

  test('bytes of another layout are refused', () => {
    expect(() => histogramFromBytes(new Uint8Array([9, 9]))).toThrow(RangeError)
    expect(() => histogramFromBytes(new Uint8Array(40).fill(2))).toThrow(RangeError)
  })
})

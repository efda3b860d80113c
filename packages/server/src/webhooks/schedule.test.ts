import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxTries, retryDelayMs } from './schedule.ts'

test('ten attempts over some 75 hours, without jitter as the specification has them', () => {
  const delays = Array.from({ length: maxTries }, (_, index) => retryDelayMs(index + 1, undefined, () => 0.5))
  expect(delays.at(-1)).toBe(undefined)
  const seconds = delays.slice(0, -1).map((delayMs) => (delayMs ?? 0) / 1000)
  expect(seconds).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400])
})

test('jitter is a tenth at most, and Retry-After is never cut short of a day', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: maxTries - 1 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.option(fc.integer({ min: 0, max: 10 ** 9 }), { nil: undefined }),
      (tries, random, retryAfterMs) => {
        const plain = retryDelayMs(tries, undefined, () => 0.5) ?? 0
        const delayMs = retryDelayMs(tries, retryAfterMs, () => random) ?? 0
        expect(delayMs).toBeGreaterThanOrEqual(Math.floor(plain * 0.9))
        expect(delayMs).toBeGreaterThanOrEqual(Math.min(retryAfterMs ?? 0, 86_400_000))
        expect(delayMs).toBeLessThanOrEqual(Math.max(Math.ceil(plain * 1.1), 86_400_000))
      },
    ),
  )
})

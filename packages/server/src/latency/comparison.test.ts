import { describe, expect, test } from 'vitest'
import type { Difference } from './comparison.ts'
import { compare } from './comparison.ts'
import { Histogram } from './histogram.ts'
import { createRandom } from './seeded-random.ts'

/** Minutes of requests, log-normal; each minute has a mood of its own, as machines have. */
function minutes(
  count: number,
  perMinute: number,
  random: () => number,
  { factor = 1, mood = 0 }: { factor?: number; mood?: number } = {},
): Histogram[] {
  return Array.from({ length: count }, () => {
    const histogram = new Histogram()
    const own = factor * Math.exp(mood * normal(random))
    for (let index = 0; index < perMinute; index += 1) {
      histogram.record(50 * own * Math.exp(0.5 * normal(random)))
    }
    return histogram
  })
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

const rounds = 100

/** How often each percentile's verdict was as given, over many seeds. */
function verdicts(
  verdict: Difference['verdict'],
  shape: { minutes: number; perMinute: number; mood: number; factor: number },
): number[] {
  const counts = [0, 0, 0]
  for (let seed = 1; seed <= rounds; seed += 1) {
    const random = createRandom(seed)
    const before = minutes(shape.minutes, shape.perMinute, random, { mood: shape.mood })
    const after = minutes(shape.minutes, shape.perMinute, random, { mood: shape.mood, factor: shape.factor })
    for (const [at, difference] of compare({ before, after }, seed).entries()) {
      if (difference.verdict === verdict) counts[at] = (counts[at] ?? 0) + 1
    }
  }
  return counts.map((count) => count / rounds)
}

describe('a comparison', () => {
  test.each([
    ['an hour of moody minutes', { minutes: 60, perMinute: 30, mood: 0.1 }],
    ['six moody minutes', { minutes: 6, perMinute: 200, mood: 0.1 }],
    ['steady minutes', { minutes: 20, perMinute: 100, mood: 0 }],
    ['a single minute', { minutes: 1, perMinute: 300, mood: 0 }],
    ['a single minute of many requests, a little moody', { minutes: 1, perMinute: 5000, mood: 0.015 }],
    ['a few requests', { minutes: 1, perMinute: 8, mood: 0 }],
  ])('says no difference where there is none, at least 95 times in 100: %s', (_, shape) => {
    for (const share of verdicts('no difference', { ...shape, factor: 1 })) {
      expect(share).toBeGreaterThanOrEqual(0.95)
    }
  })

  test.each([
    ['slower', 1.2],
    ['faster', 1 / 1.2],
  ] as const)('says %s where all durations are so by a fifth', (verdict, factor) => {
    const steady = verdicts(verdict, { minutes: 20, perMinute: 300, mood: 0.03, factor })
    for (const share of steady) expect(share).toBeGreaterThanOrEqual(0.95)
    const [p50] = verdicts(verdict, { minutes: 1, perMinute: 500, mood: 0, factor })
    expect(p50).toBeGreaterThanOrEqual(0.95)
  })

  test('a machine that was in another mood for a minute is no difference: hits of 0.2 and 0.35 ms', () => {
    const before = new Histogram()
    before.record(0.2, 600)
    const after = new Histogram()
    after.record(0.35, 600)
    for (const { verdict } of compare({ before: [before], after: [after] }))
      expect(verdict).toBe('no difference')
    const minutesOf = (durationMs: number): Histogram[] =>
      Array.from({ length: 5 }, () => {
        const minute = new Histogram()
        minute.record(durationMs, 600)
        return minute
      })
    const known = compare({ before: minutesOf(0.2), after: minutesOf(0.35) })
    expect(known.map(({ verdict }) => verdict)).toEqual(['slower', 'slower', 'slower'])
  })

  test('equal durations on both sides are no difference, nor is nothing on one side', () => {
    const equal = new Histogram()
    equal.record(200, 1000)
    expect(compare({ before: [equal], after: [equal] }).map(({ verdict }) => verdict)).toEqual([
      'no difference',
      'no difference',
      'no difference',
    ])
    const [none] = compare({ before: [], after: [equal] })
    expect(none).toMatchObject({ verdict: 'no difference', beforeMs: 0, afterMs: 200 })
  })

  test('the same figures get the same answer, and the interval holds the difference', () => {
    const random = createRandom(5)
    const sides = { before: minutes(8, 50, random), after: minutes(8, 50, random, { factor: 2 }) }
    expect(compare(sides)).toEqual(compare(sides))
    for (const { lowMs, differenceMs, highMs } of compare(sides)) {
      expect(lowMs).toBeLessThanOrEqual(differenceMs)
      expect(highMs).toBeGreaterThanOrEqual(differenceMs)
    }
  })
})

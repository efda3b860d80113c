import { describe, expect, test } from 'vitest'
import { compare, merged } from './comparison.ts'
import { Histogram } from './histogram.ts'
import { createRandom } from './seeded-random.ts'
import type { Minutes } from './strata.ts'
import { classesOf, compareAtEqualShares, sharesWarning } from './strata.ts'

/** Minutes of hits of about 2 ms and misses of about 900. */
function minutes(
  counts: Readonly<Record<string, number>>,
  random: () => number,
  factor: Readonly<Record<string, number>> = {},
): Minutes {
  const usual: Readonly<Record<string, number>> = { hit: 2, miss: 900, stale: 5 }
  return new Map(
    Object.entries(counts).map(([name, perMinute]) => [
      name,
      new Map(
        Array.from({ length: 20 }, (_, minute) => {
          const histogram = new Histogram()
          for (let index = 0; index < perMinute; index += 1) {
            histogram.record((usual[name] ?? 1) * (factor[name] ?? 1) * Math.exp(random() - 0.5))
          }
          return [minute, histogram] as const
        }),
      ),
    ]),
  )
}

function all(sides: Minutes): Histogram[] {
  return [...(sides.values().next().value ?? new Map()).keys()].map((minute) =>
    merged([...sides.values()].flatMap((each) => each.get(minute) ?? [])),
  )
}

const verdicts = (differences: readonly { verdict: string }[] | null) =>
  differences?.map(({ verdict }) => verdict)

describe('classes whose shares change', () => {
  test('make everything faster that is as fast as it was; at equal shares there is no difference', () => {
    const random = createRandom(3)
    const before = minutes({ hit: 20, miss: 80 }, random)
    const after = minutes({ hit: 80, miss: 20 }, random)
    expect(compare({ before: all(before), after: all(after) })[0]).toMatchObject({ verdict: 'faster' })
    const same = ['no difference', 'no difference', 'no difference']
    expect(verdicts(compareAtEqualShares(before, after))).toEqual(same)
    const classes = classesOf(before, after)
    expect(classes.map((each) => [each.class, each.before.share, each.after.share])).toEqual([
      ['hit', 0.2, 0.8],
      ['miss', 0.8, 0.2],
    ])
    for (const { differences } of classes) expect(verdicts(differences)).toEqual(same)
    expect(sharesWarning(classes)).toMatch(/hit 20 % → 80 %, miss 80 % → 20 %/u)
  })

  test('do not hide that each class became slower', () => {
    const random = createRandom(4)
    const before = minutes({ hit: 20, miss: 80 }, random)
    const after = minutes({ hit: 80, miss: 20 }, random, { hit: 1.5, miss: 1.5 })
    expect(compare({ before: all(before), after: all(after) })[0]).toMatchObject({ verdict: 'faster' })
    expect(verdicts(compareAtEqualShares(before, after))).toEqual(['slower', 'slower', 'slower'])
  })

  test('are told of only where they changed', () => {
    const random = createRandom(5)
    const before = minutes({ hit: 50, miss: 50 }, random)
    expect(sharesWarning(classesOf(before, minutes({ hit: 51, miss: 49 }, random)))).toBeNull()
    expect(sharesWarning(classesOf(before, new Map()))).toBeNull()
    expect(sharesWarning([])).toBeNull()
  })

  test('that one side has none of are left out of equal shares, and told of', () => {
    const random = createRandom(6)
    const before = minutes({ miss: 50 }, random)
    const after = minutes({ miss: 50, stale: 50 }, random)
    expect(verdicts(compareAtEqualShares(before, after))).toEqual([
      'no difference',
      'no difference',
      'no difference',
    ])
    expect(sharesWarning(classesOf(before, after))).toMatch(/stale 0 % → 50 %/u)
    expect(compareAtEqualShares(minutes({ hit: 5 }, random), minutes({ miss: 5 }, random))).toBeNull()
  })

  test('are weighed without a change where they are the same on both sides', () => {
    const random = createRandom(7)
    const before = minutes({ hit: 30, miss: 70 }, random)
    expect(compareAtEqualShares(before, before)).toEqual(compare({ before: all(before), after: all(before) }))
  })
})

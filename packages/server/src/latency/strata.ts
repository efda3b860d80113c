import type { Difference } from './comparison.ts'
import { compare, merged } from './comparison.ts'
import { Histogram } from './histogram.ts'
import { cacheClasses } from './labels.ts'
import type { LatencyFigures } from './latency-query.ts'
import { figuresOf } from './latency-query.ts'

/** Durations of each class, each minute for itself. */
export type Minutes = ReadonlyMap<string, ReadonlyMap<number, Histogram>>

/** One class before and after. */
export interface ClassComparison {
  class: string
  before: LatencyFigures & { share: number }
  after: LatencyFigures & { share: number }
  differences: Difference[]
}

/** A change of a class's share that is worth a word: so much of all, and beyond chance. */
const worthyChange = 0.05
const sigmas = 3

/** Each class that has a duration on either side, in the order of classes. */
export function classesOf(before: Minutes, after: Minutes): ClassComparison[] {
  const counts = { before: countOf(before), after: countOf(after) }
  return cacheClasses
    .filter((name) => before.has(name) || after.has(name))
    .map((name) => {
      const sides = { before: minutesOf(before, name), after: minutesOf(after, name) }
      return {
        class: name,
        before: withShare(figuresOf(merged(sides.before)), counts.before),
        after: withShare(figuresOf(merged(sides.after)), counts.after),
        differences: compare(sides),
      }
    })
}

function withShare(figures: LatencyFigures, all: number): LatencyFigures & { share: number } {
  return { ...figures, share: all === 0 ? 0 : figures.count / all }
}

/**
 * Both sides with the shares that the classes had before, so that a percentile changes only if a class's own durations
 * did. A class that one side has none of cannot be weighed, and is left out on both.
 * `null` where no class is on both. After weighing fewer durations
 * speak for many: the side then counts for as many as it is worth (Kish's effective sample size).
 */
export function compareAtEqualShares(before: Minutes, after: Minutes): Difference[] | null {
  const both = [...before.keys()].filter((name) => after.has(name))
  if (both.length === 0) return null
  const counts = both.map((name) => ({
    name,
    before: merged(minutesOf(before, name)).count,
    after: merged(minutesOf(after, name)).count,
  }))
  const all = { before: sum(counts.map((each) => each.before)), after: sum(counts.map((each) => each.after)) }
  const weights = new Map(
    counts.map((each) => [each.name, (each.before / all.before) * (all.after / each.after)]),
  )
  // The weights' mean is 1, so the sum of them all is the count.
  const worth = all.after / sum(counts.map((each) => each.after * (weights.get(each.name) ?? 0) ** 2))
  return compare({
    before: weighed(before, new Map(both.map((name) => [name, 1]))),
    after: weighed(after, new Map([...weights].map(([name, weight]) => [name, weight * worth]))),
  })
}

/** The classes with their weights together, minute by minute. */
function weighed(minutes: Minutes, weights: ReadonlyMap<string, number>): Histogram[] {
  const all = new Map<number, Histogram>()
  for (const [name, weight] of weights) {
    for (const [minute, histogram] of minutes.get(name) ?? []) {
      let into = all.get(minute)
      if (into === undefined) all.set(minute, (into = new Histogram()))
      into.merge(histogram.scaled(weight))
    }
  }
  return [...all].toSorted(([a], [b]) => a - b).map(([, histogram]) => histogram)
}

/** What to tell of classes whose shares are not what they were; `null` where there is nothing to tell. */
export function sharesWarning(classes: readonly ClassComparison[]): string | null {
  const before = sum(classes.map((each) => each.before.count))
  const after = sum(classes.map((each) => each.after.count))
  if (before === 0 || after === 0) return null
  const changed = classes.filter((each) => {
    const pooled = (each.before.count + each.after.count) / (before + after)
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / before + 1 / after))
    return Math.abs(each.after.share - each.before.share) > Math.max(worthyChange, sigmas * error)
  })
  if (changed.length === 0) return null
  const words = changed.map(
    (each) => `${each.class} ${percent(each.before.share)} → ${percent(each.after.share)}`,
  )
  return `The shares of the cache classes changed (${words.join(', ')}): compare each class, or all at equal shares.`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function minutesOf(minutes: Minutes, name: string): Histogram[] {
  return [...(minutes.get(name) ?? [])].toSorted(([a], [b]) => a - b).map(([, histogram]) => histogram)
}

function countOf(minutes: Minutes): number {
  return sum([...minutes.keys()].map((name) => merged(minutesOf(minutes, name)).count))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

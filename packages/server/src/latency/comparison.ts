import { Histogram, relativeError } from './histogram.ts'
import { rounded } from './latency-query.ts'
import { createRandom } from './seeded-random.ts'

/** Durations before and after a marker. Each slice is what one minute brought. */
export interface Sides {
  before: readonly Histogram[]
  after: readonly Histogram[]
}

/** How one percentile changed. */
export interface Difference {
  percentile: number
  beforeMs: number
  afterMs: number
  differenceMs: number
  /** The interval that holds the true difference with `confidence`. */
  lowMs: number
  highMs: number
  confidence: 0.95
  verdict: 'faster' | 'slower' | 'no difference'
}

const percentiles = [50, 95, 99] as const
const draws = 400
/** Blocks of minutes that are drawn on either side. */
const maxBlocks = 20
/** Fewer minutes than this say nothing of how minutes differ from each other. */
const minBlocks = 4
/** What is then taken for the moods of a machine: so much of a duration, and a quarter of a millisecond at least. */
const moodShare = 0.05
const minMoodMs = 0.25
/** Fewer durations beyond a percentile than this say nothing of where it lies. */
const minBeyond = 5

/**
 * The differences of percentiles, each with an interval that is the wider of two. Minutes are drawn with
 * replacement (a block bootstrap: requests of one minute are alike, and counting each as a witness of its own would
 * call the machine's moods a change), widened for there being few of them; where there are too few, a mood is assumed. And ranks are drawn from the binomial
 * distribution, which is all there is where the sides have only a minute or two. Both by a seeded generator, so that
 * the same figures always get the same answer. To either the error of the histograms is added.
 */
export function compare({ before, after }: Sides, seed: number = 1): Difference[] {
  const whole = { before: merged(before), after: merged(after) }
  const random = createRandom(seed)
  const blocks = { before: blocksOf(before), after: blocksOf(after) }
  const fewest = Math.min(blocks.before.length, blocks.after.length)
  const drawn = { before: blockDraws(blocks.before, random), after: blockDraws(blocks.after, random) }
  return percentiles.map((percentile, at) => {
    const share = percentile / 100
    const beforeMs = whole.before.percentile(share)
    const afterMs = whole.after.percentile(share)
    const differenceMs = afterMs - beforeMs
    const moodMs = fewest < minBlocks ? Math.max(minMoodMs, moodShare * Math.max(beforeMs, afterMs)) : 0
    const errorMs = relativeError * (beforeMs + afterMs)
    const intervals = [
      rankInterval(whole.before, whole.after, share, random),
      blockInterval(drawn.before[at], drawn.after[at], differenceMs, fewest),
    ]
    const belowMs = differenceMs - Math.min(differenceMs, ...intervals.map(([low]) => low))
    const aboveMs = Math.max(differenceMs, ...intervals.map(([, high]) => high)) - differenceMs
    // Moods and chance know nothing of each other, so their squares add up; the histograms' error is a bound.
    const lowMs = differenceMs - Math.hypot(belowMs, moodMs) - errorMs
    const highMs = differenceMs + Math.hypot(aboveMs, moodMs) + errorMs
    return {
      percentile,
      beforeMs: rounded(beforeMs),
      afterMs: rounded(afterMs),
      differenceMs: rounded(differenceMs),
      lowMs: rounded(lowMs),
      highMs: rounded(highMs),
      confidence: 0.95,
      verdict: verdictOf(lowMs, highMs),
    }
  })
}

function verdictOf(lowMs: number, highMs: number): Difference['verdict'] {
  if (lowMs > 0) return 'slower'
  // Also where one side is empty, and the interval is no number.
  return highMs < 0 ? 'faster' : 'no difference'
}

export function merged(histograms: readonly Histogram[]): Histogram {
  const whole = new Histogram()
  for (const histogram of histograms) whole.merge(histogram)
  return whole
}

type Random = () => number

/** For each percentile its values in as many samples of the minutes; empty where there are too few minutes. */
function blockDraws(slices: readonly Histogram[], random: Random): number[][] {
  const values: number[][] = percentiles.map(() => [])
  if (slices.length < minBlocks) return values
  const sample = createSample(slices)
  for (let draw = 0; draw < draws; draw += 1) {
    const times = new Float64Array(slices.length)
    for (let at = 0; at < slices.length; at += 1) {
      const picked = Math.floor(random() * slices.length)
      times[picked] = (times[picked] ?? 0) + 1
    }
    const percentileOf = sample(times)
    for (const [at, percentile] of percentiles.entries()) values[at]?.push(percentileOf(percentile / 100))
  }
  return values
}

/** Percentiles of slices that count as often as a sample says, over buckets that all of them share. */
function createSample(slices: readonly Histogram[]): (times: Float64Array) => (share: number) => number {
  const whole = merged(slices)
  const { first, counts: all } = whole.buckets()
  const columns = [...all.keys()].filter((at) => (all[at] ?? 0) > 0)
  const rows = slices.map((slice) => {
    const own = slice.buckets()
    return Float64Array.from(columns, (at) => own.counts[first + at - own.first] ?? 0)
  })
  // The value of a bucket is that of its last rank in the whole.
  let rank = 0
  const values = columns.map((at) => whole.atRank((rank += all[at] ?? 0)))
  const sums = new Float64Array(columns.length)
  return (times) => {
    sums.fill(0)
    for (let at = 0; at < rows.length; at += 1) {
      if ((times[at] ?? 0) > 0) addRow(sums, rows[at] ?? sums, times[at] ?? 0)
    }
    let total = 0
    for (let at = 0; at < sums.length; at += 1) total += sums[at] ?? 0
    return (share) => {
      let seen = 0
      for (let at = 0; at < sums.length; at += 1) {
        seen += sums[at] ?? 0
        if (seen >= share * total) return values[at] ?? Number.NaN
      }
      return Number.NaN
    }
  }
}

function addRow(sums: Float64Array, row: Float64Array, weight: number): void {
  for (let at = 0; at < sums.length; at += 1) sums[at] = (sums[at] ?? 0) + weight * (row[at] ?? 0)
}

/** Neighbouring minutes together, so that there are not too many: what is alike for some minutes stays in one. */
function blocksOf(slices: readonly Histogram[]): Histogram[] {
  const size = Math.ceil(slices.length / maxBlocks)
  const blocks: Histogram[] = []
  for (let at = 0; at < slices.length; at += size) blocks.push(merged(slices.slice(at, at + size)))
  return blocks
}

function blockInterval(
  before: readonly number[] | undefined,
  after: readonly number[] | undefined,
  centreMs: number,
  blocks: number,
): [number, number] {
  if (before === undefined || after === undefined || before.length === 0 || after.length === 0) {
    return [centreMs, centreMs]
  }
  const [low, high] = spread(before.map((value, at) => (after[at] ?? Number.NaN) - value))
  const wider = widening(blocks)
  return [centreMs + Math.min(0, low - centreMs) * wider, centreMs + Math.max(0, high - centreMs) * wider]
}

/**
 * A bootstrap of few blocks is too sure of itself: it takes their spread for the whole one, and a normal quantile for
 * Student's. This is the correction of both for a mean of n blocks, with the quantile by its series in 1/(n-1).
 */
function widening(blocks: number): number {
  const free = blocks - 1
  return Math.sqrt(blocks / free) * (1 + 1.21 / free + 1.42 / free ** 2 + 1.3 / free ** 3)
}

/** Ranks that a percentile may have had, drawn on both sides. */
function rankInterval(before: Histogram, after: Histogram, share: number, random: Random): [number, number] {
  // Beyond the outermost durations nothing is known: then the interval is as wide as all that was seen.
  if (!isKnown(before, share) || !isKnown(after, share)) {
    return [after.minMs - before.maxMs, after.maxMs - before.minMs]
  }
  const differences: number[] = []
  for (let draw = 0; draw < draws; draw += 1) {
    differences.push(
      after.atRank(drawRank(after.count, share, random)) -
        before.atRank(drawRank(before.count, share, random)),
    )
  }
  return spread(differences)
}

function isKnown({ count }: Histogram, share: number): boolean {
  return count * Math.min(share, 1 - share) >= minBeyond
}

/** Binomial, by its normal approximation with the continuity correction. */
function drawRank(count: number, share: number, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const rank = Math.round(count * share + 0.5 + normal * Math.sqrt(count * share * (1 - share)))
  return Math.min(count, Math.max(1, rank))
}

/** The middle 95 %. */
function spread(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return [at(0.025), at(0.975)]
}

import type { KnownKey, KnownKeys } from './known-keys.ts'
import { createPosterior, learn, lowerBound, meanOf } from './posterior.ts'
import type { Posterior } from './posterior.ts'
import type { PolicySettings } from './settings.ts'
import { compare, createStructureTest } from './structure-test.ts'
import { topOf } from './top.ts'
import { dayMs } from './usage-event.ts'

/**
 * Which retired results are made again, best first: those asked for most, an ask counting half after the half-life.
 * Every day it notes what it would have made and compares in the evening, whether or not anything was retired; from
 * that it knows how good it is, by family and by score, and whether time matters in this scope at all.
 */
export interface Rewarm {
  /** Settles the day that has ended and notes what would be made for the one that begins. */
  turn(keys: KnownKeys, nowMs: number): void
  /** At most `count` of the candidates, best first, of families whose precision is good enough. */
  choose(
    keys: KnownKeys,
    candidates: Iterable<KnownKey>,
    count: number,
    nowMs: number,
  ): { known: KnownKey; probability: number }[]
}

/** A day with fewer distinct keys says nothing about the structure. */
const leastDistinct = 8
/** The depth that is compared: the budget of the definition. */
const comparedShare = 0.25
const binsPerDoubling = 2

export function createRewarm(settings: PolicySettings): Rewarm {
  const structure = createStructureTest(0, 4)
  const families = new Map<string, Posterior>()
  const scope = createPosterior(0)
  const bins = new Map<number, Posterior>()
  let picks: KnownKey[] = []
  let late: KnownKey[] = []
  let early: KnownKey[] = []
  let scores: { known: KnownKey; bin: number }[] = []

  const settle = (keys: KnownKeys, nowMs: number): void => {
    if (picks.length === 0) return
    const asked = (known: KnownKey): boolean => keys.today.has(known.key)
    const halfLifeMs = settings.evidenceHalfLifeMs
    const [ours, theirs] = [new Set(late), new Set(early)]
    const outcome = {
      rule: late.filter((known) => !theirs.has(known) && asked(known)).length,
      control: early.filter((known) => !ours.has(known) && asked(known)).length,
      atMs: nowMs,
    }
    compare(structure, outcome, halfLifeMs)
    for (const [family, tally] of tallies(picks, (known) => known.family, asked))
      learn(posteriorOf(families, family, nowMs), { ...tally, atMs: nowMs }, halfLifeMs)
    for (const [, tally] of tallies(picks, () => '', asked))
      learn(scope, { ...tally, atMs: nowMs }, halfLifeMs)
    const byBin = tallies(
      scores,
      ({ bin }) => bin,
      ({ known }) => asked(known),
    )
    for (const [bin, tally] of byBin)
      learn(posteriorOf(bins, bin, nowMs), { ...tally, atMs: nowMs }, halfLifeMs)
  }
  return {
    turn(keys, nowMs) {
      // A day on which nobody asked for anything, a Saturday of a shop, says nothing of the picks.
      if (keys.today.size === 0) return
      settle(keys, nowMs)
      const distinct = keys.today.size
      if (distinct < leastDistinct) {
        picks = []
        return
      }
      const count = Math.floor(distinct * comparedShare)
      picks = topOf(keys.list, count, (known) => known.scaled)
      late = topOf(keys.list, count, (known) => known.late)
      early = topOf(keys.list, count, (known) => known.early)
      scores = []
      for (const known of keys.list) {
        const decayed = keys.decayed(known, nowMs)
        if (decayed >= 0.1) scores.push({ known, bin: binOf(decayed) })
      }
    },
    choose(keys, candidates, count, nowMs) {
      if (!structure.open || count <= 0) return []
      const isOpen = openFamilies(families, scope, settings.leastPrecision)
      const probability = (known: KnownKey): number => {
        const bin = bins.get(binOf(keys.decayed(known, nowMs)))
        return bin === undefined ? 0 : meanOf(bin)
      }
      const open: KnownKey[] = []
      for (const known of candidates) if (isOpen(known.family)) open.push(known)
      return topOf(open, count, (known) => known.scaled)
        .map((known) => ({ known, probability: probability(known) }))
        .filter((each) => each.probability >= settings.leastRewarmProbability)
    },
  }
}

/**
 * A family's own evidence on top of a little of its scope's: a family that is new in a good scope may begin, one that
 * has shown itself sparse abstains.
 */
function openFamilies(
  families: ReadonlyMap<string, Posterior>,
  scope: Posterior,
  leastPrecision: number,
): (family: string) => boolean {
  const prior = meanOf(scope)
  const verdicts = new Map<string, boolean>()
  return (family) => {
    let verdict = verdicts.get(family)
    if (verdict === undefined) {
      const own = families.get(family)
      verdict =
        lowerBound({
          hits: (own?.hits ?? 0) + 6 * prior,
          misses: (own?.misses ?? 0) + 6 * (1 - prior),
          atMs: 0,
        }) >= leastPrecision
      verdicts.set(family, verdict)
    }
    return verdict
  }
}

function binOf(decayed: number): number {
  return Math.max(-7, Math.floor(Math.log2(decayed) * binsPerDoubling))
}

function posteriorOf<K>(posteriors: Map<K, Posterior>, key: K, nowMs: number): Posterior {
  let posterior = posteriors.get(key)
  if (posterior === undefined) posteriors.set(key, (posterior = createPosterior(nowMs)))
  return posterior
}

function tallies<T, K>(
  items: readonly T[],
  keyOf: (item: T) => K,
  isHit: (item: T) => boolean,
): Map<K, { hits: number; misses: number }> {
  const result = new Map<K, { hits: number; misses: number }>()
  for (const item of items) {
    const key = keyOf(item)
    let tally = result.get(key)
    if (tally === undefined) result.set(key, (tally = { hits: 0, misses: 0 }))
    if (isHit(item)) tally.hits++
    else tally.misses++
  }
  return result
}

/** Days of a time since 1970. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs)
}

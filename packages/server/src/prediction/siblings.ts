import type { Draw } from './draw.ts'
import type { KnownKey, KnownKeys } from './known-keys.ts'
import { createLogistic } from './logistic.ts'
import type { PolicySettings } from './settings.ts'
import { createTrials } from './trials.ts'
import type { Trials } from './trials.ts'
import { dayMs } from './usage-event.ts'

/** A key that may be made because another one was asked for. */
export interface Candidate {
  key: string
  family: string
  probability: number
  mayMake: boolean
  because: string
}

/** Variations of one thing: when one is wanted, which of the others are. */
export interface Siblings {
  readonly trials: Trials
  /** The variations of what was asked for that are known and not there. */
  consider(keys: KnownKeys, asked: KnownKey, group: string, nowMs: number): Candidate[]
}

/** More variations than this are a range of products, whose parts say little of one another. */
const largestGroup = 48
/** So many places up and down the ranking a control is looked for. */
const controlReach = 12
/** Guesses about one article come true together, so chance strays further than it would for single ones. */
const opensAt = 4.5
const startWeights = [-2.6, 0.6, 0, 1.2, 0.8, 0]

export function createSiblings(settings: PolicySettings, draw: Draw): Siblings {
  const groups = new Map<string, { members: Set<string>; asked: number; together: number }>()
  const model = createLogistic(startWeights)
  const trials = createTrials(settings, model, settings.siblingHorizonMs, opensAt)
  return {
    trials,
    consider(keys, asked, groupName, nowMs) {
      let group = groups.get(groupName)
      if (group === undefined) groups.set(groupName, (group = { members: new Set(), asked: 0, together: 0 }))
      group.members.add(asked.key)
      // The group's own habit: of the members that could have been asked for together, how many were.
      group.asked++
      if (trials.has(asked.key)) group.together++
      if (group.members.size > largestGroup) return []
      const candidates: Candidate[] = []
      for (const key of group.members) {
        const known = keys.all.get(key)
        if (known === undefined || known === asked || known.present || known.plannedAtMs !== undefined)
          continue
        if (trials.has(key)) continue
        const decayed = keys.decayed(known, nowMs)
        const features = [
          1,
          Math.log1p(decayed),
          Math.log1p(keys.decayed(asked, nowMs)) / 2,
          Math.log((group.together + 1) / (group.asked - group.together + 3)),
          1 - ((nowMs / dayMs) % 1),
          Math.log(group.members.size) / 2,
        ]
        const controlKey = controlFor(keys, known, draw, nowMs)
        const { probability, mayMake } = trials.guess({ key, features, controlKey, nowMs })
        candidates.push({
          key,
          family: known.family,
          probability,
          mayMake,
          because: `a variation of ${asked.key}, which is wanted now`,
        })
      }
      return candidates
    },
  }
}

/**
 * A key that is not there either and that was asked for as often, but has no part in the cause: one of the nearest in
 * this morning's ranking. Anything less alike would make the popular look related.
 */
function controlFor(keys: KnownKeys, known: KnownKey, draw: Draw, nowMs: number): string | undefined {
  const rank = keys.rankOf(known)
  if (rank === undefined) return undefined
  const first = draw('control', known.key, nowMs) < 0.5 ? 1 : -1
  for (let step = 1; step <= controlReach; step++)
    for (const sign of [first, -first]) {
      const other = keys.ranking[rank + sign * step]
      if (other !== undefined && !other.present && other.plannedAtMs === undefined) return other.key
    }
  return undefined
}

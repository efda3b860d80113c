import { dayMs } from './usage-event.ts'
import type { PredictionKind } from './usage-event.ts'

/** How a policy decides. The defaults are measured on the retail trace before June 2011 (docs/decisions/0045). */
export interface PolicySettings {
  /** Where it acts. */
  kinds: readonly PredictionKind[]
  /** An ask loses half its weight in so long. */
  halfLifeMs: number
  /** Below this precision, with 90 % belief, a segment abstains. */
  leastPrecision: number
  /** A retired result is made again from this estimated probability of being asked for within a day on. */
  leastRewarmProbability: number
  /** A sibling or a new item is made from this estimated probability on. */
  leastProbability: number
  /** The share of candidates that is deliberately not made. */
  heldOutShare: number
  /** Evidence about segments loses half its weight in so long. */
  evidenceHalfLifeMs: number
  /** A neighbour of a new item must be asked for within so long. */
  newItemHorizonMs: number
  /** A sibling must be asked for within so long. */
  siblingHorizonMs: number
  /** What a scope remembers at most; the least asked are forgotten first. */
  maxKeysPerScope: number
}

export const defaultPolicySettings: PolicySettings = {
  kinds: ['rewarm', 'sibling', 'new-item'],
  halfLifeMs: 14 * dayMs,
  leastPrecision: 0.3,
  leastRewarmProbability: 0.3,
  leastProbability: 0.3,
  heldOutShare: 0.05,
  evidenceHalfLifeMs: 30 * dayMs,
  newItemHorizonMs: 30 * dayMs,
  siblingHorizonMs: dayMs,
  maxKeysPerScope: 200_000,
}

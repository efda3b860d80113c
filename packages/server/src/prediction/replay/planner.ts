import type { Decision, Observation } from '../usage-event.ts'

/** Who decides what is made ahead in a simulation: the policy itself, a baseline, or the oracle. */
export interface Planner {
  observe(observation: Observation): void
  decide(nowMs: number): readonly Pick<Decision, 'key' | 'scope' | 'kind' | 'heldOut'>[]
}

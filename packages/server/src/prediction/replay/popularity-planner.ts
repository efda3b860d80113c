import { createKnownKeys } from '../known-keys.ts'
import type { KnownKeys } from '../known-keys.ts'
import { defaultPolicySettings } from '../settings.ts'
import { topOf } from '../top.ts'
import { dayMs } from '../usage-event.ts'
import type { Planner } from './planner.ts'

/**
 * The baseline to beat: after each retirement the most asked for, each ask counting half after 14 days, as many as
 * the allowance gives. No doubt, no abstaining, no siblings.
 */
export function createPopularityPlanner(allowance: (scope: string, nowMs: number) => number): Planner {
  const scopes = new Map<string, { keys: KnownKeys; present: Set<string>; isDue: boolean; day: number }>()
  const stateOf = (scope: string): { keys: KnownKeys; present: Set<string>; isDue: boolean; day: number } => {
    let state = scopes.get(scope)
    if (state === undefined) {
      state = { keys: createKnownKeys(defaultPolicySettings), present: new Set(), isDue: false, day: -1 }
      scopes.set(scope, state)
    }
    return state
  }
  return {
    observe(observation) {
      const state = stateOf(observation.scope)
      const day = Math.floor(observation.atMs / dayMs)
      if (day > state.day) {
        state.keys.turn(day)
        state.day = day
      }
      if (observation.type === 'asked') {
        state.keys.ask(observation)
        state.present.add(observation.key)
      } else if (observation.type === 'made') state.present.add(observation.key)
      else {
        if (observation.keys === 'all') state.present.clear()
        else for (const key of observation.keys) state.present.delete(key)
        state.isDue = true
      }
    },
    decide(nowMs) {
      const decisions: { key: string; scope: string; kind: 'rewarm'; heldOut: boolean }[] = []
      for (const [scope, state] of scopes) {
        if (!state.isDue) continue
        state.isDue = false
        const absent = state.keys.list.filter(({ key }) => !state.present.has(key))
        for (const { key } of topOf(absent, allowance(scope, nowMs), ({ scaled }) => scaled))
          decisions.push({ key, scope, kind: 'rewarm', heldOut: false })
      }
      return decisions
    },
  }
}

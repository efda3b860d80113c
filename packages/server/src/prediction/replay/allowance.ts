import { dayMs } from '../usage-event.ts'
import type { Planner } from './planner.ts'

/** A budget a day for a whole trace, and the planner that spends it counted. */
export interface CountedAllowance {
  allowance(scope: string, nowMs: number): number
  /** The planner with what it has made taken off the allowance. */
  counted(planner: Planner): Planner
}

/** @param ofDay - how many pictures a scope may make on a day (since 1970) */
export function createCountedAllowance(ofDay: (day: number, scope: string) => number): CountedAllowance {
  const spent = new Map<string, { day: number; count: number }>()
  const spentOn = (scope: string, day: number): { day: number; count: number } => {
    let entry = spent.get(scope)
    if (entry === undefined || entry.day !== day) spent.set(scope, (entry = { day, count: 0 }))
    return entry
  }
  return {
    allowance(scope, nowMs) {
      const day = Math.floor(nowMs / dayMs)
      return Math.max(0, ofDay(day, scope) - spentOn(scope, day).count)
    },
    counted: (planner) => ({
      observe(observation) {
        if (observation.type === 'made')
          spentOn(observation.scope, Math.floor(observation.atMs / dayMs)).count++
        planner.observe(observation)
      },
      decide: (nowMs) => planner.decide(nowMs),
    }),
  }
}

import { dayMs } from '../usage-event.ts'
import type { Planner } from './planner.ts'
import type { Trace } from './trace.ts'

/**
 * Who knows the future: after each retirement, and each midnight, it makes what the coming day asks for most, within
 * the same allowance. What a policy gains is measured against it.
 */
export function createOraclePlanner(
  trace: Trace,
  allowance: (scope: string, nowMs: number) => number,
): Planner {
  const asks = asksByDay(trace)
  const present = new Map<string, Set<string>>()
  let doneDay: number | undefined
  const presentIn = (scope: string): Set<string> => {
    let keys = present.get(scope)
    if (keys === undefined) present.set(scope, (keys = new Set()))
    return keys
  }
  return {
    observe(observation) {
      const keys = presentIn(observation.scope)
      if (observation.type !== 'retired') {
        keys.add(observation.key)
        return
      }
      doneDay = undefined
      if (observation.keys === 'all') keys.clear()
      else for (const key of observation.keys) keys.delete(key)
    },
    decide(nowMs) {
      const day = Math.floor(nowMs / dayMs)
      if (day === doneDay) return []
      doneDay = day
      return [...(asks.get(day) ?? [])].flatMap(([scope, counts]) => {
        const keys = presentIn(scope)
        const absent = [...counts].filter(([key]) => !keys.has(key)).toSorted(([, a], [, b]) => b - a)
        return absent
          .slice(0, Math.max(0, allowance(scope, nowMs)))
          .map(([key]) => ({ key, scope, kind: 'rewarm' as const, heldOut: false }))
      })
    },
  }
}

function asksByDay(trace: Trace): Map<number, Map<string, Map<string, number>>> {
  const days = new Map<number, Map<string, Map<string, number>>>()
  for (let index = 0; index < trace.count; index++) {
    const { atMs, scope, key } = trace.event(index)
    const day = Math.floor(atMs / dayMs)
    let scopes = days.get(day)
    if (scopes === undefined) days.set(day, (scopes = new Map()))
    let counts = scopes.get(scope)
    if (counts === undefined) scopes.set(scope, (counts = new Map()))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return days
}

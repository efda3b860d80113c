import { dayMs } from '../usage-event.ts'
import type { Trace } from './trace.ts'

/** How many distinct keys each day of a trace asks for. */
export function distinctByDay(trace: Trace): ReadonlyMap<number, number> {
  const distinct = new Map<number, number>()
  let keys = new Set<number>()
  let current: number | undefined
  for (let index = 0; index < trace.count; index++) {
    const day = Math.floor(trace.atMs(index) / dayMs)
    if (day !== current) {
      if (current !== undefined) distinct.set(current, keys.size)
      keys = new Set()
      current = day
    }
    keys.add(trace.keyNumber(index))
  }
  if (current !== undefined) distinct.set(current, keys.size)
  return distinct
}

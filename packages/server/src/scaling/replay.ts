import type { ScalingEvent } from '../capacity/scaling-event.ts'
import type { ScalingPolicy } from '../capacity/scaling-policy.ts'

const stepMs = 30_000
/** What happened longer ago says nothing any more. */
const longestMs = 3 * 86_400_000

/**
 * Has a policy live through what is on record, so that a process that begins to decide knows the days before it.
 * @param events in the order of their times
 */
export function replay(policy: ScalingPolicy, events: readonly ScalingEvent[], nowMs: number): void {
  const recent = events.filter(({ atMs }) => atMs > nowMs - longestMs)
  const [first] = recent
  if (first === undefined) return
  let next = 0
  for (let atMs = first.atMs; atMs < nowMs; atMs += stepMs) {
    for (let event = recent[next]; event !== undefined && event.atMs <= atMs; event = recent[next]) {
      policy.observe(event)
      next += 1
    }
    policy.decide(atMs)
  }
  for (const event of recent.slice(next)) policy.observe(event)
}

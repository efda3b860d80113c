import { createDraw } from '../draw.ts'
import { createPredictionPolicy } from '../policy.ts'
import { defaultPolicySettings } from '../settings.ts'
import type { Decision, UsageEvent } from '../usage-event.ts'
import { dayMs } from '../usage-event.ts'

/** Every decision of the policy over these events, with everything retired each midnight and 30 pictures a day. */
export function decisionsOf(events: readonly UsageEvent[], seed: number = 1): Decision[] {
  const decisions: Decision[] = []
  let spent = { day: 0, count: 0 }
  const policy = createPredictionPolicy({
    settings: defaultPolicySettings,
    draw: createDraw(seed),
    allowance: (_, nowMs) => {
      const day = Math.floor(nowMs / dayMs)
      if (day !== spent.day) spent = { day, count: 0 }
      return 30 - spent.count
    },
  })
  const decide = (nowMs: number): void => {
    for (const decision of policy.decide(nowMs)) {
      decisions.push(decision)
      if (decision.heldOut) continue
      spent.count++
      policy.observe({ type: 'made', atMs: nowMs, scope: decision.scope, key: decision.key })
    }
  }
  const scope = events[0]?.scope ?? ''
  let day = Math.floor((events[0]?.atMs ?? 0) / dayMs)
  for (const event of events) {
    for (const today = Math.floor(event.atMs / dayMs); day < today;) {
      day++
      policy.observe({ type: 'retired', atMs: day * dayMs, scope, keys: 'all' })
      decide(day * dayMs)
    }
    policy.observe({ type: 'asked', ...event })
    decide(event.atMs)
  }
  return decisions
}

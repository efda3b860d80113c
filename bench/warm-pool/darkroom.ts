import { createScalingPolicy } from '../../packages/server/src/capacity/scaling-policy.ts'
import type { ScalingDecision, ScalingOptions } from '../../packages/server/src/capacity/scaling-policy.ts'
import type { SimulatedPolicy } from './simulator.ts'
import type { Arrivals } from './trace.ts'

/** The policy of the server, told what the simulator plays. `told` hears each decision. */
export function darkroom(
  arrivals: Arrivals,
  options: Partial<ScalingOptions> = {},
  told: (atS: number, decision: ScalingDecision) => void = () => undefined,
): SimulatedPolicy {
  const policy = createScalingPolicy(options)
  const name = (model: number): string => arrivals.models[model] ?? ''
  const atMs = (atS: number): number => (arrivals.startS + atS) * 1000
  return {
    arrived: (atS, model) => policy.observe({ type: 'arrived', atMs: atMs(atS), model: name(model) }),
    started: (atS, model, waitS) =>
      policy.observe({ type: 'started', atMs: atMs(atS), model: name(model), waitMs: waitS * 1000 }),
    served: (atS, model, busyS) =>
      policy.observe({ type: 'served', atMs: atMs(atS), model: name(model), busyMs: busyS * 1000 }),
    decide: (nowS, { queued, busy, starting, idleForMs }) => {
      policy.observe({ type: 'pool', atMs: atMs(nowS), queued, busy, starting, idleForMs: idleForMs() })
      const decision = policy.decide(atMs(nowS))
      told(nowS, decision)
      return decision.desired
    },
  }
}

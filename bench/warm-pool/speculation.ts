import { darkroom } from './darkroom.ts'
import { shake } from './loads.ts'
import type { SimulationOptions } from './simulator.ts'
import { simulate } from './simulator.ts'
import type { Arrivals } from './trace.ts'

/** What speculation on idle workers does to demand. */
export interface Speculation {
  /** Of runs without and with it, on the same arrivals. */
  pairs: number
  /** Warm workers without demand, which speculation may use. */
  idleHours: number
  p99S: number
  p99WithSpeculationS: number
  change: number
}

/** Steps of a speculative picture: of 30 s in 40 steps, as in the trace. */
const stepS = 0.75
/** A worker begins them when nothing was asked of it for so long: requests come in bursts. */
const restS = 30
/** Arrivals are shaken by up to a second; as often as the load's own P99 needs to be known to about a percent. */
const mostPairs = 16
const requestsInAll = 1_500_000

/**
 * The same again, idle workers at speculative work that ends at a step's end when demand comes. One second more or less
 * anywhere changes which worker stops when, and with it the P99 of a small load by several percent: so pairs are
 * played, each on arrivals of its own, and their P99s are averaged.
 */
export function speculate(arrivals: Arrivals, options: SimulationOptions): Speculation {
  const pairs = Math.min(mostPairs, Math.ceil(requestsInAll / arrivals.atS.length))
  let [without, idleHours] = [0, 0]
  let withSpeculation = 0
  for (let pair = 0; pair < pairs; pair += 1) {
    const shaken = shake(arrivals, pair + 1)
    const play = (more: Partial<SimulationOptions>): { p99S: number; idleHours: number } => {
      const policy = darkroom(shaken, { spinUpMs: options.spinUpS * 1000 })
      const played = simulate(shaken, policy, { ...options, ...more })
      return {
        p99S: played.waitsS[Math.ceil(0.99 * played.waitsS.length) - 1] ?? 0,
        idleHours: played.idleHours,
      }
    }
    without += play({}).p99S / pairs
    const speculating = play({ speculativeStepS: stepS, speculativeRestS: restS })
    withSpeculation += speculating.p99S / pairs
    idleHours += speculating.idleHours / pairs
  }
  return {
    pairs,
    idleHours,
    p99S: without,
    p99WithSpeculationS: withSpeculation,
    change: without === 0 ? 0 : withSpeculation / without - 1,
  }
}

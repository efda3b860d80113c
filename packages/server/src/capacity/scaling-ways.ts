import { keptAlive } from './backlog-workers.ts'
import { createForecastRule } from './forecast-rule.ts'
import type { ForecastRule } from './forecast-rule.ts'
import type { ScalingRule, WayOptions } from './scaling-rule.ts'
import { createShadowPool } from './shadow-pool.ts'
import type { ShadowPool } from './shadow-pool.ts'
import { createSlidingMaximum } from './sliding-maximum.ts'

/** A rule for the real pool, and the same one for a computed pool of its own: its record says what it would have cost. */
export interface ScalingWay<Rule extends ScalingRule = ScalingRule> {
  name: string
  kind: 'keep-alive' | 'reactive' | 'forecast'
  live: Rule
  shadow: ShadowPool
  /** The shadow's rule. */
  computed: Rule
}

/** With what it asks for now, whether it decides or not. */
type Baseline = ScalingWay & { kept: number }

export interface ScalingWays {
  /** What decides where nothing is known. */
  first: Baseline
  baselines: readonly Baseline[]
  forecast: ScalingWay<ForecastRule>
  all: readonly ScalingWay[]
}

/** Of Kubernetes' HorizontalPodAutoscaler: never fewer than were wanted within this time. */
const stabilisationS = 300

/** The keep-alive, shorter ones, reactive scaling and the forecast. */
export function createWays(options: WayOptions): ScalingWays {
  const { floor, keepAliveMs } = options
  const keepAlive = (forMs: number) => (): ScalingRule => ({
    workers: ({ pool }) => Math.max(floor, keptAlive(pool, forMs)),
  })
  const reactive = (target: number) => (): ScalingRule => {
    const highest = createSlidingMaximum(stabilisationS)
    return {
      workers: ({ pool, elapsedS }) =>
        Math.max(floor, highest.add(elapsedS, Math.ceil((pool.busy + pool.queued) / target))),
    }
  }
  const kept = (forMs: number): ScalingWay =>
    wayOf(`keep-alive ${forMs / 60_000} min`, 'keep-alive', keepAlive(forMs), options)
  const baselineOf = (way: ScalingWay): Baseline => Object.assign(way, { kept: 0 })
  const first = baselineOf(kept(keepAliveMs))
  const others = [
    ...[2, 4, 20].map((part) => kept(keepAliveMs / part)),
    ...[0.5, 0.7, 0.85].map((target) => wayOf(`reactive ${target}`, 'reactive', reactive(target), options)),
  ]
  const forecast = wayOf('forecast', 'forecast', () => createForecastRule(options), options)
  return { first, baselines: [first, ...others.map(baselineOf)], forecast, all: [first, ...others, forecast] }
}

function wayOf<Rule extends ScalingRule>(
  name: string,
  kind: ScalingWay['kind'],
  make: () => Rule,
  options: WayOptions,
): ScalingWay<Rule> {
  const computed = make()
  return {
    name,
    kind,
    live: make(),
    computed,
    shadow: createShadowPool(options, (waitS) => computed.waited?.(waitS)),
  }
}

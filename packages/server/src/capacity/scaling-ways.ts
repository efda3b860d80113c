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
/** The first requests find nothing warm, whatever the way: their waits would hide all others for a day. */
const unrecordedS = 3600
/** Minutes for which as many are kept as were at work, and for which a spare is. */
const sparedMin: readonly (readonly [number, number])[] = [
  [15, 5],
  [15, 2],
  [10, 5],
]
/** One worker more for up to nine at work. */
const spareTarget = 0.9

/** The keep-alive, shorter ones, some with a spare, reactive scaling and the forecast. */
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
  /** As many as were at work at once of late, and for a while one more: who comes is often followed by others. */
  const spared = (forMin: number, spareMin: number) => (): ScalingRule => {
    const most = createSlidingMaximum(forMin * 60)
    const recent = createSlidingMaximum(spareMin * 60)
    return {
      workers: ({ pool, elapsedS }) => {
        const present = pool.busy + pool.queued
        return Math.max(
          floor,
          most.add(elapsedS, present),
          Math.ceil(recent.add(elapsedS, present) / spareTarget),
        )
      },
    }
  }
  const kept = (forMs: number): ScalingWay =>
    wayOf(`keep-alive ${forMs / 60_000} min`, 'keep-alive', keepAlive(forMs), options)
  const baselineOf = (way: ScalingWay): Baseline => Object.assign(way, { kept: 0 })
  const first = baselineOf(kept(keepAliveMs))
  const others = [
    ...[2, 4].map((part) => kept(keepAliveMs / part)),
    ...sparedMin.map(([forMin, spareMin]) =>
      wayOf(
        `keep-alive ${forMin} min, spare ${spareMin} min`,
        'keep-alive',
        spared(forMin, spareMin),
        options,
      ),
    ),
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
    shadow: createShadowPool({ ...options, unrecordedS }, (waitS) => computed.waited?.(waitS)),
  }
}

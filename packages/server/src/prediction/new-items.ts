import { neighboursOf, placeOf } from './code.ts'
import type { Draw } from './draw.ts'
import type { KnownKey, KnownKeys } from './known-keys.ts'
import { createLogistic } from './logistic.ts'
import type { PolicySettings } from './settings.ts'
import type { Candidate } from './siblings.ts'
import { createTrials } from './trials.ts'
import type { Trials } from './trials.ts'
import { dayMs } from './usage-event.ts'

/** Codes that nobody has asked for yet: a new code says that its neighbours are about to appear. */
export interface NewItems {
  readonly trials: Trials
  consider(keys: KnownKeys, asked: KnownKey, nowMs: number): Candidate[]
}

const reach = 4
const recentMs = 30 * dayMs
/** A control is a code of the same series so far away that it is not of the same delivery. */
const controlDistance = { least: 37, span: 60 }
/** At first every code is new, and says nothing. */
const settlingMs = 14 * dayMs
const opensAt = 3.5
const startWeights = [-3.2, 0.5, 0.5, 1.1, 0, -0.6, 0]

export function createNewItems(settings: PolicySettings, draw: Draw): NewItems {
  /** When each place of a series was first asked for. */
  const series = new Map<string, Map<number, number>>()
  let startedMs: number | undefined
  const model = createLogistic(startWeights)
  const trials = createTrials(
    // New items are rare: evidence about them is kept three times as long.
    { ...settings, evidenceHalfLifeMs: 3 * settings.evidenceHalfLifeMs },
    model,
    settings.newItemHorizonMs,
    opensAt,
  )

  const featuresOf = (key: string, distance: number, nowMs: number): number[] => {
    const place = placeOf(key)
    const numbers = place === undefined ? undefined : series.get(place.series)
    let [near, wide, old] = [0, 0, 0]
    let [below, above] = [false, false]
    if (place !== undefined && numbers !== undefined)
      for (let step = -10; step <= 10; step++) {
        const firstAtMs = numbers.get(place.number + step)
        if (firstAtMs === undefined) continue
        if (nowMs - firstAtMs > recentMs) old++
        else {
          wide++
          if (Math.abs(step) <= 3) near++
          if (step < 0) below = true
          else above = true
        }
      }
    return [
      1,
      1 / distance,
      Math.log1p(near),
      Math.log1p(wide),
      +(below && above),
      Math.log1p(old),
      +key.endsWith('0'),
    ]
  }
  return {
    trials,
    consider(keys, asked, nowMs) {
      const place = placeOf(asked.key)
      if (place === undefined) return []
      let numbers = series.get(place.series)
      if (numbers === undefined) series.set(place.series, (numbers = new Map()))
      numbers.set(place.number, nowMs)
      startedMs ??= nowMs
      if (nowMs - startedMs < settlingMs) return []
      const candidates: Candidate[] = []
      for (const { key, distance } of neighboursOf(asked.key, reach)) {
        if (keys.all.has(key) || trials.isChosen(key)) continue
        const far = controlDistance.least + Math.floor(draw('control', key, nowMs) * controlDistance.span)
        const control = neighbourAt(asked.key, far)
        const controlKey = control === undefined || keys.all.has(control) ? undefined : control
        const features = featuresOf(key, distance, nowMs)
        const { probability, mayMake } = trials.guess({ key, features, controlKey, nowMs })
        candidates.push({
          key,
          family: asked.family,
          probability,
          mayMake,
          because: `next to ${asked.key}, which is new`,
        })
      }
      return candidates
    },
  }
}

function neighbourAt(key: string, distance: number): string | undefined {
  const match = /^(?<before>.*?)(?<number>\d{4,9})$/u.exec(key)?.groups
  if (match === undefined) return undefined
  const number = match['number'] ?? ''
  return (match['before'] ?? '') + String(Number(number) + distance).padStart(number.length, '0')
}

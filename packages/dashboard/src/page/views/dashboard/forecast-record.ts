import type { ScalingMinute } from '../../api/shapes.ts'

/** A minute for which something had been forecast. */
export interface ForecastMinute {
  atMs: number
  low: number
  mean: number
  high: number
  /** What came. */
  load: number
}

/** Minutes after one another whose load left the band on the same side. */
export interface Miss {
  fromMs: number
  minutes: number
  side: 'more' | 'less'
  /** Means of these minutes, in busy workers. */
  expected: number
  came: number
}

/** How good a forecast was. */
export interface ForecastRecord {
  /** With a forecast; those in which nothing came and nothing was expected say nothing and are left out. */
  minutes: number
  inside: number
  /** Mean distance of the forecast from what came, in busy workers. */
  meanError: number
  /** Mean of what came. */
  meanLoad: number
  /** Earliest first. */
  misses: Miss[]
}

/** The minutes of a history that had a forecast and work, come or expected. */
export function forecastMinutes(history: readonly ScalingMinute[]): ForecastMinute[] {
  return history.flatMap(({ at, load, forecastLow: low, forecast: mean, forecastHigh: high }) =>
    low === null || mean === null || high === null || (load === 0 && mean === 0)
      ? []
      : [{ atMs: Date.parse(at), low, mean, high, load }],
  )
}

/** On which side a minute's load left the band; its edges are in it. */
export function sideOf({ load, low, high }: ForecastMinute): Miss['side'] | undefined {
  if (load > high) return 'more'
  return load < low ? 'less' : undefined
}

/** What a forecast got right and wrong; `undefined` where it has nothing to be measured by. */
export function forecastRecord(history: readonly ScalingMinute[]): ForecastRecord | undefined {
  const minutes = forecastMinutes(history)
  if (minutes.length === 0) return undefined
  const mean = (of: (minute: ForecastMinute) => number): number =>
    minutes.reduce((sum, minute) => sum + of(minute), 0) / minutes.length
  return {
    minutes: minutes.length,
    inside: minutes.filter((minute) => sideOf(minute) === undefined).length,
    meanError: mean(({ load, mean: expected }) => Math.abs(load - expected)),
    meanLoad: mean(({ load }) => load),
    misses: missesOf(minutes),
  }
}

const minuteMs = 60_000

function missesOf(minutes: readonly ForecastMinute[]): Miss[] {
  const misses: Miss[] = []
  for (const minute of minutes) {
    const side = sideOf(minute)
    if (side === undefined) continue
    const last = misses.at(-1)
    const goesOn = last?.side === side && minute.atMs === last.fromMs + last.minutes * minuteMs
    if (last === undefined || !goesOn) {
      misses.push({ fromMs: minute.atMs, minutes: 1, side, expected: minute.mean, came: minute.load })
      continue
    }
    last.expected += (minute.mean - last.expected) / (last.minutes + 1)
    last.came += (minute.load - last.came) / (last.minutes + 1)
    last.minutes += 1
  }
  return misses
}

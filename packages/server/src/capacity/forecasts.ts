import { createDayProfile } from './day-profile.ts'

/** `steady`: as now. `trend`: as it has been going. `daily`: as now, changed as the time of day changes it. */
export type ForecastMethod = 'steady' | 'trend' | 'daily'

/** In busy workers. */
export interface ExpectedLoad {
  mean: number
  /** Now. */
  level: number
  /** Standard deviation of what comes around what was expected. */
  spread: number
  method: ForecastMethod
  trusted: boolean
  /** Root of the mean squared error by the mean load, of about the last day. */
  error: number
  /** Of about the last day; what was not seen of the first six hours counts as nothing. */
  meanLoad: number
}

export interface Forecasts {
  /** @param work seconds that came in within `passedS` */
  advance(work: number, passedS: number, elapsedS: number, unixS: number): void
  expected(unixS: number): ExpectedLoad
}

const methods: readonly ForecastMethod[] = ['steady', 'trend', 'daily']
/** Over which time the level is a mean, and the trend one of the level's. */
const levelS = 400
const trendS = 900
/** What is compared is the mean load of so many minutes from the end of a worker's start. */
const comparedMinutes = 5
const errorHalfLifeS = 86_400
/** Another method must be so much better before it takes over. */
const better = 0.97
/** Below and above which a forecast begins and ceases to be trusted, and after which time of its own record. */
const trustedBelow = 1
const doubtedAbove = 1.25
const recordS = 7200
/** A mean load is one of at least so many minutes: what was not seen of them counts as nothing, so that a morning is no day. */
const leastMinutes = 360

interface Pending {
  minute: number
  predicted: readonly number[]
}

export function createForecasts(leadS: number): Forecasts {
  const profile = createDayProfile()
  const leadMinutes = Math.ceil(leadS / 60)
  const minutes: number[] = []
  let firstMinute = 0
  let minute = 0
  let minuteWork = 0
  let level = 0
  let trend = 0
  let unspread = 0
  let pending: Pending[] = []
  let recordedS = 0
  const squared = [0, 0, 0]
  let loads = 0
  let weight = 0
  let method = 0
  let trusted = false

  function predictions(unixS: number): number[] {
    const then = profile.at(unixS + leadS)
    const before = profile.at(unixS - levelS)
    const change = then === undefined || before === undefined ? 1 : (then + 1) / (before + 1)
    return [
      level,
      Math.max(0, level + trend * (leadS + levelS)),
      level * Math.min(3, Math.max(1 / 3, change)),
    ]
  }
  function endMinute(unixS: number): void {
    minutes.push(minuteWork / 60)
    minuteWork = 0
    minute += 1
    if (minutes.length > 60) {
      minutes.shift()
      firstMinute += 1
    }
    score()
    pending.push({ minute, predicted: predictions(unixS) })
  }
  function score(): void {
    const [oldest] = pending
    if (oldest === undefined || oldest.minute + leadMinutes + comparedMinutes > minute) return
    pending = pending.slice(1)
    const from = oldest.minute + leadMinutes - firstMinute
    const came = mean(minutes.slice(from, from + comparedMinutes))
    const kept = 2 ** (-60 / errorHalfLifeS)
    weight = weight * kept + 1
    loads = loads * kept + came
    recordedS += 60
    oldest.predicted.forEach((predicted, index) => {
      squared[index] = (squared[index] ?? 0) * kept + (predicted - came) ** 2
    })
    const best = squared.indexOf(Math.min(...squared))
    if ((squared[best] ?? 0) < (squared[method] ?? 0) * better) method = best
    const now = error()
    trusted = recordedS >= recordS && now < (trusted ? doubtedAbove : trustedBelow)
  }
  function error(): number {
    return loads === 0 ? 1 : Math.sqrt((squared[method] ?? 0) * weight) / loads
  }
  return {
    advance: (work, passedS, elapsedS, unixS) => {
      minuteWork += work
      profile.add(work, passedS, unixS)
      // Two decisions at one time: what came in between counts with the next second.
      unspread += work
      if (passedS > 0) {
        const before = level
        level += (unspread / passedS - level) * (1 - Math.exp(-passedS / levelS))
        trend += ((level - before) / passedS - trend) * (1 - Math.exp(-passedS / trendS))
        unspread = 0
      }
      while (minute < Math.floor(elapsedS / 60)) endMinute(unixS)
    },
    expected: (unixS) => {
      const predicted = predictions(unixS)[method] ?? level
      const variance = loads === 0 ? 1 : (squared[method] ?? 0) / loads
      return {
        mean: predicted,
        level,
        spread: Math.sqrt(variance * predicted),
        method: methods[method] ?? 'steady',
        trusted,
        error: error(),
        meanLoad: loads / Math.max(weight, leastMinutes),
      }
    },
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length
}

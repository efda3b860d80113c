import type { ScalingWay, ScalingWays } from './scaling-ways.ts'

/** Which of the ways decides now. */
export interface Decider {
  /** Looks at the records again where it is time to. */
  advance(passedS: number, known: { meanLoad: number; trusted: boolean }): ScalingWay
}

const reviewS = 600
/** Before that a record says nothing: time, and requests of which one in a hundred is more than one or two. */
const recordS = { small: 43_200, between: 43_200, large: 10_800 }
const leastRequests = 500
/** Mean load of the last day from which, and down to which, a pool is one in which a line moves while a worker starts. */
const largeFrom = 2
const largeTo = 0.8 * largeFrom
/**
 * Between this and a large pool much has to be saved. There the longest waits are those for models, and fewer workers
 * hold fewer of them, which no record says.
 */
const smallTo = 0.5
/** Another way must cost so much less, and let nobody wait longer; so much more before it is left: records move by chance. */
const cheaper = { small: 0.99, between: 0.88, large: 0.9 }
const stillCheaper = { small: 1.01, between: 0.94, large: 0.98 }
const stillNoLonger = 1.1

/**
 * Where the load is small, or a forecast is not trusted, the first way stands: the keep-alive. Else the last: the
 * forecast. Another takes over when its own record betters the standing one's in both, hours and waits: the P99,
 * and the mean of the longest waits.
 */
export function createDecider({ first, forecast, all }: ScalingWays): Decider {
  let current: ScalingWay = first
  let large = false
  let trusted = false
  let load = 0
  let sinceS = 0
  let recordedS = 0

  function review(): ScalingWay {
    const standing = large && trusted ? forecast : first
    const size = standing === forecast ? 'large' : !large && load > smallTo ? 'between' : 'small'
    if (recordedS < recordS[size] || standing.shadow.record.requests() < leastRequests) return standing
    const hours = standing.shadow.record.hours()
    const p99S = standing.shadow.record.p99S()
    const tailS = standing.shadow.record.tailS()
    let best: ScalingWay = standing
    for (const way of all) {
      if (way === standing || (way === forecast && !(large && trusted))) continue
      const { record } = way.shadow
      const known = way === current
      const better =
        record.hours() <= hours * (known ? stillCheaper[size] : cheaper[size]) &&
        record.p99S() <= p99S * (known ? stillNoLonger : 1) &&
        record.tailS() <= tailS * (known ? stillNoLonger : 1)
      if (better && (best === standing || record.hours() < best.shadow.record.hours())) best = way
    }
    return best
  }
  return {
    advance: (passedS, { meanLoad, trusted: now }) => {
      recordedS += passedS
      load = meanLoad
      sinceS += passedS
      const wasLarge = large
      large = meanLoad >= (large ? largeTo : largeFrom)
      const changed = wasLarge !== large || trusted !== now
      trusted = now
      if (sinceS >= reviewS || changed) {
        sinceS = 0
        current = review()
      }
      return current
    },
  }
}

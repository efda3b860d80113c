/** Workers for a load: as many as it keeps busy, and a margin by how far it varies. */
export interface Staffing {
  /** A request was begun, so long after it came in. */
  waited(waitS: number): void
  /** Time in which the margin decided: only then is a wait its doing. */
  advance(passedS: number): void
  /** @param spread standard deviation of the load around its mean, in workers */
  workers(mean: number, spread: number): number
}

/** One request in a hundred may wait longer than the target. */
const allowedShare = 0.01
const reviewS = 1800
const dayS = 86_400
/** The margin's logarithm moves by this much a day for each time that the share of late requests exceeds what is allowed. */
const gainADay = 0.15
const mostAReview = 0.15
const firstMargin = 0.3
const leastMargin = 0.2
/**
 * What a wait of a minute may cost at most; a shorter one may cost more. Without a limit a load whose waits no margin
 * shortens (crowds that come out of nothing) would be staffed for ever more.
 */
const mostMarginAtAMinute = 1.2
const mostMarginOfAll = 4

/**
 * The margin is a multiple of the spread, so that a pool of forty has relatively less of it than one of four (the
 * square-root rule of staffing). It is corrected slowly by what requests have waited: a day's requests that were late
 * as often as allowed leave it where it is.
 */
export function createStaffing(targetWaitS: number): Staffing {
  const mostMargin = Math.min(mostMarginOfAll, mostMarginAtAMinute * Math.max(0.6, 60 / targetWaitS))
  let margin = firstMargin
  let requests = 0
  let late = 0
  let requestsADay = 0
  let seenDays = 0
  let sinceReviewS = 0

  function review(): void {
    const days = sinceReviewS / dayS
    seenDays = Math.min(3, seenDays + days)
    requestsADay += (requests / days - requestsADay) * Math.min(1, days / seenDays)
    if (requestsADay > 0) {
      const excess = (late - allowedShare * requests) / (allowedShare * requestsADay)
      const step = Math.min(mostAReview, Math.max(-mostAReview, gainADay * excess))
      margin = Math.min(mostMargin, Math.max(leastMargin, margin * Math.exp(step)))
    }
    requests = 0
    late = 0
    sinceReviewS = 0
  }
  return {
    waited: (waitS) => {
      requests += 1
      if (waitS > targetWaitS) late += 1
    },
    advance: (passedS) => {
      sinceReviewS += passedS
      if (sinceReviewS >= reviewS) review()
    },
    workers: (mean, spread) => mean + margin * spread,
  }
}

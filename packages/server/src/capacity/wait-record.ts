/** What a way to decide has cost and given, of about the last day and a half: hours of workers, and waits. */
export interface WaitRecord {
  waited(waitS: number): void
  /** `workers` were there, or on their way, for `passedS`. */
  paid(workers: number, passedS: number): void
  hours(): number
  requests(): number
  /** The wait that one request in a hundred exceeds, in seconds. */
  p99S(): number
  /** Mean of the longest waits, two requests in a hundred, in seconds: less chance is in it than in the P99. */
  tailS(): number
}

const halfLifeS = 129_600
/** Weights are brought down each so many seconds. */
const decayS = 1800
/** Waits up to a second are none; then each bucket is a tenth longer than the one before it, up to 400 s. */
const growth = Math.log(1.1)
const buckets = 64
const tailShare = 0.02

export function createWaitRecord(): WaitRecord {
  const counts = new Float64Array(buckets)
  let total = 0
  let workerS = 0
  let sinceS = 0

  function decay(): void {
    const kept = 2 ** (-sinceS / halfLifeS)
    for (let bucket = 0; bucket < buckets; bucket += 1) counts[bucket] = (counts[bucket] ?? 0) * kept
    total *= kept
    workerS *= kept
    sinceS = 0
  }
  return {
    waited: (waitS) => {
      const bucket = waitS <= 1 ? 0 : Math.min(buckets - 1, 1 + Math.floor(Math.log(waitS) / growth))
      counts[bucket] = (counts[bucket] ?? 0) + 1
      total += 1
    },
    paid: (workers, passedS) => {
      workerS += workers * passedS
      sinceS += passedS
      if (sinceS >= decayS) decay()
    },
    hours: () => workerS / 3600,
    requests: () => total,
    tailS: () => {
      let left = total * tailShare
      let sum = 0
      for (let bucket = buckets - 1; bucket > 0 && left > 0; bucket -= 1) {
        const here = Math.min(left, counts[bucket] ?? 0)
        sum += here * Math.exp(growth * (bucket - 0.5))
        left -= here
      }
      return total === 0 ? 0 : sum / (total * tailShare)
    },
    p99S: () => {
      let left = total * 0.01
      for (let bucket = buckets - 1; bucket > 0; bucket -= 1) {
        const here = counts[bucket] ?? 0
        if (left < here) return Math.exp(growth * (bucket - left / here))
        left -= here
      }
      return 0
    },
  }
}

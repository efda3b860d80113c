import type { SimulatedPolicy } from './simulator.ts'

/** A worker for each request that finds none, kept for some seconds after its last picture. */
export function keepAlive(keepAliveS: number, floor: number = 0): SimulatedPolicy {
  return {
    keepAliveS,
    floor,
    decide: (_, { queued, busy, idle, starting }) =>
      Math.max(floor, busy + idle + starting + Math.max(0, queued - starting)),
  }
}

/**
 * So many workers that each is at work for `target` of its time, and never fewer than were wanted within the last
 * `windowS` (the stabilisation of Kubernetes' HorizontalPodAutoscaler: 300 s).
 */
export function reactive(target: number, floor: number = 1, windowS: number = 300): SimulatedPolicy {
  const highest = slidingMaximum(windowS)
  return {
    decide: (nowS, { queued, busy }) => Math.max(floor, highest(nowS, Math.ceil((queued + busy) / target))),
  }
}

const bucketS = 600
const daysKept = 7

/**
 * The given quantile of what was under way at this time of day (a worker's start from now, 10 minutes around it) on the
 * last seven days, and at least what is under way.
 */
export function seasonal(quantile: number, floor: number = 1, leadS: number = 150): SimulatedPolicy {
  const buckets = 86_400 / bucketS
  const days: (Float32Array[] | undefined)[] = []
  const sample = new Map<number, number[]>()
  const highest = slidingMaximum(60)
  let wanted = 0
  let wantedFor = -1
  let lastDay = -1
  function learn(nowS: number, load: number): void {
    const bucket = Math.floor(nowS / bucketS)
    const into = sample.get(bucket)
    if (into === undefined) sample.set(bucket, [load])
    else into.push(load)
    const day = Math.floor(nowS / 86_400)
    if (day === lastDay) return
    if (lastDay >= 0) {
      days[lastDay] = Array.from({ length: buckets }, (_, each) =>
        Float32Array.from(sample.get(lastDay * buckets + each) ?? []),
      )
      sample.clear()
    }
    lastDay = day
  }
  function forecast(nowS: number): number {
    const bucket = Math.floor((nowS + leadS) / bucketS)
    if (bucket === wantedFor) return wanted
    wantedFor = bucket
    const seen: number[] = []
    for (const day of days.slice(-daysKept)) {
      for (const near of [-1, 0, 1]) seen.push(...(day?.[(bucket + near + buckets) % buckets] ?? []))
    }
    seen.sort((a, b) => a - b)
    wanted = seen[Math.min(seen.length - 1, Math.floor(seen.length * quantile))] ?? 0
    return wanted
  }
  return {
    decide: (nowS, { queued, busy }) => {
      learn(nowS, queued + busy)
      return Math.max(floor, Math.ceil(forecast(nowS)), highest(nowS, queued + busy))
    },
  }
}

/** The largest value of the last seconds. */
export function slidingMaximum(windowS: number): (nowS: number, value: number) => number {
  let atS: number[] = []
  let values: number[] = []
  let from = 0
  return (nowS, value) => {
    while (values.length > from && values[values.length - 1]! <= value) {
      values.pop()
      atS.pop()
    }
    values.push(value)
    atS.push(nowS)
    while (atS[from]! < nowS - windowS) from += 1
    if (from > 256) {
      atS = atS.slice(from)
      values = values.slice(from)
      from = 0
    }
    return values[from]!
  }
}

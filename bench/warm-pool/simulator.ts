import { createResidency } from './residency.ts'
import type { Arrivals } from './trace.ts'
import { createWorkerHeap } from './worker-heap.ts'

/** What a policy is shown of the pool. */
export interface PoolView {
  queued: number
  busy: number
  /** Warm and without work. */
  idle: number
  starting: number
  /** Seconds that the oldest of the line has waited; 0 where nobody waits. */
  oldestQueuedS: number
  /** How long each idle worker has been so, the longest first. */
  idleForMs(): number[]
}

/** Something that decides how many workers there are. It is told what has happened, and never what will. */
export interface SimulatedPolicy {
  /** Seconds after which an idle worker stops by itself; `undefined`: `decide` alone stops workers. */
  keepAliveS?: number
  /** Workers that `keepAliveS` leaves. */
  floor?: number
  arrived?(atS: number, model: number): void
  started?(atS: number, model: number, waitS: number): void
  /** `busyS`: the model's load included. */
  served?(atS: number, model: number, busyS: number): void
  /** Workers wanted now, those that start included. */
  decide(nowS: number, pool: PoolView): number
}

export interface SimulationOptions {
  /** Seconds from the order of a worker until it can load a model. */
  spinUpS: number
  /** Models that a worker keeps in memory. */
  slots: number
  /** Seconds between two decisions; another is made for a request that finds no idle worker. */
  tickS: number
  maxWorkers: number
  /** Requests and hours before this second are played but not counted. */
  fromS: number
  /** Idle workers make speculative pictures of a model that they hold, and stop for demand after a step of so many seconds. */
  speculativeStepS?: number
  /** They begin after a worker has had no demand for so many seconds. */
  speculativeRestS?: number
}

export const defaults: SimulationOptions = { spinUpS: 150, slots: 3, tickS: 10, maxWorkers: 1024, fromS: 0 }

export interface SimulationResult {
  gpuHours: number
  /** Seconds from arrival to the beginning of the picture, sorted: a worker's start, the line and the model's load. */
  waitsS: Float32Array
  starts: number
  /** Requests whose model had to be loaded first. */
  loads: number
  /** Hours of warm workers without demand: what speculation may use. */
  idleHours: number
}

const stopped = 0
const starting = 1
const idle = 2
const busy = 3

/** How many of the line are looked at for one whose model is loaded already, and until which age of its head. */
const lookAhead = 16
const patienceS = 20

/**
 * Plays arrivals against a policy. Time jumps from event to event: an arrival, a decision, a worker that is ready or has
 * finished, a keep-alive that has run out. A request goes to an idle worker that has its model, else to the one used
 * last (so that the others can stop); workers load popular models while they have nothing to do, and of what a worker
 * holds the model is dropped that is asked for least, for each copy that is loaded.
 */
export function simulate(
  arrivals: Arrivals,
  policy: SimulatedPolicy,
  options: SimulationOptions = defaults,
): SimulationResult {
  const { spinUpS, slots, tickS, maxWorkers, fromS } = options
  const { atS, serviceS, model, loadS, lengthS } = arrivals
  const total = atS.length
  const state = new Uint8Array(maxWorkers)
  const orderedAtS = new Float64Array(maxWorkers)
  const idleSinceS = new Float64Array(maxWorkers)
  /** When the worker is ready or its request is done. */
  const dueS = new Float64Array(maxWorkers).fill(Infinity)
  const busyFromS = new Float64Array(maxWorkers)
  const working = new Int32Array(maxWorkers).fill(-1)
  const heap = createWorkerHeap(dueS)
  const residency = createResidency(maxWorkers, slots, loadS)
  const waits = new Float32Array(total)
  let waitCount = 0
  let loads = 0
  let starts = 0
  let gpuS = 0
  let idleS = 0
  let clockS = 0
  const idleForMs = (): number[] => idleOrder.map((worker) => (clockS - idleSinceS[worker]!) * 1000)
  const pool: PoolView = { queued: 0, busy: 0, idle: 0, starting: 0, oldestQueuedS: 0, idleForMs }
  const line = new Int32Array(total)
  let head = 0
  let tail = 0
  /** Idle workers, the longest idle first. */
  const idleOrder: number[] = []
  let highest = 0
  let desired = 0

  function order(nowS: number): void {
    let worker = 0
    while (worker < maxWorkers && state[worker] !== stopped) worker += 1
    if (worker === maxWorkers) return
    highest = Math.max(highest, worker + 1)
    state[worker] = starting
    orderedAtS[worker] = nowS
    dueS[worker] = nowS + spinUpS
    pool.starting += 1
    starts += nowS >= fromS ? 1 : 0
    heap.push(worker)
  }
  function stop(worker: number, nowS: number): void {
    if (state[worker] === starting) {
      pool.starting -= 1
      heap.remove(worker)
    } else {
      pool.idle -= 1
      idleOrder.splice(idleOrder.indexOf(worker), 1)
      idleS += Math.max(0, nowS - Math.max(fromS, idleSinceS[worker]!))
    }
    residency.clear(worker)
    state[worker] = stopped
    gpuS += Math.max(0, nowS - Math.max(fromS, orderedAtS[worker]!))
  }
  function scale(nowS: number): void {
    let surplus = pool.busy + pool.idle + pool.starting - desired
    for (; surplus < 0; surplus += 1) order(nowS)
    while (surplus > 0 && pool.starting > 0) {
      // The one ordered last has been paid for least.
      let latest = -1
      for (let worker = 0; worker < highest; worker += 1) {
        if (state[worker] === starting && (latest < 0 || orderedAtS[worker]! > orderedAtS[latest]!))
          latest = worker
      }
      stop(latest, nowS)
      surplus -= 1
    }
    while (surplus > 0 && idleOrder.length > 0) {
      stop(idleOrder[0]!, nowS)
      surplus -= 1
    }
  }

  function begin(worker: number, request: number, nowS: number): void {
    const wanted = model[request]!
    if (!residency.holds(worker, wanted)) {
      residency.load(worker, wanted, nowS)
      if (atS[request]! >= fromS) loads += 1
    }
    const startS = Math.max(nowS, residency.readyAtS(worker, wanted))
    if (atS[request]! >= fromS) {
      waits[waitCount] = startS - atS[request]!
      waitCount += 1
    }
    policy.started?.(nowS, wanted, startS - atS[request]!)
    state[worker] = busy
    working[worker] = request
    busyFromS[worker] = nowS
    pool.busy += 1
    dueS[worker] = startS + serviceS[request]!
    heap.push(worker)
  }
  /** Who comes next for a free worker: the head of the line, or one close behind it whose model is there. */
  function next(worker: number, nowS: number): number {
    const first = line[head]!
    if (nowS - atS[first]! < patienceS) {
      const end = Math.min(tail, head + lookAhead)
      for (let at = head; at < end; at += 1) {
        const request = line[at]!
        if (!residency.holds(worker, model[request]!)) continue
        line.copyWithin(head + 1, head, at)
        head += 1
        return request
      }
    }
    head += 1
    return first
  }
  /** Until a speculative run is at the end of its step. */
  function yieldS(worker: number, nowS: number): number {
    const stepS = options.speculativeStepS
    const speculatedS = nowS - idleSinceS[worker]! - (options.speculativeRestS ?? 0)
    if (stepS === undefined || speculatedS <= 0) return 0
    const intoS = speculatedS % stepS
    return intoS === 0 ? 0 : stepS - intoS
  }
  function free(worker: number, nowS: number): void {
    if (head < tail) {
      const request = next(worker, nowS)
      pool.queued = tail - head
      begin(worker, request, nowS)
      return
    }
    state[worker] = idle
    idleSinceS[worker] = nowS
    idleOrder.push(worker)
    pool.idle += 1
    if (pool.busy + pool.idle + pool.starting > desired && policy.keepAliveS === undefined) scale(nowS)
  }
  function arrive(request: number, nowS: number): void {
    const wanted = model[request]!
    residency.wanted(wanted, nowS)
    policy.arrived?.(nowS, wanted)
    if (idleOrder.length === 0) {
      line[tail] = request
      tail += 1
      pool.queued = tail - head
      decide(nowS)
      return
    }
    let chosen = idleOrder.length - 1
    for (let at = chosen; at >= 0; at -= 1) {
      if (residency.holds(idleOrder[at]!, wanted)) {
        chosen = at
        break
      }
    }
    const worker = idleOrder[chosen]!
    idleOrder.splice(chosen, 1)
    pool.idle -= 1
    idleS += Math.max(0, nowS - Math.max(fromS, idleSinceS[worker]!))
    begin(worker, request, nowS + yieldS(worker, nowS))
  }
  function decide(nowS: number): void {
    pool.oldestQueuedS = head < tail ? nowS - atS[line[head]!]! : 0
    clockS = nowS
    desired = Math.min(maxWorkers, policy.decide(nowS, pool))
    scale(nowS)
  }

  let arrival = 0
  let tickAtS = 0
  for (;;) {
    const arrivalS = arrival < total ? atS[arrival]! : Infinity
    const workerS = heap.nextS()
    const oldest = idleOrder[0]
    const expiryS =
      policy.keepAliveS !== undefined &&
      oldest !== undefined &&
      pool.busy + pool.idle + pool.starting > (policy.floor ?? 0)
        ? idleSinceS[oldest]! + policy.keepAliveS
        : Infinity
    const nowS = Math.min(arrivalS, workerS, tickAtS, expiryS)
    if (nowS >= lengthS && head === tail) break
    if (nowS === workerS) {
      const worker = heap.pop()
      dueS[worker] = Infinity
      if (state[worker] === starting) {
        pool.starting -= 1
        free(worker, nowS)
        if (idleOrder.at(-1) === worker) residency.fill(worker, nowS)
      } else {
        pool.busy -= 1
        const request = working[worker]!
        policy.served?.(nowS, model[request]!, nowS - busyFromS[worker]!)
        free(worker, nowS)
      }
    } else if (nowS === arrivalS) {
      arrive(arrival, nowS)
      arrival += 1
    } else if (nowS === expiryS && oldest !== undefined) stop(oldest, nowS)
    else {
      decide(nowS)
      tickAtS += tickS
    }
  }
  for (let worker = 0; worker < highest; worker += 1) {
    if (state[worker] !== stopped) gpuS += Math.max(0, lengthS - Math.max(fromS, orderedAtS[worker]!))
  }
  return {
    gpuHours: gpuS / 3600,
    waitsS: waits.slice(0, waitCount).toSorted(),
    starts,
    loads,
    idleHours: idleS / 3600,
  }
}

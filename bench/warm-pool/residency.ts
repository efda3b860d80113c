/** Which models are in the memory of which worker. */
export interface Residency {
  /** Somebody has asked for a model. */
  wanted(model: number, nowS: number): void
  holds(worker: number, model: number): boolean
  /** When a model that the worker holds, or loads, is there. */
  readyAtS(worker: number, model: number): number
  /** Loads a model from now on, in place of the one of least worth. */
  load(worker: number, model: number, nowS: number): void
  /** A new worker that nobody waits for loads what is asked for most, for each copy there is. */
  fill(worker: number, nowS: number): void
  /** The worker has stopped. */
  clear(worker: number): void
}

/** Half-life of a model's popularity. */
const popularityS = 3600

/** @param slots models that a worker keeps in memory; @param loadS seconds to load each model */
export function createResidency(maxWorkers: number, slots: number, loadS: Float64Array): Residency {
  const held = new Int32Array(maxWorkers * slots).fill(-1)
  const heldFromS = new Float64Array(maxWorkers * slots)
  const copies = new Int32Array(loadS.length)
  const popularity = new Float64Array(loadS.length)
  let popularityScale = 1
  let popularityAtS = 0

  function slotOf(worker: number, model: number): number {
    for (let slot = worker * slots; slot < (worker + 1) * slots; slot += 1)
      if (held[slot] === model) return slot
    return -1
  }
  function place(worker: number, model: number, readyAtS: number): void {
    let worst = -1
    let least = Infinity
    for (let slot = worker * slots; slot < (worker + 1) * slots; slot += 1) {
      const there = held[slot]!
      const worth = there < 0 ? -1 : popularity[there]! / copies[there]!
      if (worth < least) {
        least = worth
        worst = slot
      }
    }
    const gone = held[worst]!
    if (gone >= 0) copies[gone]! -= 1
    held[worst] = model
    copies[model]! += 1
    heldFromS[worst] = readyAtS
  }
  function mostWanted(worker: number): number {
    let best = -1
    for (let each = 0; each < popularity.length; each += 1) {
      if (!(popularity[each]! > 0) || slotOf(worker, each) >= 0) continue
      if (best < 0 || popularity[each]! / (copies[each]! + 1) > popularity[best]! / (copies[best]! + 1))
        best = each
    }
    return best
  }
  return {
    wanted: (model, nowS) => {
      // One growing weight instead of decaying all: equal to halving every popularity each half-life.
      popularityScale *= 2 ** ((nowS - popularityAtS) / popularityS)
      popularityAtS = nowS
      if (popularityScale > 1e200) {
        for (let each = 0; each < popularity.length; each += 1) popularity[each]! /= popularityScale
        popularityScale = 1
      }
      popularity[model]! += popularityScale
    },
    holds: (worker, model) => slotOf(worker, model) >= 0,
    readyAtS: (worker, model) => heldFromS[slotOf(worker, model)] ?? 0,
    load: (worker, model, nowS) => place(worker, model, nowS + loadS[model]!),
    fill: (worker, nowS) => {
      let readyAtS = nowS
      for (let slot = 0; slot < slots; slot += 1) {
        const best = mostWanted(worker)
        if (best < 0) return
        readyAtS += loadS[best]!
        place(worker, best, readyAtS)
      }
    },
    clear: (worker) => {
      for (let slot = worker * slots; slot < (worker + 1) * slots; slot += 1) {
        const gone = held[slot]!
        if (gone >= 0) copies[gone]! -= 1
        held[slot] = -1
      }
    },
  }
}

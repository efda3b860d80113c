import { createRandom } from '../../test/torture/random.ts'
import type { Arrivals } from './trace.ts'
import { meanLoad } from './trace.ts'

const dayS = 86_400
/** How far a copy's clock is off: time zones of neighbours, not of continents, so that the day keeps its shape. */
const jitterS = 5_400

/**
 * Copies of a trace laid over one another until the mean load is reached: each is turned by a drawn number of whole
 * days and up to 90 minutes, the last is thinned. Days differ as the draws do, times of day stay what they are.
 */
export function superposed(trace: Arrivals, meanWorkers: number, seed: number = 1): Arrivals {
  const random = createRandom(seed)
  const days = trace.lengthS / dayS
  const copies = meanWorkers / meanLoad(trace)
  const parts: { atS: number; index: number }[] = []
  for (let copy = 0; copy < copies; copy += 1) {
    const share = Math.min(1, copies - copy)
    const shiftS = Math.floor(random.next() * days) * dayS + (random.next() * 2 - 1) * jitterS
    for (let index = 0; index < trace.atS.length; index += 1) {
      if (share < 1 && random.next() >= share) continue
      const turned = ((trace.atS[index] ?? 0) + shiftS + random.next()) % trace.lengthS
      parts.push({ atS: turned < 0 ? turned + trace.lengthS : turned, index })
    }
  }
  parts.sort((a, b) => a.atS - b.atS)
  return {
    ...trace,
    atS: Float64Array.from(parts, (part) => part.atS),
    serviceS: Float64Array.from(parts, (part) => trace.serviceS[part.index] ?? 0),
    model: Uint32Array.from(parts, (part) => trace.model[part.index] ?? 0),
  }
}

/** The same requests, each up to a second earlier or later: another day like it. */
export function shake(arrivals: Arrivals, seed: number): Arrivals {
  const random = createRandom(seed)
  const atS = arrivals.atS.map((each) => Math.max(0, each + random.next() * 2 - 1))
  // Their order, and with it the service and the model of each, stays what it was.
  for (let index = 1; index < atS.length; index += 1) {
    const before = atS[index - 1] ?? 0
    if ((atS[index] ?? 0) < before) atS[index] = before
  }
  return { ...arrivals, atS }
}

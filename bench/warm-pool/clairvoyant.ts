import type { Arrivals } from './trace.ts'

/**
 * GPU-hours of who knows every arrival: workers are ordered so early that nobody waits, and one that is wanted again
 * within the time of a start is kept. Models are in memory. Fewer are possible only where somebody waits.
 */
export function clairvoyantHours(arrivals: Arrivals, spinUpS: number, fromS: number = 0): number {
  const freeAtS: number[] = []
  let gpuS = 0
  const endings: number[] = []
  for (let request = 0; request < arrivals.atS.length; request += 1) {
    const startS = arrivals.atS[request]!
    if (startS < fromS) continue
    const endS = startS + arrivals.serviceS[request]!
    // Free workers by when they became free: the one freed last leaves the shortest gap.
    insertEnding(endings, endS)
    while (endings.length > 0 && endings[0]! <= startS) freeAtS.push(endings.shift()!)
    const last = freeAtS.pop()
    gpuS += endS - startS + (last === undefined ? spinUpS : Math.min(spinUpS, startS - last))
  }
  return gpuS / 3600
}

function insertEnding(endings: number[], endS: number): void {
  let at = endings.length
  while (at > 0 && endings[at - 1]! > endS) at -= 1
  endings.splice(at, 0, endS)
}

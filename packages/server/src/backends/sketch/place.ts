import type { Random } from './random.ts'
import type { Spot, Stage } from './stage.ts'

/** Share of the width over which several subjects are spread. */
const spreadShare = 0.52

/**
 * Where a subject stands across the picture: alone, off the middle on the side away from the light by
 * `least` to `most` of the width; several, side by side in the order of the prompt.
 */
export function acrossPx(
  { widthPx, light }: Stage,
  random: Random,
  index: number,
  total: number,
  [least, most]: readonly [least: number, most: number],
): number {
  const offset = random.between(least, most)
  if (total <= 1) return widthPx * (0.5 - light.side * offset)
  const spread = (index / (total - 1) - 0.5) * spreadShare
  return widthPx * (0.5 - light.side * offset * 0.25 + spread)
}

/** How a scene has things in the air: shares of the sky above the horizon, and a limit on their height in units. */
export interface Aloft {
  between: readonly [highest: number, lowest: number]
  mostUnits: number
  mostShare: number
  depth: number
}

/** The spot of a thing in the air, with the middle of the sky behind it. */
export function aloftSpot(
  { horizonYPx, unitPx, palette }: Stage,
  random: Random,
  xPx: number,
  { between: [highest, lowest], mostUnits, mostShare, depth }: Aloft,
): Spot {
  return {
    xPx,
    yPx: horizonYPx * random.between(highest, lowest),
    heightPx: Math.min(mostUnits * unitPx, horizonYPx * mostShare),
    depth,
    behind: palette.sky[1],
  }
}

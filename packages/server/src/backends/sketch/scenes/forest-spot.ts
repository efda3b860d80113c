import { acrossPx } from '../place.ts'
import type { Colour } from '../colour.ts'
import { heightAt, type Point } from '../paint.ts'
import type { Habitat, Spot, Stage } from '../stage.ts'

/** The middle of the wood, where the trees stand apart. */
export function forestSpot(
  stage: Stage,
  ground: readonly Point[],
  mist: Colour,
  habitat: Habitat,
  index: number,
  total: number,
): Spot {
  const { heightPx, unitPx, horizonYPx, palette } = stage
  const random = stage.random.fork(`spot ${habitat} ${index}`)
  const x = acrossPx(stage, random, index, total, [0, 0.1])
  if (habitat === 'sky') {
    return {
      xPx: x,
      yPx: heightPx * random.between(0.22, 0.32),
      heightPx: Math.min(300 * unitPx, horizonYPx * 0.5),
      depth: 0.1,
      behind: mist,
    }
  }
  const isNear = habitat === 'foreground'
  return {
    xPx: x,
    yPx: Math.min(heightPx * 0.93, heightAt(ground, x) + unitPx * (isNear ? 34 : 20)),
    heightPx: Math.min((isNear ? 340 : 330) * unitPx, heightPx * 0.42),
    depth: 0.02,
    behind: mist,
    shadow: palette.near,
  }
}

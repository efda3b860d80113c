import { acrossPx, aloftSpot } from '../place.ts'
import { heightAt, type Point } from '../paint.ts'
import type { Habitat, Spot, Stage } from '../stage.ts'
import { standHeightOf, type Headland } from './sea-land.ts'

/** Land in the picture, where the composition has it. */
export interface Land {
  headland: Headland | undefined
  shore: readonly Point[] | undefined
}

/** The best place for a thing in a sea scene: opposite the light, so that its road of light stays open. */
export function seaSpot(stage: Stage, land: Land, habitat: Habitat, index: number, total: number): Spot {
  const { widthPx, heightPx, horizonYPx, unitPx, light, palette } = stage
  const random = stage.random.fork(`spot ${habitat} ${index}`)
  const xPx = acrossPx(stage, random, index, total, [0.1, 0.19])
  if (habitat === 'sky') {
    return aloftSpot(stage, random, xPx, {
      between: [0.34, 0.46],
      mostUnits: 430,
      mostShare: 0.75,
      depth: 0.1,
    })
  }
  if (habitat === 'ground' && land.headland !== undefined) {
    const standX = land.headland.standXPx + index * 130 * unitPx * light.side
    const yPx = heightAt(land.headland.top, standX) + 3 * unitPx
    return { xPx: standX, yPx, heightPx: standHeightOf(stage), depth: 0.12, behind: palette.sky[2] }
  }
  if (habitat === 'foreground' && land.shore !== undefined) {
    const yPx = Math.min(heightPx * 0.93, heightAt(land.shore, xPx) + heightPx * 0.11)
    const tallest = Math.min(400 * unitPx, heightPx * 0.42)
    return { xPx, yPx, heightPx: tallest, depth: 0, behind: palette.water, shadow: palette.near }
  }
  // A boat keeps clear of the cape: on the light's side of the picture.
  const afloatX =
    land.headland === undefined ? xPx : widthPx * (0.5 + light.side * random.between(0.12, 0.26))
  const low = land.shore === undefined ? 0.38 : 0.22
  const yPx = horizonYPx + (heightPx - horizonYPx) * random.between(low * 0.6, low)
  const tallest = Math.min(470 * unitPx, heightPx * 0.5, widthPx * 0.62) * random.between(0.66, 1)
  return { xPx: afloatX, yPx, heightPx: tallest, depth: 0.05, behind: palette.sky[2], mirrorYPx: yPx }
}

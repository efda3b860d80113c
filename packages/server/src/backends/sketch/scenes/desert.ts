import { acrossPx, aloftSpot } from '../place.ts'
import { mix, oklch, type Colour } from '../colour.ts'
import { heightAt, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { surface } from '../shading.ts'
import type { Composition, Habitat, Layer, Scene, Spot, Stage } from '../stage.ts'
import { drawCacti, drawMesas } from './desert-features.ts'
import { drawDune, duneOf, type Dune } from './dune.ts'
import { skyLayers } from './weather-sky.ts'

/** Dunes with one side in the light, and what stands in the heat behind them. */
export const desert: Scene = {
  name: 'desert',
  horizon: (random: Random): number => random.between(0.5, 0.6),

  compose(stage: Stage): Composition {
    const { reading, palette, heightPx, horizonYPx } = stage
    const plan = stage.random.fork('desert plan')
    const own = stage.sceneColour ?? oklch(0.77, 0.11, plan.between(58, 74))
    const hasCactus = reading.features.has('cactus')
    const hasMesas = reading.features.has('canyon') || hasCactus || plan.chance(0.25)
    const dunes: Dune[] = []
    const rows = hasMesas ? 4 : 5
    for (let row = 0; row < rows; row += 1) {
      const near = (row + 0.4) / (rows - 0.6)
      dunes.push(
        duneOf(
          stage,
          stage.random.fork(`dune ${row}`),
          row,
          near,
          horizonYPx + (heightPx - horizonYPx) * near ** 1.5 * 0.9,
        ),
      )
    }
    const back: Layer[] = [...skyLayers(stage)]
    if (hasMesas) back.push({ name: 'mesas', draw: () => drawMesas(stage, own) })
    for (const [row, dune] of dunes.entries()) {
      back.push({
        name: `dune ${row + 1}`,
        draw: () => drawDune(stage, dune, colourAt(stage, own, dune.near), row === rows - 1),
      })
    }
    if (hasCactus) back.push({ name: 'cacti', draw: () => drawCacti(stage, dunes.at(-1)?.crest ?? []) })
    return {
      back,
      front: [],
      spot: (habitat, index, total) => desertSpot(stage, dunes, palette.far, habitat, index, total),
    }
  },
}

function colourAt(stage: Stage, own: Colour, near: number): { lit: Colour; shade: Colour } {
  const { palette } = stage
  const depth = (1 - near) ** 1.2 * 0.72
  const warm = mix(surface(palette, own, 1, depth), palette.glow, palette.time === 'day' ? 0.08 : 0.24)
  return { lit: warm, shade: mix(surface(palette, own, 0, depth * 0.8), palette.near, 0.22 * near) }
}

function desertSpot(
  stage: Stage,
  dunes: readonly Dune[],
  far: Colour,
  habitat: Habitat,
  index: number,
  total: number,
): Spot {
  const { heightPx, unitPx, palette } = stage
  const random = stage.random.fork(`spot ${habitat} ${index}`)
  const x = acrossPx(stage, random, index, total, [0.1, 0.2])
  if (habitat === 'sky') {
    return aloftSpot(stage, random, x, { between: [0.4, 0.52], mostUnits: 380, mostShare: 0.66, depth: 0.08 })
  }
  const isNear = habitat === 'foreground'
  const crest: readonly Point[] = dunes.at(isNear ? -1 : -2)?.crest ?? []
  return {
    xPx: x,
    yPx: heightAt(crest, x) + unitPx * (isNear ? 40 : 12),
    heightPx: Math.min((isNear ? 330 : 300) * unitPx, heightPx * 0.4),
    depth: 0.03,
    behind: far,
    shadow: mix(palette.near, colourAt(stage, oklch(0.77, 0.11, 65), 1).shade, 0.4),
  }
}

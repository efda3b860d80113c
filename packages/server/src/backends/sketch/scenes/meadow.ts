import { acrossPx, aloftSpot } from '../place.ts'
import { mix, oklch, type Colour } from '../colour.ts'
import { heightAt, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { surface } from '../shading.ts'
import type { Composition, Habitat, Layer, Scene, Spot, Stage } from '../stage.ts'
import { fillLand, ridgeLine, rimLight } from '../terrain.ts'
import { drawGrass } from '../vegetation.ts'
import { drawFieldRows, drawFlowers, drawHedgerow, drawPath } from './meadow-plants.ts'
import { skyLayers } from './weather-sky.ts'

const ranks = 5

/** Rolling hills: fields, hedges, a path, and flowers before one's feet. */
export const meadow: Scene = {
  name: 'meadow',
  horizon: (random: Random): number => random.between(0.52, 0.62),

  compose(stage: Stage): Composition {
    const { reading, palette, heightPx, horizonYPx, unitPx } = stage
    const plan = stage.random.fork('meadow plan')
    const hasFlowers =
      reading.style !== 'minimal' &&
      (reading.features.has('flowers') || reading.season === 'spring' || plan.chance(0.55))
    const lines: Point[][] = []
    const back: Layer[] = [...skyLayers(stage), { name: 'distance', draw: () => drawDistance(stage) }]
    const front: Layer[] = []
    for (let rank = 0; rank < ranks; rank += 1) {
      const near = (rank + 0.35) / (ranks - 0.65)
      const random = stage.random.fork(`hill ${rank}`)
      const tilt = (rank % 2 === 0 ? 1 : -1) * stage.light.side
      const line = ridgeLine(stage, random.fork('line'), {
        baseYPx: horizonYPx + (heightPx - horizonYPx) * (0.02 + 0.82 * near ** 1.35),
        heightPx: Math.min(unitPx * (105 + 40 * near), heightPx * 0.16),
        frequency: 0.95 - 0.25 * near,
        octaves: 2,
        kind: 'rolling',
        envelope: (t) => 0.75 + tilt * (t - 0.5) * 0.9,
      })
      lines.push(line)
      const layer = {
        name: `hill ${rank + 1}`,
        draw: () => drawHill(stage, line, rank, near, random, hasFlowers),
      }
      if (rank < ranks - 1) back.push(layer)
      else front.push(layer)
    }
    const isNearAsked = stage.habitats.has('foreground')
    if (isNearAsked) back.push(...front.splice(0))
    return {
      back,
      front,
      spot: (habitat, index, total) => meadowSpot(stage, lines, palette.far, habitat, index, total),
    }
  },
}

/** The green of a hill: each a little different, as fields are. */
function greenOf(stage: Stage, rank: number, random: Random): Colour {
  const { reading, sceneColour } = stage
  if (reading.season === 'winter' || reading.weather.has('snow')) return oklch(0.95, 0.012, 240)
  if (sceneColour !== undefined && !reading.features.has('flowers'))
    return mix(sceneColour, oklch(0.6, 0.1, 130), 0.15)
  const spread = random.between(-12, 12)
  if (reading.season === 'autumn') return oklch(0.66 + rank * 0.008, 0.115, 82 + spread)
  return oklch(0.66 - rank * 0.022, 0.125, 128 + spread + rank * 3)
}

function drawHill(
  stage: Stage,
  line: readonly Point[],
  rank: number,
  near: number,
  random: Random,
  hasFlowers: boolean,
): void {
  const { palette, unitPx, heightPx, reading } = stage
  const own = greenOf(stage, rank, random.fork('green'))
  const depth = (1 - near) ** 1.1 * 0.8
  const lit = mix(surface(palette, own, 0.85, depth), palette.glow, palette.time === 'day' ? 0.03 : 0.13)
  const shade = mix(surface(palette, own, 0.1, depth), palette.near, 0.25 * near)
  const isLast = rank === ranks - 1
  if (rank < ranks - 1) {
    drawHedgerow(stage, line, random.fork('hedge'), {
      near,
      colour: mix(shade, palette.near, 0.18 + 0.2 * near),
      light: lit,
    })
  }
  fillLand(stage, line, Math.min(heightPx, heightPx), lit, { colour: shade, amount: 0.95 })
  const isFielded = reading.features.has('fields') || random.chance(0.4)
  const isSnowy = own.l > 0.9
  if (!isLast && isFielded && !isSnowy) drawFieldRows(stage, line, random.fork('rows'), { near, lit, shade })
  if (rank === 2)
    drawPath(
      stage,
      line,
      random.fork('path'),
      mix(surface(palette, oklch(0.86, 0.05, 80), 0.8, depth), lit, 0.25),
    )
  rimLight(stage, line, mix(lit, palette.glow, 0.55), 0.5, unitPx * (0.7 + near))
  if (isSnowy) return
  if (rank >= 2) {
    drawGrass(stage, line, random.fork('grass'), {
      heightPx: unitPx * (4 + 15 * near ** 2),
      colour: mix(lit, palette.glow, 0.12),
      dark: shade,
      coats: isLast ? 3 : 1,
    })
  }
  if (hasFlowers && rank >= 2) drawFlowers(stage, line, random.fork('flowers'), near)
}

function drawDistance(stage: Stage): void {
  const { palette, horizonYPx, unitPx } = stage
  const random = stage.random.fork('distance')
  for (let rank = 0; rank < 2; rank += 1) {
    const line = ridgeLine(stage, random.fork(`${rank}`), {
      baseYPx: horizonYPx + unitPx * 40,
      heightPx: unitPx * (125 - rank * 40),
      frequency: 1.6 + rank,
      octaves: 4,
      kind: 'rolling',
    })
    const colour = mix(
      surface(palette, oklch(0.55, 0.06, 190), 0.5, 0.92 - rank * 0.14),
      palette.sky[2],
      0.25,
    )
    fillLand(stage, line, horizonYPx + unitPx * 60, colour, { colour: palette.sky[3], amount: 0.5 })
  }
}

function meadowSpot(
  stage: Stage,
  lines: readonly Point[][],
  far: Colour,
  habitat: Habitat,
  index: number,
  total: number,
): Spot {
  const { heightPx, unitPx, palette } = stage
  const random = stage.random.fork(`spot ${habitat} ${index}`)
  const x = acrossPx(stage, random, index, total, [0.08, 0.2])
  if (habitat === 'sky') {
    return aloftSpot(stage, random, x, { between: [0.38, 0.5], mostUnits: 400, mostShare: 0.7, depth: 0.08 })
  }
  const isNear = habitat === 'foreground'
  const line = lines[isNear ? ranks - 1 : 3] ?? []
  return {
    xPx: x,
    yPx: Math.min(heightPx * 0.95, heightAt(line, x) + unitPx * (isNear ? 40 : 10)),
    heightPx: Math.min((isNear ? 360 : 400) * unitPx, heightPx * 0.46),
    depth: 0.02,
    behind: mix(far, palette.sky[2], 0.4),
    shadow: palette.near,
  }
}

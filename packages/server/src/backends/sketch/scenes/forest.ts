import { mix, oklch, type Colour } from '../colour.ts'
import { glow, vertical, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { subjectColour, surface } from '../shading.ts'
import { drawStars } from '../sky.ts'
import type { Composition, Layer, Scene, Stage } from '../stage.ts'
import { fillLand, ridgeLine } from '../terrain.ts'
import { drawCanopyFringe, drawFerns, drawTrunks } from './forest-plants.ts'
import { firSlopes } from './forest-slopes.ts'
import { forestSpot } from './forest-spot.ts'

/** Rows of trees fading into mist: tall trunks with light between them, or slopes of firs. */
export const forest: Scene = {
  name: 'forest',
  horizon: (random: Random): number => random.between(0.6, 0.68),

  compose(stage: Stage): Composition {
    const { reading, habitats } = stage
    const plan = stage.random.fork('forest plan')
    const isFirs =
      !reading.features.has('birches') &&
      (reading.features.has('conifers') ||
        reading.scenes.some(({ name }) => name === 'mountains') ||
        // Firs have no autumn; leaves do.
        plan.chance(reading.season === 'autumn' ? 0.1 : 0.4))
    return isFirs || habitats.has('sky') || habitats.has('water') ? firSlopes(stage) : tallTrunks(stage)
  },
}

const rows = 5

function leafOf(stage: Stage): Colour {
  if (stage.sceneColour !== undefined) return stage.sceneColour
  if (stage.reading.weather.has('snow')) return oklch(0.84, 0.015, 235)
  switch (stage.reading.season) {
    case 'autumn':
      return oklch(0.65, 0.165, 52)
    case 'winter':
      return oklch(0.84, 0.015, 235)
    case 'spring':
      return oklch(0.72, 0.13, 125)
    default:
      return oklch(0.5, 0.1, 145)
  }
}

function mistOf(stage: Stage): Colour {
  const { palette } = stage
  return mix(mix(palette.sky[3], palette.glow, 0.25), surface(palette, leafOf(stage), 0.8, 0.5), 0.22)
}

/** Trunks from pale and thin to dark and thick, a crown of leaves above, ferns below. */
function tallTrunks(stage: Stage): Composition {
  const { palette } = stage
  const leaf = leafOf(stage)
  const mist = mistOf(stage)
  // Shade keeps the hue of the leaves: mixed with the palette's own dark, orange would turn grey.
  const darkLeaf = mix(palette.near, oklch(0.3, 0.09, leaf.h - 8), 0.6)
  const back: Layer[] = [{ name: 'light', draw: () => drawGlade(stage, mist, leaf) }]
  const front: Layer[] = []
  const lines = Array.from({ length: rows }, (_, row) => groundLine(stage, row))
  for (const [row, line] of lines.entries()) {
    const layer = treeRow(stage, row, line, { leaf, darkLeaf, mist })
    if (row === rows - 1) front.push(layer)
    else back.push(layer)
  }
  const ground = lines[3] ?? []
  return {
    back,
    front,
    spot: (habitat, index, total) => forestSpot(stage, ground, mist, habitat, index, total),
  }
}

const nearness = (row: number): number => (row + 0.6) / rows

function groundLine(stage: Stage, row: number): Point[] {
  const { unitPx, heightPx, horizonYPx } = stage
  const near = nearness(row)
  return ridgeLine(stage, stage.random.fork(`row ${row}`).fork('ground'), {
    baseYPx: horizonYPx + (heightPx - horizonYPx) * (0.06 + 0.78 * near ** 1.5),
    heightPx: unitPx * (22 + 40 * near),
    frequency: 1.3,
    octaves: 3,
    kind: 'rolling',
  })
}

/** One row of trees: trunks, crowns, the ground they stand on, and what grows there. */
function treeRow(
  stage: Stage,
  row: number,
  line: readonly Point[],
  { leaf, darkLeaf, mist }: { leaf: Colour; darkLeaf: Colour; mist: Colour },
): Layer {
  const { palette, heightPx, reading } = stage
  const near = nearness(row)
  const random = stage.random.fork(`row ${row}`)
  const depth = (1 - near) ** 0.8
  const isLast = row === rows - 1
  const bark = reading.features.has('birches') ? oklch(0.86, 0.012, 85) : oklch(0.34, 0.035, 50)
  const trunk = mix(mix(surface(palette, bark, 0.35, 0), palette.near, 0.35), mist, depth * 0.93)
  const floorHere = mix(subjectColour(palette, leaf, 0.5, 0), darkLeaf, 0.14 + 0.26 * near)
  const floor = mix(floorHere, mist, depth * 0.85)
  const crownHere = mix(subjectColour(palette, leaf, 0.6, 0), darkLeaf, 0.12 + 0.32 * near)
  const plants = { near, colour: mix(floor, palette.glow, 0.14), dark: mix(floor, palette.near, 0.5) }
  return {
    name: `trees ${row + 1}`,
    draw() {
      drawTrunks(stage, line, random.fork('trunks'), { near, colour: trunk, mist, isLast })
      drawCanopyFringe(stage, random.fork('canopy'), { near, colour: mix(crownHere, mist, depth * 0.8) })
      fillLand(stage, line, heightPx, floor, {
        colour: mix(floor, isLast ? palette.near : mist, 0.6),
        amount: 0.8,
      })
      if (row === 1) drawShafts(stage, mist)
      if (row >= 2) drawFerns(stage, line, random.fork('ferns'), plants)
    },
  }
}

/** The bright air behind everything, brightest where the light comes in. */
function drawGlade(stage: Stage, mist: Colour, leaf: Colour): void {
  const { context, widthPx, heightPx, palette, light, horizonYPx } = stage
  const green = surface(palette, leaf, 0.7, 0.25)
  context.fillStyle = vertical(context, 0, heightPx, [
    [0, mix(mix(green, palette.sky[0], 0.35), mist, 0.25)],
    [0.3, mix(green, mist, 0.6)],
    [0.62, mist],
    [1, mix(mist, green, 0.4)],
  ])
  context.fillRect(0, 0, widthPx, heightPx)
  if (palette.stars > 0.5) drawStars(stage, 0.5, heightPx * 0.4)
  const reach = Math.hypot(widthPx, heightPx)
  glow(context, { x: light.xPx, y: horizonYPx * 0.55 }, reach * 0.42, palette.glow, 0.55, 'soft-light')
  glow(
    context,
    { x: light.xPx, y: horizonYPx * 0.55 },
    reach * 0.26,
    mix(palette.glow, palette.disc, 0.6),
    0.6,
  )
}

/** Sunbeams slanting down between the trunks. */
function drawShafts(stage: Stage, mist: Colour): void {
  const { context, widthPx, heightPx, light, palette } = stage
  if (stage.reading.weather.has('rain') || stage.reading.weather.has('storm')) return
  const random = stage.random.fork('shafts')
  context.save()
  context.globalCompositeOperation = 'screen'
  const source = { x: light.xPx + light.side * widthPx * 0.16, y: -heightPx * 0.25 }
  for (let index = 0; index < 7; index += 1) {
    const foot = light.xPx - light.side * widthPx * random.between(-0.1, 0.75)
    const half = widthPx * random.between(0.012, 0.05)
    const strength = random.between(0.1, 0.3)
    context.fillStyle = vertical(context, 0, heightPx * 0.86, [
      [0, mix(palette.glow, mist, 0.3), strength],
      [0.6, mix(palette.glow, mist, 0.3), strength * 0.7],
      [1, mist, 0],
    ])
    context.beginPath()
    context.moveTo(source.x, source.y)
    context.lineTo(foot - half, heightPx * 0.86)
    context.lineTo(foot + half, heightPx * 0.86)
    context.closePath()
    context.fill()
  }
  context.restore()
}

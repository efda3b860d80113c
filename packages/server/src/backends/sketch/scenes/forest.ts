import { mix, oklch, type Colour } from '../colour.ts'
import { glow, heightAt, vertical, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { subjectColour, surface } from '../shading.ts'
import { drawStars } from '../sky.ts'
import type { Composition, Habitat, Layer, Scene, Spot, Stage } from '../stage.ts'
import { fillLand, ridgeLine } from '../terrain.ts'
import { drawConiferBelt, drawGrass } from '../vegetation.ts'
import { drawCanopyFringe, drawFerns, drawTrunks } from './forest-plants.ts'
import { skyLayers } from './weather-sky.ts'

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
  const { palette, unitPx, heightPx, widthPx, horizonYPx } = stage
  const leaf = leafOf(stage)
  const mist = mistOf(stage)
  const grounds: Point[][] = []
  const back: Layer[] = [{ name: 'light', draw: () => drawGlade(stage, mist, leaf) }]
  const front: Layer[] = []
  for (let row = 0; row < rows; row += 1) {
    const near = (row + 0.6) / rows
    const random = stage.random.fork(`row ${row}`)
    const line = ridgeLine(stage, random.fork('ground'), {
      baseYPx: horizonYPx + (heightPx - horizonYPx) * (0.06 + 0.78 * near ** 1.5),
      heightPx: unitPx * (22 + 40 * near),
      frequency: 1.3,
      octaves: 3,
      kind: 'rolling',
    })
    grounds.push(line)
    const depth = (1 - near) ** 0.8
    const bark = stage.reading.features.has('birches') ? oklch(0.86, 0.012, 85) : oklch(0.34, 0.035, 50)
    const trunk = mix(mix(surface(palette, bark, 0.35, 0), palette.near, 0.35), mist, depth * 0.93)
    const floor = mix(
      mix(subjectColour(palette, leaf, 0.5, 0), palette.near, 0.14 + 0.26 * near),
      mist,
      depth * 0.85,
    )
    const layer: Layer = {
      name: `trees ${row + 1}`,
      draw() {
        drawTrunks(stage, line, random.fork('trunks'), {
          near,
          colour: trunk,
          mist,
          isLast: row === rows - 1,
        })
        drawCanopyFringe(stage, random.fork('canopy'), {
          near,
          colour: mix(
            mix(subjectColour(palette, leaf, 0.6, 0), palette.near, 0.12 + 0.32 * near),
            mist,
            depth * 0.8,
          ),
        })
        fillLand(stage, line, heightPx, floor, {
          colour: mix(floor, row === rows - 1 ? palette.near : mist, 0.6),
          amount: 0.8,
        })
        if (row === 1) drawShafts(stage, mist)
        if (row >= 2)
          drawFerns(stage, line, random.fork('ferns'), {
            near,
            colour: mix(floor, palette.glow, 0.14),
            dark: mix(floor, palette.near, 0.5),
          })
      },
    }
    if (row === rows - 1) front.push(layer)
    else back.push(layer)
  }
  const path = grounds[3] ?? []
  return {
    back,
    front,
    spot: (habitat, index, total) => forestSpot(stage, path, mist, habitat, index, total, widthPx),
  }
}

function forestSpot(
  stage: Stage,
  ground: readonly Point[],
  mist: Colour,
  habitat: Habitat,
  index: number,
  total: number,
  widthPx: number,
): Spot {
  const { heightPx, unitPx, horizonYPx, palette, light } = stage
  const random = stage.random.fork(`spot ${habitat} ${index}`)
  const spread = total > 1 ? (index / (total - 1) - 0.5) * 0.45 : 0
  const x = widthPx * (0.5 - light.side * random.between(0, 0.1) + spread)
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

/** Slopes of firs, one behind the other, with mist in the valleys between. */
function firSlopes(stage: Stage): Composition {
  const { palette, unitPx, heightPx, widthPx, horizonYPx } = stage
  const plan = stage.random.fork('slopes')
  const isSnowy = stage.reading.season === 'winter' || stage.reading.weather.has('snow')
  const fir =
    stage.sceneColour ?? (stage.reading.season === 'autumn' ? oklch(0.48, 0.09, 70) : oklch(0.4, 0.075, 165))
  const mist = mix(palette.sky[3], palette.far, 0.25)
  const layers: Layer[] = []
  let last: Point[] = []
  const slopes = 6
  const lean = plan.chance(0.5) ? 1 : -1
  for (let row = 0; row < slopes; row += 1) {
    const near = row / (slopes - 1)
    const random = stage.random.fork(`slope ${row}`)
    const tilt = (row % 2 === 0 ? lean : -lean) * (0.75 - 0.45 * near)
    const line = ridgeLine(stage, random.fork('line'), {
      baseYPx: horizonYPx * 0.86 + (heightPx - horizonYPx * 0.86) * (0.02 + 0.9 * near ** 1.25),
      heightPx: Math.min(unitPx * 210, heightPx * 0.22) * (1 - 0.55 * near),
      frequency: 1.2,
      octaves: 4,
      kind: 'rolling',
      envelope: (t) => 0.55 + tilt * (t - 0.5) * 1.5,
    })
    last = line
    const depth = (1 - near) ** 0.9
    const colour = mix(
      surface(palette, fir, 0.35, depth * 0.8),
      near > 0.75 ? palette.near : mist,
      near > 0.75 ? 0.35 : depth * 0.45,
    )
    layers.push({
      name: `slope ${row + 1}`,
      draw() {
        drawConiferBelt(stage, line, random.fork('firs'), {
          heightPx: Math.min(unitPx * (24 + 250 * near ** 1.9), heightPx * 0.34),
          spacingPx: unitPx * (7 + 44 * near ** 1.5),
          colour,
          density: 0.95 - 0.3 * near,
        })
        const ground = isSnowy
          ? mix(colour, surface(palette, oklch(0.95, 0.01, 240), 0.7, depth * 0.6), 0.75)
          : colour
        const isFront = row === slopes - 1
        fillLand(
          stage,
          line,
          isFront
            ? heightPx
            : Math.min(heightPx, horizonYPx * 0.86 + (heightPx - horizonYPx * 0.86) * near + unitPx * 190),
          ground,
          { colour: isFront ? palette.near : mist, amount: isFront ? 0.55 : 0.72 },
        )
        if (isFront && !isSnowy)
          drawGrass(stage, line, random.fork('grass'), {
            heightPx: unitPx * 17,
            colour: mix(ground, palette.glow, 0.2),
            dark: mix(ground, palette.near, 0.6),
          })
      },
    })
  }
  return {
    back: [...skyLayers(stage), ...layers],
    front: [],
    spot: (habitat, index, total) => forestSpot(stage, last, mist, habitat, index, total, widthPx),
  }
}

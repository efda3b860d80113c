import { css, mix, oklch } from '../colour.ts'
import { createNoise } from '../noise.ts'
import { below, heightAt, vertical, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { surface } from '../shading.ts'
import type { Composition, Layer, Scene, Stage } from '../stage.ts'
import { fillLand, ridgeLine, rimLight } from '../terrain.ts'
import { drawGlitter, drawRipples, fillWater, type Water } from '../water.ts'
import { drawDistantSails } from './distant-sails.ts'
import { drawHeadland, headlandOf } from './sea-land.ts'
import { seaSpot } from './sea-spot.ts'
import { drawPalms } from './palms.ts'
import { drawShore, shoreLine } from './sea-shore.ts'
import { skyLayers } from './weather-sky.ts'

/** Open water under a wide sky: far islands, a road of light, and a shore where something stands on it. */
export const sea: Scene = {
  name: 'sea',
  horizon: (random: Random): number => random.between(0.5, 0.63),

  compose(stage: Stage): Composition {
    const { palette, reading, horizonYPx, heightPx, habitats } = stage
    const plan = stage.random.fork('sea plan')
    const water: Water = {
      topPx: horizonYPx,
      bottomPx: heightPx,
      mirrored: mix(palette.sky[3], palette.sky[1], 0.3),
      deep: palette.water,
    }
    const isRough = reading.weather.has('storm') || reading.features.has('waves')
    const headland = habitats.has('ground') ? headlandOf(stage) : undefined
    const hasShore =
      habitats.has('foreground') ||
      reading.features.has('beach') ||
      (headland === undefined && plan.chance(0.3))
    const shore = hasShore ? shoreLine(stage) : undefined
    const back: Layer[] = [
      ...skyLayers(stage),
      { name: 'islands', draw: () => drawIslands(stage) },
      {
        name: 'water',
        draw() {
          fillWater(stage, water)
          drawRipples(stage, water, stage.random.fork('ripples'), isRough ? 1.2 : 0.85)
        },
      },
      {
        name: 'glitter',
        draw: () => drawGlitter(stage, water, stage.random.fork('glitter'), stage.light.visible ? 0.95 : 0.3),
      },
      { name: 'swell', draw: () => drawSwell(stage, water, isRough) },
    ]
    if (headland !== undefined) back.push({ name: 'headland', draw: () => drawHeadland(stage, headland) })
    const front: Layer[] = []
    if (shore !== undefined) {
      // In front of boats, whose reflections end where the sand begins; behind whoever stands on it.
      const layers = habitats.has('foreground') ? back : front
      layers.push({ name: 'shore', draw: () => drawShore(stage, shore) })
    }
    if (!habitats.has('water') && !isRough && !reading.avoid.has('subject:sailboat') && plan.chance(0.6)) {
      back.push({ name: 'distant sails', draw: () => drawDistantSails(stage) })
    }
    if (reading.features.has('palms')) front.push({ name: 'palms', draw: () => drawPalms(stage) })
    return {
      back,
      front,
      spot: (habitat, index, total) => seaSpot(stage, { headland, shore }, habitat, index, total),
    }
  },
}

function drawIslands(stage: Stage): void {
  const { palette, horizonYPx, unitPx, light } = stage
  const random = stage.random.fork('islands')
  const side = light.side
  const ranks = random.whole(1, 3)
  for (let rank = 0; rank < ranks; rank += 1) {
    const depth = 0.92 - rank * 0.17
    const reach = random.between(0.35, 0.62)
    // Land comes in from the side away from the light, so that the road of light stays open.
    const line = ridgeLine(stage, random.fork(`rank ${rank}`), {
      baseYPx: horizonYPx + unitPx * 2,
      heightPx: unitPx * random.between(45, 95) * (0.8 + rank * 0.35),
      frequency: random.between(2.2, 4.5),
      octaves: 5,
      kind: 'rugged',
      envelope(t) {
        const inward = side > 0 ? t : 1 - t
        return Math.max(0, 1 - (inward / reach) ** 2) * (rank === 0 ? 0.7 : 0.9)
      },
    })
    const rock = surface(palette, oklch(0.5, 0.05, 200), 0.35, depth)
    fillLand(stage, line, horizonYPx + unitPx * 2, rock, {
      colour: mix(palette.sky[3], palette.far, 0.4),
      amount: 0.6,
    })
    rimLight(stage, line, palette.glow, 0.22, unitPx * 1.1)
  }
}

/** Rows of long waves, nearer ones larger: what gives the water its body. */
function drawSwell(stage: Stage, water: Water, isRough: boolean): void {
  const { context, unitPx, widthPx, palette } = stage
  const random = stage.random.fork('swell')
  const height = water.bottomPx - water.topPx
  const rows = isRough ? 9 : 6
  for (let row = 0; row < rows; row += 1) {
    const near = ((row + 1.4) / (rows + 0.6)) ** 1.6
    const noise = createNoise(random.fork(`row ${row}`))
    const amplitude = unitPx * (isRough ? 34 : 10) * (0.15 + near)
    const base = water.topPx + height * near
    const stretch = (isRough ? 4.2 : 3) * (1.6 - near)
    const line: Point[] = []
    for (let step = 0; step <= 160; step += 1) {
      const x = (step / 160) * widthPx
      const along = (x / (1000 * unitPx)) * stretch
      const crest = isRough ? noise.ridged(along, 3) * 1.3 - 0.6 : noise.fractal(along, 2)
      line.push({ x, y: base - amplitude * crest })
    }
    const depth = height * 0.2 * (0.3 + near)
    const crestColour = mix(mix(water.mirrored, water.deep, 0.35 + 0.4 * near), palette.sky[2], 0.12)
    context.fillStyle = vertical(context, base - amplitude, base + depth, [
      [0, crestColour, 0.55],
      [0.5, mix(water.deep, crestColour, 0.4), 0.35],
      [1, water.deep, 0],
    ])
    context.fill(below(line, base + depth))
    rimLight(
      stage,
      line,
      mix(palette.sky[3], palette.glow, 0.4),
      isRough ? 0.5 : 0.2,
      unitPx * (0.6 + 1.3 * near),
    )
    if (isRough) foam(stage, line, near, random)
  }
}

function foam(stage: Stage, line: readonly Point[], near: number, random: Random): void {
  const { context, unitPx, widthPx, palette } = stage
  context.fillStyle = css(mix(oklch(0.96, 0.01, 220), palette.far, 0.3), 0.75)
  for (let index = 0; index < 26; index += 1) {
    const x = random.next() * widthPx
    const y = heightAt(line, x)
    // Only crests break.
    if (y > heightAt(line, x + 40 * unitPx * near) && y > heightAt(line, x - 40 * unitPx * near)) continue
    context.beginPath()
    context.ellipse(
      x,
      y + 1.5 * unitPx,
      unitPx * near * random.between(5, 22),
      unitPx * near * random.between(1.2, 3.4),
      0,
      0,
      Math.PI * 2,
    )
    context.fill()
  }
}

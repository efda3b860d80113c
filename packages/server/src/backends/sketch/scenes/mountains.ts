import { acrossPx, aloftSpot } from '../place.ts'
import { createCanvas } from '@napi-rs/canvas'
import { mix, oklch } from '../colour.ts'
import { glow, heightAt, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { surface } from '../shading.ts'
import type { Composition, Habitat, Layer, Scene, Spot, Stage } from '../stage.ts'
import { fillLand, ridgeLine } from '../terrain.ts'
import { drawConiferBelt } from '../vegetation.ts'
import { drawMirrored, drawRipples, fillWater, type Water } from '../water.ts'
import { drawMassif, massifOf } from './massif.ts'
import { drawMeadowBank } from './bank.ts'
import { skyLayers } from './weather-sky.ts'

/** Ranges one behind the other, in still water or over a meadow. */
export const mountains: Scene = {
  name: 'mountains',
  horizon: (random: Random): number => random.between(0.56, 0.66),

  compose(stage: Stage): Composition {
    const { habitats, reading, horizonYPx, heightPx, palette } = stage
    const plan = stage.random.fork('mountain plan')
    const hasLake = habitats.has('water') || reading.features.has('lake') || plan.chance(0.6)
    const bank = bankLine(stage, hasLake)
    const water: Water = {
      topPx: horizonYPx,
      bottomPx: heightPx,
      mirrored: mix(palette.sky[3], palette.far, 0.35),
      deep: palette.water,
    }
    const back: Layer[] = [
      ...skyLayers(stage),
      { name: 'far ranges', draw: () => drawFarRanges(stage) },
      { name: 'massif', draw: () => drawMassif(stage, massifOf(stage)) },
      { name: 'foothills', draw: () => drawFoothills(stage, hasLake ? 0.42 : 0.05) },
    ]
    if (hasLake) {
      back.push({ name: 'water', draw: () => fillWater(stage, water) })
      back.push({ name: 'reflection', draw: () => drawLakeMirror(stage, water) })
    } else back.push({ name: 'valley', draw: () => drawValley(stage) })
    const front: Layer[] = []
    const drawBank = { name: 'bank', draw: () => drawMeadowBank(stage, bank) }
    if (habitats.has('water') && hasLake) front.push(drawBank)
    else back.push(drawBank)
    return {
      back,
      front,
      spot: (habitat, index, total) => mountainSpot(stage, bank, habitat, index, total),
    }
  },
}

/** The whole picture above the shore, upside down in the lake. */
function drawLakeMirror(stage: Stage, water: Water): void {
  const { context, widthPx, heightPx, horizonYPx, unitPx, random } = stage
  const reach = Math.max(1, Math.round(Math.min(heightPx - horizonYPx, horizonYPx) * 0.98))
  const image = createCanvas(widthPx, reach)
  const top = Math.round(horizonYPx) - reach
  image.getContext('2d').drawImage(context.canvas, 0, top, widthPx, reach, 0, 0, widthPx, reach)
  const mirror = { image, leftPx: 0, lineYPx: horizonYPx, alpha: 0.72, shakePx: 3.2 * unitPx }
  drawMirrored(stage, mirror, random.fork('lake'))
  drawRipples(stage, water, random.fork('ripples'), 0.5)
}

function drawFarRanges(stage: Stage): void {
  const { palette, horizonYPx, unitPx } = stage
  const random = stage.random.fork('far ranges')
  const limit = horizonYPx * 0.55
  for (let rank = 0; rank < 2; rank += 1) {
    const depth = 0.97 - rank * 0.16
    const line = ridgeLine(stage, random.fork(`rank ${rank}`), {
      baseYPx: horizonYPx,
      heightPx: Math.min(unitPx * random.between(230, 330) * (1 - rank * 0.22), limit),
      frequency: 2.1 + rank,
      octaves: 6,
      kind: 'rugged',
    })
    const rock = surface(palette, oklch(0.52, 0.04, 265), 0.5, depth)
    fillLand(stage, line, horizonYPx, mix(rock, palette.sky[2], 0.3 - rank * 0.2), {
      colour: palette.sky[3],
      amount: 0.75,
    })
  }
}

function drawFoothills(stage: Stage, mist: number): void {
  const { context, palette, horizonYPx, unitPx, widthPx, reading } = stage
  const random = stage.random.fork('foothills')
  const isSnowy = reading.season === 'winter' || reading.weather.has('snow')
  const green = isSnowy
    ? oklch(0.5, 0.04, 220)
    : reading.season === 'autumn'
      ? oklch(0.52, 0.1, 75)
      : oklch(0.42, 0.075, 160)
  for (let rank = 0; rank < 2; rank += 1) {
    const depth = 0.55 - rank * 0.27
    const line = ridgeLine(stage, random.fork(`rank ${rank}`), {
      baseYPx: horizonYPx + unitPx,
      heightPx: unitPx * (120 - rank * 45),
      frequency: 1.5 + rank * 0.5,
      octaves: 3,
      kind: 'rolling',
      envelope: (t) => 0.45 + 0.75 * Math.abs(t - 0.5 + (rank - 0.5) * 0.3),
    })
    const colour = surface(palette, green, 0.4, depth)
    drawConiferBelt(stage, line, random.fork(`trees ${rank}`), {
      heightPx: unitPx * (24 + rank * 16),
      spacingPx: unitPx * (6.5 + rank * 4),
      colour,
      density: 0.92,
    })
    fillLand(stage, line, horizonYPx + unitPx, colour, {
      colour: mix(palette.sky[3], palette.far, 0.5),
      amount: mist,
    })
  }
  glow(
    context,
    { x: widthPx / 2, y: horizonYPx },
    widthPx * 0.42,
    mix(palette.sky[3], palette.glow, 0.4),
    0.2,
  )
}

/** Without a lake: meadows and woods between the mountains and the viewer. */
function drawValley(stage: Stage): void {
  const { palette, horizonYPx, heightPx, unitPx, reading } = stage
  const random = stage.random.fork('valley')
  const isSnowy = reading.season === 'winter' || reading.weather.has('snow')
  const own = isSnowy
    ? oklch(0.95, 0.01, 240)
    : reading.season === 'autumn'
      ? oklch(0.68, 0.12, 85)
      : oklch(0.64, 0.11, 128)
  for (let rank = 0; rank < 3; rank += 1) {
    const near = rank / 3
    const line = ridgeLine(stage, random.fork(`${rank}`), {
      baseYPx: horizonYPx + (heightPx - horizonYPx) * (0.05 + 0.34 * near),
      heightPx: unitPx * (34 + 90 * near),
      frequency: 1.6 - 0.5 * near,
      octaves: 3,
      kind: 'rolling',
    })
    const depth = 0.5 - near * 0.45
    const colour = mix(surface(palette, own, 0.7, depth), palette.glow, 0.06)
    if (rank > 0) {
      drawConiferBelt(stage, line, random.fork(`firs ${rank}`), {
        heightPx: unitPx * (26 + 30 * near),
        spacingPx: unitPx * 13,
        colour: mix(surface(palette, oklch(0.42, 0.075, 160), 0.35, depth), palette.near, 0.15),
        density: 0.5,
      })
    }
    fillLand(stage, line, heightPx, colour, { colour: mix(colour, palette.near, 0.4), amount: 0.7 })
  }
}

/** The near bank: low in the middle, where one looks out. */
function bankLine(stage: Stage, hasLake: boolean): Point[] {
  const { horizonYPx, heightPx, unitPx, light, habitats } = stage
  const random = stage.random.fork('bank')
  const room = heightPx - horizonYPx
  const holds = habitats.has('foreground') || habitats.has('ground')
  const base = hasLake ? horizonYPx + room * (holds ? 0.94 : 1) : horizonYPx + room * 0.5
  return ridgeLine(stage, random, {
    baseYPx: base,
    heightPx: hasLake ? room * 0.5 : 70 * unitPx,
    frequency: 1.1,
    octaves: 4,
    kind: 'rolling',
    envelope(t) {
      const away = light.side > 0 ? 1 - t : t
      return hasLake ? 0.2 + 1.15 * Math.max(0, away - 0.28) ** 1.2 : 0.6 + 0.5 * away
    },
  })
}

function mountainSpot(
  stage: Stage,
  bank: readonly Point[],
  habitat: Habitat,
  index: number,
  total: number,
): Spot {
  const { heightPx, horizonYPx, unitPx, palette } = stage
  const random = stage.random.fork(`spot ${habitat} ${index}`)
  const x = acrossPx(stage, random, index, total, [0.16, 0.24])
  if (habitat === 'sky') {
    return aloftSpot(stage, random, acrossPx(stage, random, index, total, [0.04, 0.2]), {
      between: [0.32, 0.42],
      mostUnits: 340,
      mostShare: 0.6,
      depth: 0.08,
    })
  }
  if (habitat === 'water') {
    const y = horizonYPx + (heightPx - horizonYPx) * random.between(0.24, 0.36)
    return {
      xPx: acrossPx(stage, random, index, total, [-0.08, -0.04]),
      yPx: y,
      heightPx: Math.min(290 * unitPx, heightPx * 0.34),
      depth: 0.1,
      behind: palette.far,
      mirrorYPx: y,
    }
  }
  const isNear = habitat === 'foreground'
  return {
    xPx: x,
    yPx: Math.min(heightPx * 0.96, heightAt(bank, x) + unitPx * (isNear ? 46 : 14)),
    heightPx: Math.min((isNear ? 330 : 300) * unitPx, heightPx * 0.4),
    depth: 0.03,
    behind: palette.far,
    shadow: palette.near,
  }
}

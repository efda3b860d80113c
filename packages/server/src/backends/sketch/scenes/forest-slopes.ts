import { mix, oklch, type Colour } from '../colour.ts'
import type { Point } from '../paint.ts'
import { surface } from '../shading.ts'
import type { Composition, Layer, Stage } from '../stage.ts'
import { fillLand, ridgeLine } from '../terrain.ts'
import { drawConiferBelt, drawGrass } from '../vegetation.ts'
import { forestSpot } from './forest-spot.ts'
import { skyLayers } from './weather-sky.ts'

const slopes = 6

/** Slopes of firs, one behind the other, with mist in the valleys between. */
export function firSlopes(stage: Stage): Composition {
  const { palette, reading } = stage
  const lean = stage.random.fork('slopes').chance(0.5) ? 1 : -1
  const fir =
    stage.sceneColour ?? (reading.season === 'autumn' ? oklch(0.48, 0.09, 70) : oklch(0.4, 0.075, 165))
  const mist = mix(palette.sky[3], palette.far, 0.25)
  const lines = Array.from({ length: slopes }, (_, row) => slopeLine(stage, row, lean))
  const layers = lines.map((line, row) => slopeLayer(stage, row, line, fir, mist))
  const ground = lines.at(-1) ?? []
  return {
    back: [...skyLayers(stage), ...layers],
    front: [],
    spot: (habitat, index, total) => forestSpot(stage, ground, mist, habitat, index, total),
  }
}

const nearness = (row: number): number => row / (slopes - 1)

function slopeLine(stage: Stage, row: number, lean: number): Point[] {
  const { unitPx, heightPx, horizonYPx } = stage
  const near = nearness(row)
  const tilt = (row % 2 === 0 ? lean : -lean) * (0.75 - 0.45 * near)
  return ridgeLine(stage, stage.random.fork(`slope ${row}`).fork('line'), {
    baseYPx: horizonYPx * 0.86 + (heightPx - horizonYPx * 0.86) * (0.02 + 0.9 * near ** 1.25),
    heightPx: Math.min(unitPx * 210, heightPx * 0.22) * (1 - 0.55 * near),
    frequency: 1.2,
    octaves: 4,
    kind: 'rolling',
    envelope: (t) => 0.55 + tilt * (t - 0.5) * 1.5,
  })
}

/** One slope: its firs, the ground under them, mist at its foot; grass on the nearest. */
function slopeLayer(stage: Stage, row: number, line: readonly Point[], fir: Colour, mist: Colour): Layer {
  const { palette, reading, unitPx, heightPx, horizonYPx } = stage
  const random = stage.random.fork(`slope ${row}`)
  const near = nearness(row)
  const depth = (1 - near) ** 0.9
  const isFront = row === slopes - 1
  const isSnowy = reading.season === 'winter' || reading.weather.has('snow')
  const isNear = near > 0.75
  const own = surface(palette, fir, 0.35, depth * 0.8)
  const colour = mix(own, isNear ? palette.near : mist, isNear ? 0.35 : depth * 0.45)
  const snow = surface(palette, oklch(0.95, 0.01, 240), 0.7, depth * 0.6)
  const ground = isSnowy ? mix(colour, snow, 0.75) : colour
  const foot = horizonYPx * 0.86 + (heightPx - horizonYPx * 0.86) * near + unitPx * 190
  return {
    name: `slope ${row + 1}`,
    draw() {
      drawConiferBelt(stage, line, random.fork('firs'), {
        heightPx: Math.min(unitPx * (24 + 250 * near ** 1.9), heightPx * 0.34),
        spacingPx: unitPx * (7 + 44 * near ** 1.5),
        colour,
        density: 0.95 - 0.3 * near,
      })
      const fade = isFront ? { colour: palette.near, amount: 0.55 } : { colour: mist, amount: 0.72 }
      fillLand(stage, line, isFront ? heightPx : Math.min(heightPx, foot), ground, fade)
      if (!isFront || isSnowy) return
      const grass = { colour: mix(ground, palette.glow, 0.2), dark: mix(ground, palette.near, 0.6) }
      drawGrass(stage, line, random.fork('grass'), { heightPx: unitPx * 17, ...grass })
    },
  }
}

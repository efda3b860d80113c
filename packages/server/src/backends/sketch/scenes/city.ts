import { acrossPx, aloftSpot } from '../place.ts'
import { createCanvas } from '@napi-rs/canvas'
import { css, mix, oklch, type Colour } from '../colour.ts'
import { glow, vertical } from '../paint.ts'
import type { Random } from '../random.ts'
import { surface } from '../shading.ts'
import type { Composition, Habitat, Layer, Scene, Spot, Stage } from '../stage.ts'
import { drawMirrored, drawRipples, fillWater } from '../water.ts'
import { drawSkylineRow } from './city-buildings.ts'
import { drawRoof, roofOf, type Roof } from './city-roof.ts'
import { skyLayers } from './weather-sky.ts'

/** Rows of buildings from the horizon forwards; heights and widths in units, `share` of the picture's height at most. */
const rows = [
  { depth: 0.86, tallest: 540, share: 0.74, width: 52 },
  { depth: 0.55, tallest: 470, share: 0.64, width: 74 },
  { depth: 0.16, tallest: 320, share: 0.42, width: 98 },
] as const

/** A skyline in three rows, over a river, or behind the roof one stands on. */
export const city: Scene = {
  name: 'city',
  horizon: (random: Random): number => random.between(0.7, 0.78),

  compose(stage: Stage): Composition {
    const { habitats, reading, palette } = stage
    const plan = stage.random.fork('city plan')
    const hasRoof = habitats.has('foreground') || habitats.has('ground')
    const hasRiver = !hasRoof && (habitats.has('water') || reading.features.has('river') || plan.chance(0.72))
    const roof = hasRoof ? roofOf(stage) : undefined
    const peak = plan.between(0.3, 0.7)
    const own = stage.sceneColour ?? oklch(0.55, 0.045, palette.far.h)
    const layers: Layer[] = skyLayers(stage)
    for (const index of rows.keys()) layers.push(buildingRow(stage, index, own, hasRiver, peak))
    if (hasRiver) layers.push({ name: 'river', draw: () => drawRiver(stage) })
    if (roof !== undefined) layers.push({ name: 'roof', draw: () => drawRoof(stage, roof) })
    return {
      back: layers,
      front: [],
      spot: (habitat, index, total) => citySpot(stage, roof, habitat, index, total),
    }
  },
}

function buildingRow(stage: Stage, index: number, own: Colour, hasRiver: boolean, peak: number): Layer {
  const { palette, unitPx, horizonYPx, heightPx } = stage
  const row = rows[index] ?? rows[0]
  const base = hasRiver ? horizonYPx : heightPx
  return {
    name: `buildings ${index + 1}`,
    draw() {
      const colour = mix(surface(palette, own, 0.45, row.depth), palette.sky[2], row.depth * 0.22)
      const foot = hasRiver ? 0 : (heightPx - horizonYPx) * 0.8
      drawSkylineRow(stage, stage.random.fork(`row ${index}`), {
        baseYPx: base,
        tallestPx: Math.min(unitPx * row.tallest, base * row.share) + foot,
        widthUnits: row.width,
        peak: peak + (index - 1) * 0.16,
        depth: row.depth,
        colour,
      })
      if (index < rows.length - 1) hazeBetween(stage, base)
    },
  }
}

function citySpot(
  stage: Stage,
  roof: Roof | undefined,
  habitat: Habitat,
  index: number,
  total: number,
): Spot {
  const { heightPx, horizonYPx, unitPx, palette } = stage
  const random = stage.random.fork(`spot ${habitat} ${index}`)
  const xPx = acrossPx(stage, random, index, total, [0.08, 0.18])
  if (habitat === 'sky') {
    return aloftSpot(stage, random, xPx, {
      between: [0.26, 0.34],
      mostUnits: 300,
      mostShare: 0.42,
      depth: 0.08,
    })
  }
  if (habitat === 'water') {
    const yPx = horizonYPx + (heightPx - horizonYPx) * 0.42
    const tallest = Math.min(240 * unitPx, heightPx * 0.3)
    return { xPx, yPx, heightPx: tallest, depth: 0.08, behind: palette.near, mirrorYPx: yPx }
  }
  return {
    xPx,
    yPx: roof?.yPx ?? heightPx * 0.92,
    heightPx: Math.min((habitat === 'foreground' ? 390 : 330) * unitPx, heightPx * 0.44),
    depth: 0,
    behind: mix(palette.far, palette.sky[2], 0.3),
  }
}

/** Warm haze at the feet of a row, which sets the next one off. */
function hazeBetween(stage: Stage, baseYPx: number): void {
  const { context, widthPx, palette, unitPx } = stage
  context.fillStyle = vertical(context, baseYPx - 260 * unitPx, baseYPx, [
    [0, palette.sky[3], 0],
    [1, mix(palette.sky[3], palette.far, 0.5), 0.55],
  ])
  context.fillRect(0, baseYPx - 260 * unitPx, widthPx, 260 * unitPx)
}

function drawRiver(stage: Stage): void {
  const { context, palette, horizonYPx, heightPx, widthPx, unitPx } = stage
  const water = {
    topPx: horizonYPx,
    bottomPx: heightPx,
    mirrored: mix(palette.far, palette.sky[2], 0.3),
    deep: mix(palette.water, palette.near, 0.35),
  }
  const reach = Math.max(1, Math.round(Math.min(heightPx - horizonYPx, horizonYPx) * 1.25))
  const height = Math.min(reach, Math.floor(horizonYPx))
  const copy = createCanvas(widthPx, height)
  copy
    .getContext('2d')
    .drawImage(context.canvas, 0, Math.round(horizonYPx) - height, widthPx, height, 0, 0, widthPx, height)
  fillWater(stage, water)
  drawMirrored(
    stage,
    { image: copy, leftPx: 0, lineYPx: horizonYPx, alpha: 0.6, shakePx: 7 * unitPx },
    stage.random.fork('river'),
  )
  drawRipples(stage, water, stage.random.fork('ripples'), 0.7)
  // The quay: a dark line that keeps houses and water apart.
  context.fillStyle = css(mix(palette.near, palette.far, 0.12))
  context.fillRect(0, horizonYPx - 5 * unitPx, widthPx, 8 * unitPx)
  const random = stage.random.fork('quay lamps')
  if (palette.time === 'day' || palette.time === 'dawn') return
  for (let x = random.between(20, 60) * unitPx; x < widthPx; x += 74 * unitPx) {
    const lamp = oklch(0.9, 0.12, 80)
    glow(context, { x, y: horizonYPx - 12 * unitPx }, 20 * unitPx, lamp, 0.8)
    context.fillStyle = css(lamp, 0.9)
    context.fillRect(x - unitPx, horizonYPx - 13 * unitPx, 2 * unitPx, 2.4 * unitPx)
  }
}

import { Path2D, type SKRSContext2D } from '@napi-rs/canvas'
import { css, mix, oklch, type Colour } from '../colour.ts'
import { linear } from '../paint.ts'
import type { Random } from '../random.ts'
import type { Stage } from '../stage.ts'

/** A row of buildings. */
export interface SkylineRow {
  baseYPx: number
  tallestPx: number
  /** Mean width of a building. */
  widthUnits: number
  /** Where the tallest stand, 0 (left) to 1. */
  peak: number
  depth: number
  colour: Colour
}

interface Building {
  xPx: number
  widthPx: number
  topPx: number
  basePx: number
}

type Roof = (path: Path2D, building: Building, unitPx: number, random: Random) => void

const roofs: readonly [Roof, ...Roof[]] = [
  () => undefined,
  () => undefined,
  // Set back in two steps.
  (path, { xPx, widthPx, topPx }, unitPx) => {
    path.rect(xPx + widthPx * 0.16, topPx - 16 * unitPx, widthPx * 0.68, 17 * unitPx)
    path.rect(xPx + widthPx * 0.32, topPx - 30 * unitPx, widthPx * 0.36, 31 * unitPx)
  },
  // Spire.
  (path, { xPx, widthPx, topPx }, unitPx) => {
    const middle = xPx + widthPx / 2
    path.rect(xPx + widthPx * 0.2, topPx - 14 * unitPx, widthPx * 0.6, 15 * unitPx)
    path.moveTo(middle - widthPx * 0.2, topPx - 13 * unitPx)
    path.lineTo(middle, topPx - 78 * unitPx)
    path.lineTo(middle + widthPx * 0.2, topPx - 13 * unitPx)
    path.closePath()
  },
  // Slanted.
  (path, { xPx, widthPx, topPx }, unitPx, random) => {
    const left = random.chance(0.5)
    path.moveTo(xPx, topPx + unitPx)
    path.lineTo(left ? xPx : xPx + widthPx, topPx - widthPx * 0.4)
    path.lineTo(xPx + widthPx, topPx + unitPx)
    path.closePath()
  },
  // Dome with a finial.
  (path, { xPx, widthPx, topPx }, unitPx) => {
    const middle = xPx + widthPx / 2
    path.moveTo(xPx + widthPx * 0.9, topPx + unitPx)
    path.ellipse(middle, topPx + unitPx, widthPx * 0.4, widthPx * 0.36, 0, 0, Math.PI, true)
    path.rect(middle - unitPx, topPx - widthPx * 0.36 - 14 * unitPx, 2 * unitPx, 15 * unitPx)
  },
  // Water tank.
  (path, { xPx, widthPx, topPx }, unitPx, random) => {
    const x = xPx + widthPx * random.between(0.2, 0.6)
    path.rect(x, topPx - 21 * unitPx, 15 * unitPx, 15 * unitPx)
    path.moveTo(x - unitPx, topPx - 20 * unitPx)
    path.lineTo(x + 7.5 * unitPx, topPx - 29 * unitPx)
    path.lineTo(x + 16 * unitPx, topPx - 20 * unitPx)
    for (const leg of [1, 7, 12.5]) path.rect(x + leg * unitPx, topPx - 7 * unitPx, 1.4 * unitPx, 8 * unitPx)
  },
  // Antenna.
  (path, { xPx, widthPx, topPx }, unitPx, random) => {
    const x = xPx + widthPx * random.between(0.3, 0.7)
    path.rect(x - 0.9 * unitPx, topPx - 60 * unitPx, 1.8 * unitPx, 61 * unitPx)
    path.rect(x - 5 * unitPx, topPx - 40 * unitPx, 10 * unitPx, 1.4 * unitPx)
    path.rect(x - 3.5 * unitPx, topPx - 49 * unitPx, 7 * unitPx, 1.2 * unitPx)
  },
]

/** Draws one row from edge to edge: bodies, lit sides, windows. */
export function drawSkylineRow(stage: Stage, random: Random, row: SkylineRow): void {
  const { context, widthPx, unitPx } = stage
  for (let x = -random.between(0, 60) * unitPx; x < widthPx;) {
    const width = unitPx * row.widthUnits * random.between(0.6, 1.45)
    const t = (x + width / 2) / widthPx
    const envelope = 0.36 + 0.64 * Math.exp(-(((t - row.peak) / 0.27) ** 2))
    const height = row.tallestPx * envelope * random.between(0.5, 1)
    const building = { xPx: x, widthPx: width, topPx: row.baseYPx - height, basePx: row.baseYPx }
    drawBuilding(stage, building, row, random)
    x += width + (random.chance(0.2) ? unitPx * random.between(4, 22) : -unitPx)
  }
  context.globalAlpha = 1
}

function drawBuilding(stage: Stage, building: Building, row: SkylineRow, random: Random): void {
  const { context, palette, light, unitPx } = stage
  const { xPx, widthPx, topPx, basePx } = building
  const path = new Path2D()
  path.rect(xPx, topPx, widthPx, basePx - topPx)
  random.pick(roofs)(path, building, unitPx, random)
  const tint = mix(row.colour, random.pick(palette.accents), 0.05 + 0.07 * (1 - row.depth))
  const own = { ...tint, l: tint.l + random.between(-0.022, 0.022) }
  const lit = mix(own, palette.glow, 0.3 * (1 - row.depth * 0.5))
  const left = light.side < 0
  context.fillStyle = linear(context, { x: xPx, y: 0 }, { x: xPx + widthPx, y: 0 }, [
    [0, left ? lit : mix(own, palette.near, 0.22)],
    [0.5, own],
    [1, left ? mix(own, palette.near, 0.22) : lit],
  ])
  context.fill(path)
  if (row.depth < 0.75) drawWindows(context, stage, building, own, row.depth, random)
}

/** How the windows of one building are arranged. */
type Facade = 'grid' | 'bands' | 'strips'

function drawWindows(
  context: SKRSContext2D,
  stage: Stage,
  building: Building,
  own: Colour,
  depth: number,
  random: Random,
): void {
  const { palette, unitPx } = stage
  const facade = random.pick<Facade>(['grid', 'grid', 'bands', 'strips'])
  const isLit = palette.time === 'night' || palette.time === 'dusk'
  const share = isLit ? random.between(0.22, 0.55) : palette.time === 'sunset' ? 0.16 : 0.03
  const cell = unitPx * (depth < 0.3 ? 12.5 : 8.5) * random.between(0.85, 1.25)
  const [fillX, fillY] = { grid: [0.5, 0.56], bands: [0.92, 0.34], strips: [0.36, 0.86] }[facade] as [
    number,
    number,
  ]
  const columns = Math.max(1, Math.floor((building.widthPx - cell * 0.8) / cell))
  const left = building.xPx + (building.widthPx - columns * cell) / 2
  const dark = new Path2D()
  const lamps = [new Path2D(), new Path2D(), new Path2D()] as const
  const rows = Math.min(70, Math.floor((building.basePx - building.topPx - cell * 0.8) / cell))
  for (let y = 0; y < rows; y += 1) {
    // People leave whole floors on or off: lights come in runs.
    const floor = random.chance(0.16) ? 0.15 : random.chance(0.12) ? 2 : 1
    for (let x = 0; x < columns; x += 1) {
      const path = random.chance(share * floor) ? random.pick(lamps) : dark
      path.rect(
        left + (x + (1 - fillX) / 2) * cell,
        building.topPx + cell * (0.6 + y),
        cell * fillX,
        cell * fillY,
      )
    }
  }
  context.fillStyle = css(
    isLit ? mix(own, palette.near, 0.55) : mix(own, palette.sky[1], 0.5),
    0.55 * (1 - depth * 0.6),
  )
  context.fill(dark)
  const isNeon = stage.reading.features.has('neon')
  const neon = [oklch(0.74, 0.2, 345), oklch(0.84, 0.13, 205), oklch(0.9, 0.1, 95)] as const
  const warm = isNeon
    ? neon
    : ([oklch(0.89, 0.13, 82), oklch(0.82, 0.14, 65), oklch(0.93, 0.06, 95)] as const)
  for (const [index, path] of lamps.entries()) {
    context.fillStyle = css(mix(warm[index] ?? warm[0], palette.far, depth * 0.45), 0.95 - depth * 0.3)
    context.fill(path)
  }
}

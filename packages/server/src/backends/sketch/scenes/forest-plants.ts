import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch, type Colour } from '../colour.ts'
import { fillEach, heightAt, smoothPath, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { subjectColour } from '../shading.ts'
import type { Stage } from '../stage.ts'
import { drawGrass } from '../vegetation.ts'

/** A row of trunks. */
export interface TrunkRow {
  /** 0 far, 1 right before the viewer. */
  near: number
  colour: Colour
  mist: Colour
  /** The nearest row stands only at the edges, as a frame. */
  isLast: boolean
}

/** Trunks that leave the picture at its top, with the light side brighter and branches low down. */
export function drawTrunks(stage: Stage, ground: readonly Point[], random: Random, row: TrunkRow): void {
  const { context, widthPx, unitPx, light, palette } = stage
  const width = unitPx * (7 + 62 * row.near ** 2)
  const spacing = unitPx * (38 + 190 * row.near ** 1.3)
  const count = Math.max(3, Math.round(widthPx / spacing))
  const isBirch = stage.reading.features.has('birches')
  for (let index = 0; index < count; index += 1) {
    const t = (index + random.between(0.1, 0.9)) / count
    // The middle stays open: that is where one looks, and where a subject stands.
    if (row.isLast && t > 0.16 && t < 0.84) continue
    if (row.near > 0.55 && t > 0.34 && t < 0.66) continue
    const x = t * widthPx
    const half = (width / 2) * random.between(0.6, 1.25)
    const foot = heightAt(ground, x) + unitPx * 5
    const lean = random.between(-0.05, 0.05) * foot
    const trunk = trunkPath({ x, y: foot }, half, lean)
    context.fillStyle = css(row.colour)
    context.fill(trunk)
    context.save()
    context.clip(trunk)
    context.fillStyle = css(mix(row.colour, palette.glow, 0.5), 0.5)
    context.fill(trunkPath({ x: x + light.side * half * 1.25, y: foot }, half * 0.75, lean))
    if (isBirch) birchMarks(stage, x, half, foot, random)
    context.restore()
    const boughs = random.whole(1, 3)
    for (let bough = 0; bough < boughs; bough += 1)
      drawBough(stage, { x: x + lean * 0.6, y: foot * random.between(0.12, 0.5) }, half, row.colour, random)
  }
}

function trunkPath(foot: Point, half: number, lean: number): Path2D {
  return smoothPath(
    [
      { x: foot.x - half * 1.9, y: foot.y + half * 0.3 },
      { x: foot.x - half * 1.05, y: foot.y - half * 1.6 },
      { x: foot.x - half * 0.85 + lean * 0.5, y: foot.y * 0.5 },
      { x: foot.x - half * 0.62 + lean, y: -20 },
      { x: foot.x + half * 0.62 + lean, y: -20 },
      { x: foot.x + half * 0.85 + lean * 0.5, y: foot.y * 0.5 },
      { x: foot.x + half * 1.05, y: foot.y - half * 1.6 },
      { x: foot.x + half * 1.9, y: foot.y + half * 0.3 },
    ],
    true,
  )
}

function birchMarks(stage: Stage, x: number, half: number, foot: number, random: Random): void {
  const { context } = stage
  context.fillStyle = css(oklch(0.25, 0.01, 60), 0.55)
  for (let index = 0; index < 16; index += 1) {
    const y = foot * random.next()
    context.beginPath()
    context.ellipse(
      x + half * random.between(-1, 1),
      y,
      half * random.between(0.3, 0.8),
      half * random.between(0.06, 0.16),
      0,
      0,
      Math.PI * 2,
    )
    context.fill()
  }
}

function drawBough(stage: Stage, from: Point, half: number, colour: Colour, random: Random): void {
  const { context } = stage
  const side = random.chance(0.5) ? 1 : -1
  const length = half * random.between(4, 9)
  context.strokeStyle = css(colour)
  context.lineCap = 'round'
  context.lineWidth = half * random.between(0.2, 0.4)
  context.beginPath()
  context.moveTo(from.x, from.y)
  context.quadraticCurveTo(
    from.x + side * length * 0.5,
    from.y - length * 0.15,
    from.x + side * length,
    from.y - length * random.between(0.3, 0.7),
  )
  context.stroke()
}

/** Leaves hanging into the picture from above, thicker at the sides. */
export function drawCanopyFringe(stage: Stage, random: Random, row: { near: number; colour: Colour }): void {
  const { context, widthPx, heightPx, unitPx, palette, light, reading } = stage
  if (reading.season === 'winter' || reading.weather.has('snow')) return
  const clumps: Path2D[] = []
  const bright: Path2D[] = []
  const count = Math.min(420, Math.round((widthPx / unitPx) * 0.26 * (1.2 - 0.45 * row.near)))
  const size = unitPx * (9 + 24 * row.near)
  for (let index = 0; index < count; index += 1) {
    const t = random.next()
    const arch = 0.34 + 1.4 * Math.abs(t - 0.5) ** 1.3
    const y = heightPx * (0.34 - 0.12 * row.near) * arch * random.next() ** 1.4
    const radius = size * random.between(0.5, 1.3)
    clumps.push(leafClump({ x: t * widthPx, y }, radius, random))
    if (!random.chance(0.4)) continue
    const lit = { x: t * widthPx + light.side * radius * 0.3, y: y - radius * 0.3 }
    bright.push(leafClump(lit, radius * 0.45, random))
  }
  fillEach(context, row.colour, clumps)
  fillEach(context, mix(row.colour, palette.glow, 0.17), bright)
}

function leafClump(center: Point, radius: number, random: Random): Path2D {
  const path = new Path2D()
  for (let leaf = 0; leaf < 5; leaf += 1) {
    const angle = random.between(0, Math.PI * 2)
    const distance = radius * random.next()
    const x = center.x + Math.cos(angle) * distance
    const y = center.y + Math.sin(angle) * distance * 0.7
    const size = radius * random.between(0.3, 0.62)
    path.moveTo(x + size, y)
    path.ellipse(x, y, size, size * 0.62, random.between(0, Math.PI), 0, Math.PI * 2)
  }
  return path
}

/** Ferns and grass at the feet of a row. */
export function drawFerns(
  stage: Stage,
  ground: readonly Point[],
  random: Random,
  row: { near: number; colour: Colour; dark: Colour },
): void {
  const { context, widthPx, unitPx, heightPx, reading } = stage
  if (reading.season === 'winter' || reading.weather.has('snow')) return
  drawGrass(stage, ground, random.fork('grass'), {
    heightPx: unitPx * (7 + 11 * row.near),
    colour: row.colour,
    dark: row.dark,
  })
  if (reading.season === 'autumn') drawFallenLeaves(stage, ground, random.fork('leaves'), row.near)
  const count = Math.round((widthPx / (1000 * unitPx)) * 16)
  for (let index = 0; index < count; index += 1) {
    const x = random.next() * widthPx
    const y = heightAt(ground, x) + unitPx * random.between(4, 60 * row.near)
    if (y > heightPx * 1.02) continue
    context.fillStyle = css(mix(row.colour, row.dark, random.next()), 0.95)
    context.fill(fern({ x, y }, unitPx * (16 + 46 * row.near) * random.between(0.7, 1.25), random))
  }
}

function drawFallenLeaves(stage: Stage, ground: readonly Point[], random: Random, near: number): void {
  const { context, widthPx, unitPx, palette } = stage
  const pigments = [oklch(0.62, 0.17, 42), oklch(0.72, 0.15, 68), oklch(0.52, 0.15, 30)] as const
  const count = Math.round((widthPx / (1000 * unitPx)) * 110)
  for (let index = 0; index < count; index += 1) {
    const x = random.next() * widthPx
    const y = heightAt(ground, x) + unitPx * random.between(2, 130 * near)
    const size = unitPx * (1.2 + 3.6 * near) * random.between(0.6, 1.2)
    context.fillStyle = css(
      subjectColour(palette, random.pick(pigments), random.between(0.2, 1), 1 - near),
      0.85,
    )
    context.beginPath()
    context.ellipse(x, y, size, size * 0.5, random.between(-0.6, 0.6), 0, Math.PI * 2)
    context.fill()
  }
}

function fern(foot: Point, size: number, random: Random): Path2D {
  const path = new Path2D()
  const fronds = 6
  for (let index = 0; index < fronds; index += 1) {
    const fan = (index / (fronds - 1) - 0.5) * 2.3 + random.between(-0.1, 0.1)
    const tip = {
      x: foot.x + Math.sin(fan) * size,
      y: foot.y - Math.cos(fan * 0.85) * size * 0.9 + Math.abs(fan) * size * 0.2,
    }
    const pull = { x: foot.x + Math.sin(fan) * size * 0.4, y: foot.y - size * 0.85 }
    const leaflets = 7
    for (let leaf = 1; leaf <= leaflets; leaf += 1) {
      const t = leaf / leaflets
      const x = (1 - t) ** 2 * foot.x + 2 * t * (1 - t) * pull.x + t * t * tip.x
      const y = (1 - t) ** 2 * foot.y + 2 * t * (1 - t) * pull.y + t * t * tip.y
      const reach = size * 0.17 * (1.15 - t)
      path.moveTo(x, y - reach)
      path.quadraticCurveTo(x + reach, y, x + reach * 0.4, y + reach)
      path.quadraticCurveTo(x, y + reach * 0.2, x - reach * 0.4, y + reach)
      path.quadraticCurveTo(x - reach, y, x, y - reach)
    }
  }
  return path
}

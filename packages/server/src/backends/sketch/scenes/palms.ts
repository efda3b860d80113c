import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch } from '../colour.ts'
import { smoothPath, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { surface } from '../shading.ts'
import type { Stage } from '../stage.ts'

/** Palms that lean into the picture from its edge, as a frame for the sea. */
export function drawPalms(stage: Stage): void {
  const { widthPx, heightPx, unitPx, light } = stage
  const random = stage.random.fork('palms')
  const side = -light.side
  const count = random.whole(2, 3)
  for (let index = 0; index < count; index += 1) {
    const height = Math.min(unitPx * 640, heightPx * 0.72) * (1 - index * 0.2) * random.between(0.92, 1.05)
    const x = widthPx * 0.5 + side * (widthPx * 0.5 - unitPx * (70 + index * 80) * random.between(0.85, 1.1))
    const lean = -side * height * random.between(0.12, 0.34)
    drawPalm(stage, { x, y: heightPx * (1.03 - index * 0.03) }, height, lean, random.fork(`palm ${index}`))
  }
}

function drawPalm(stage: Stage, foot: Point, height: number, lean: number, random: Random): void {
  const { context, palette, light } = stage
  const bark = mix(surface(palette, oklch(0.48, 0.05, 60), 0.4, 0), palette.near, 0.3)
  const top = { x: foot.x + lean, y: foot.y - height }
  const at = (t: number): Point => ({ x: foot.x + lean * t ** 1.8, y: foot.y - height * t })
  const half = (t: number): number => height * (0.026 - 0.013 * t + 0.012 * Math.max(0, 0.08 - t) * 12)
  const steps = 26
  const left: Point[] = []
  const right: Point[] = []
  for (let step = 0; step <= steps; step += 1) {
    const t = step / steps
    // Rings where old leaves stood give the trunk its teeth.
    const ring = step % 2 === 0 ? 1 : 0.86
    left.push({ x: at(t).x - half(t) * ring, y: at(t).y })
    right.push({ x: at(t).x + half(t) * ring, y: at(t).y })
  }
  const trunk = smoothPath([...left, ...right.toReversed()], true)
  context.fillStyle = css(bark)
  context.fill(trunk)
  context.save()
  context.clip(trunk)
  context.strokeStyle = css(mix(bark, palette.glow, 0.5), 0.7)
  context.lineWidth = height * 0.012
  const shine = smoothPath(
    Array.from({ length: 9 }, (_, step) => ({
      x: at(step / 8).x + light.side * half(step / 8) * 0.75,
      y: at(step / 8).y,
    })),
    false,
  )
  context.stroke(shine)
  context.restore()
  drawCrown(stage, top, height * 0.42, random)
}

/** Fronds from the back to the front, those turned to the light brighter. */
function drawCrown(stage: Stage, top: Point, reach: number, random: Random): void {
  const { context, palette, light } = stage
  const green = surface(palette, oklch(0.5, 0.1, 145), 0.5, 0)
  const angles = [-2.9, -0.25, -2.45, -0.7, -1.95, -1.2, -3.35, 0.2, -2.7, -0.45]
  for (const [index, angle] of angles.entries()) {
    const towards = Math.cos(angle) * light.side
    const colour = mix(mix(green, palette.near, 0.5 - 0.028 * index), palette.glow, towards > 0.2 ? 0.16 : 0)
    context.fillStyle = css(colour)
    context.fill(frond(top, angle + random.between(-0.12, 0.12), reach * random.between(0.82, 1.08)))
  }
  context.fillStyle = css(mix(surface(palette, oklch(0.45, 0.07, 55), 0.4, 0), palette.near, 0.3))
  for (const [x, y] of [
    [-0.05, 0.03],
    [0.05, 0.04],
    [0, 0.07],
  ] as const) {
    context.beginPath()
    context.arc(top.x + x * reach, top.y + y * reach, reach * 0.05, 0, Math.PI * 2)
    context.fill()
  }
}

/** One frond: a spine that rises and falls, with leaflets hanging from both sides. */
function frond(top: Point, angle: number, reach: number): Path2D {
  const path = new Path2D()
  const tip = { x: top.x + Math.cos(angle) * reach, y: top.y + Math.sin(angle) * reach * 0.55 + reach * 0.38 }
  const pull = {
    x: top.x + Math.cos(angle) * reach * 0.5,
    y: top.y + Math.sin(angle) * reach * 0.75 - reach * 0.12,
  }
  const at = (t: number): Point => ({
    x: (1 - t) ** 2 * top.x + 2 * t * (1 - t) * pull.x + t * t * tip.x,
    y: (1 - t) ** 2 * top.y + 2 * t * (1 - t) * pull.y + t * t * tip.y,
  })
  const leaflets = 20
  for (let leaflet = 0; leaflet < leaflets; leaflet += 1) {
    const from = at(leaflet / leaflets)
    const to = at((leaflet + 1.3) / leaflets)
    const size = reach * 0.3 * Math.sin(((leaflet + 1.5) / (leaflets + 1.5)) * Math.PI) ** 0.6
    const along = Math.cos(angle) >= 0 ? 1 : -1
    path.moveTo(from.x, from.y)
    path.quadraticCurveTo(
      from.x + along * size * 0.35,
      from.y + size * 0.3,
      from.x + along * size * 0.42,
      from.y + size * 0.85,
    )
    path.quadraticCurveTo(to.x, to.y + size * 0.3, to.x, to.y)
    path.quadraticCurveTo(
      from.x + along * size * 0.3,
      from.y - size * 0.02,
      from.x + along * size * 0.72,
      from.y - size * 0.12,
    )
    path.quadraticCurveTo(from.x + along * size * 0.2, from.y - size * 0.2, from.x, from.y)
    path.closePath()
  }
  return path
}

import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch, type Colour } from '../colour.ts'
import { below, heightAt, smoothPath, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { subjectColour } from '../shading.ts'
import type { Stage } from '../stage.ts'
import { pigments } from '../words/colour-words.ts'

/** Round trees and bushes in loose groups along a crest. */
export function drawHedgerow(
  stage: Stage,
  line: readonly Point[],
  random: Random,
  hedge: { near: number; colour: Colour; light: Colour },
): void {
  const { context, widthPx, unitPx, light } = stage
  const bodies = new Path2D()
  const tops = new Path2D()
  const groups = Math.round((widthPx / (1000 * unitPx)) * random.between(3, 6))
  for (let group = 0; group < groups; group += 1) {
    const center = random.next() * widthPx
    const members = random.whole(2, 9)
    for (let member = 0; member < members; member += 1) {
      const x = center + random.between(-1, 1) * unitPx * 90
      const size = unitPx * (5 + 20 * hedge.near) * random.between(0.5, 1.25)
      const y = heightAt(line, x) - size * 0.5
      for (const [dx, dy, share] of crownParts) {
        const part = size * share * random.between(0.85, 1.15)
        const at = { x: x + dx * size, y: y + dy * size }
        addCrown(bodies, at, part, random)
        addCrown(tops, { x: at.x + light.side * part * 0.3, y: at.y - part * 0.34 }, part * 0.5, random)
      }
    }
  }
  context.fillStyle = css(hedge.colour)
  context.fill(bodies)
  context.fillStyle = css(mix(hedge.colour, hedge.light, 0.42), 0.6)
  context.fill(tops)
}

/** A tree seen from afar: a middle with two shoulders, as fractions of its size. */
const crownParts = [
  [-0.75, 0.3, 0.66],
  [0.8, 0.34, 0.6],
  [0, -0.12, 0.95],
] as const

function addCrown(path: Path2D, center: Point, size: number, random: Random): void {
  const corners = 9
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = (corner / corners) * Math.PI * 2
    const reach = size * random.between(0.8, 1.15)
    return { x: center.x + Math.cos(angle) * reach * 0.9, y: center.y + Math.sin(angle) * reach }
  })
  path.addPath(smoothPath(points, true))
}

/** Rows of a ploughed or planted field, running together towards the crest. */
export function drawFieldRows(
  stage: Stage,
  line: readonly Point[],
  random: Random,
  field: { near: number; lit: Colour; shade: Colour },
): void {
  const { context, widthPx, heightPx, unitPx } = stage
  const start = random.between(0, 0.5) * widthPx
  const width = random.between(0.28, 0.5) * widthPx
  const vanish = start + width * random.between(-0.4, 1.4)
  context.save()
  context.clip(below(line, heightPx + 1))
  const rows = Math.round(width / (unitPx * (9 + 14 * field.near)))
  for (let row = 0; row < rows; row += 1) {
    const t = row / rows
    const x = start + width * t
    const top = { x: vanish + (x - vanish) * 0.62, y: heightAt(line, vanish + (x - vanish) * 0.62) - unitPx }
    const bottom = { x: vanish + (x - vanish) * 1.7, y: top.y + unitPx * (110 + 150 * field.near) }
    const half = unitPx * (1.2 + 3.5 * field.near)
    context.fillStyle = css(row % 2 === 0 ? field.shade : mix(field.lit, oklch(0.85, 0.12, 100), 0.3), 0.34)
    context.beginPath()
    context.moveTo(top.x - half * 0.4, top.y)
    context.quadraticCurveTo(top.x, (top.y * 2 + bottom.y) / 3, bottom.x - half, bottom.y)
    context.lineTo(bottom.x + half, bottom.y)
    context.quadraticCurveTo(top.x + half, (top.y * 2 + bottom.y) / 3, top.x + half * 0.4, top.y)
    context.fill()
  }
  context.restore()
}

/** A footpath that comes over a hill towards the viewer. */
export function drawPath(stage: Stage, line: readonly Point[], random: Random, colour: Colour): void {
  const { context, widthPx, heightPx, unitPx } = stage
  const x = widthPx * random.between(0.35, 0.65)
  const top = heightAt(line, x)
  const sway = random.between(40, 110) * unitPx * (random.chance(0.5) ? 1 : -1)
  const left: Point[] = []
  const right: Point[] = []
  for (let step = 0; step <= 20; step += 1) {
    const t = step / 20
    const middle = x + Math.sin(t * 4.4) * sway * (0.3 + t)
    const half = unitPx * (1.5 + 26 * t ** 1.4)
    const y = top + unitPx * 260 * t ** 1.15
    left.push({ x: middle - half, y })
    right.push({ x: middle + half, y })
  }
  context.save()
  context.clip(below(line, heightPx + 1))
  context.fillStyle = css(colour, 0.75)
  context.fill(smoothPath([...left, ...right.toReversed()], true))
  context.restore()
}

/** Flowers in drifts: dots far away, blossoms with petals near. */
export function drawFlowers(stage: Stage, line: readonly Point[], random: Random, near: number): void {
  const { context, widthPx, heightPx, unitPx, palette, reading } = stage
  const asked = reading.features.has('flowers') ? reading.sceneColours.map((name) => pigments[name]) : []
  const white = oklch(0.96, 0.02, 95)
  const pigmentsHere = asked.length > 0 ? asked : [palette.accents[0], palette.accents[1], white]
  const count = Math.round(
    (widthPx / (1000 * unitPx)) * (reading.features.has('flowers') ? 150 : 64) * (1.3 - 0.5 * near),
  )
  const centers = Array.from({ length: 6 }, () => random.next() * widthPx)
  for (let index = 0; index < count; index += 1) {
    const center = centers[index % centers.length] ?? 0
    const x = center + (random.next() + random.next() - 1) * widthPx * 0.2
    const down = random.next() ** 1.3
    const y = heightAt(line, x) + unitPx * (6 + 150 * near * down)
    const size = unitPx * (1.6 + 5.6 * near ** 2) * (0.8 + 0.6 * down) * random.between(0.75, 1.2)
    if (y > heightPx + size) continue
    const pigment = pigmentsHere[random.whole(0, pigmentsHere.length - 1)] ?? white
    drawFlower(
      stage,
      { x, y },
      size,
      subjectColour(palette, pigment, random.between(0.5, 1), 1 - near),
      near > 0.6,
      random,
    )
  }
  context.globalAlpha = 1
}

function drawFlower(
  stage: Stage,
  at: Point,
  size: number,
  colour: Colour,
  isNear: boolean,
  random: Random,
): void {
  const { context, palette } = stage
  context.fillStyle = css(colour)
  context.beginPath()
  if (!isNear) {
    context.ellipse(at.x, at.y, size, size * 0.7, 0, 0, Math.PI * 2)
    context.fill()
    return
  }
  const petals = 5
  const turn = random.between(0, 2)
  for (let petal = 0; petal < petals; petal += 1) {
    const angle = turn + (petal / petals) * Math.PI * 2
    const x = at.x + Math.cos(angle) * size * 0.6
    const y = at.y + Math.sin(angle) * size * 0.45
    context.moveTo(x + size * 0.55, y)
    context.ellipse(x, y, size * 0.55, size * 0.42, angle, 0, Math.PI * 2)
  }
  context.fill()
  context.fillStyle = css(mix(palette.accents[1], palette.near, 0.2))
  context.beginPath()
  context.ellipse(at.x, at.y, size * 0.28, size * 0.22, 0, 0, Math.PI * 2)
  context.fill()
}

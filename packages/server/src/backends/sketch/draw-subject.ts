import { createCanvas, type Canvas } from '@napi-rs/canvas'
import { css, mix, type Colour } from './colour.ts'
import type { Random } from './random.ts'
import { membersOf } from './group.ts'
import { contrasting } from './shading.ts'
import type { Spot, Stage } from './stage.ts'
import { createBrush, type Subject } from './subjects/subject.ts'
import { drawMirrored } from './water.ts'
import { pigments } from './words/colour-words.ts'
import type { SubjectReading } from './words/reading.ts'

/** Room around the drawing for what sticks out above it. */
const headroom = 1.12
const footroom = 0.08

/** Draws a subject, once or as a group, with its shadow or reflection. */
export function drawSubject(stage: Stage, subject: Subject, reading: SubjectReading, spot: Spot): void {
  for (const member of membersOf(stage, subject, reading, spot)) {
    const place: Spot = { ...spot, xPx: member.xPx, yPx: member.yPx, heightPx: member.heightPx }
    if (spot.mirrorYPx !== undefined) place.mirrorYPx = spot.mirrorYPx + member.yPx - spot.yPx
    drawOne(stage, subject, reading, place, member.index)
  }
}

function drawOne(stage: Stage, subject: Subject, reading: SubjectReading, spot: Spot, index: number): void {
  const { context, light, widthPx } = stage
  const random = stage.random.fork(`${subject.name} ${index}`)
  const height = spot.heightPx
  const width = Math.ceil(height * subject.aspect)
  // Whole inside the picture; beams of light and the like may leave it.
  const half = Math.min(width, height * 1.18) / 2
  const x = half * 2 > widthPx ? widthPx / 2 : Math.min(widthPx - half, Math.max(half, spot.xPx))
  // Looking into the picture, away from the nearer edge.
  const facing = x < widthPx / 2 ? 1 : -1
  const image = createCanvas(Math.max(1, width), Math.max(1, Math.ceil(height * (headroom + footroom))))
  const paint = image.getContext('2d')
  paint.translate(width / 2, height * headroom)
  paint.scale((facing * height) / 100, height / 100)
  const colours: Colour[] = reading.colours.map((name) => contrasting(pigments[name], spot.behind, 0.12))
  const side = (light.side * facing) as -1 | 1
  subject.draw(createBrush({ context: paint, stage, spot, random, colours, side }))
  const left = Math.round(x - width / 2)
  // In the air a spot is the middle of the subject, on the ground its foot.
  const foot = spot.yPx + (subject.habitat === 'sky' ? height / 2 : 0)
  const top = Math.round(foot - height * headroom)
  if (spot.shadow !== undefined) drawShadow(stage, spot, x, height * Math.min(1, subject.aspect))
  if (spot.mirrorYPx !== undefined) reflect(stage, image, left, spot, height)
  context.drawImage(image, left, top)
  if (spot.mirrorYPx !== undefined) drawWaterline(stage, spot, x, random.fork('waterline'))
}

/** Small waves where the subject cuts the water: without them it would float above it. */
function drawWaterline({ context, palette, unitPx }: Stage, spot: Spot, xPx: number, random: Random): void {
  const light = mix(palette.sky[3], palette.glow, 0.35)
  const half = spot.heightPx * 0.36
  for (let index = 0; index < 14; index += 1) {
    const length = half * random.between(0.25, 0.9)
    const x = xPx + random.between(-1, 1) * (half * 1.15 - length / 2)
    const y = (spot.mirrorYPx ?? spot.yPx) + spot.heightPx * random.between(0.004, 0.05)
    context.fillStyle = css(index % 3 === 0 ? palette.water : light, random.between(0.25, 0.6))
    context.beginPath()
    context.ellipse(x, y, length / 2, unitPx * random.between(0.6, 1.6), 0, 0, Math.PI * 2)
    context.fill()
  }
}

/** The image down to its water line, mirrored below it. */
function reflect(stage: Stage, image: Canvas, leftPx: number, spot: Spot, heightPx: number): void {
  const above = createCanvas(image.width, Math.max(1, Math.round(heightPx * headroom)))
  above.getContext('2d').drawImage(image, 0, 0)
  const mirror = {
    image: above,
    leftPx,
    lineYPx: spot.mirrorYPx ?? spot.yPx,
    alpha: 0.58,
    shakePx: heightPx * 0.016,
  }
  drawMirrored(stage, mirror, stage.random.fork('reflection'))
}

/** A long soft shadow on the ground, away from the light. */
function drawShadow(stage: Stage, spot: Spot, xPx: number, widthPx: number): void {
  const { context, light, palette } = stage
  const isLow = palette.time !== 'day'
  const length = widthPx * (isLow ? 0.85 : 0.5)
  context.save()
  context.translate(xPx, spot.yPx)
  context.scale(1, isLow ? 0.075 : 0.1)
  const gradient = context.createLinearGradient(light.side * length * 0.3, 0, -light.side * length, 0)
  const colour = spot.shadow ?? palette.near
  gradient.addColorStop(0, css(colour, 0.55))
  gradient.addColorStop(1, css(colour, 0))
  context.fillStyle = gradient
  context.beginPath()
  context.ellipse(-light.side * length * 0.35, 0, length * 0.65, length * 0.55, 0, 0, Math.PI * 2)
  context.fill()
  context.restore()
}

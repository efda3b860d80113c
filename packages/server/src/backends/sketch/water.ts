import type { Canvas } from '@napi-rs/canvas'
import { css, mix, type Colour } from './colour.ts'
import { vertical } from './paint.ts'
import type { Random } from './random.ts'
import type { Stage } from './stage.ts'

/** A sheet of water from a line to the bottom of the picture or `bottomPx`. */
export interface Water {
  topPx: number
  bottomPx: number
  /** Colour where the sky is mirrored, at the top. */
  mirrored: Colour
  /** Colour where one looks into it, at the bottom. */
  deep: Colour
}

/** Fills the sheet. */
export function fillWater(stage: Stage, { topPx, bottomPx, mirrored, deep }: Water): void {
  const { context, widthPx, palette } = stage
  // Between the mirrored horizon and the depth lies the colour of the upper sky; a straight mix would be grey.
  const middle = mix(deep, palette.sky[1], 0.45)
  context.fillStyle = vertical(context, topPx, bottomPx, [
    [0, mirrored],
    [0.1, mix(mirrored, middle, 0.5)],
    [0.36, middle],
    [1, deep],
  ])
  context.fillRect(0, topPx, widthPx, bottomPx - topPx + 1)
}

/** Small ripples in perspective: rows closer and finer towards the horizon. */
export function drawRipples(stage: Stage, water: Water, random: Random, strength: number): void {
  const { context, widthPx, unitPx } = stage
  const height = water.bottomPx - water.topPx
  const light = mix(water.mirrored, stage.palette.glow, 0.25)
  const dark = mix(water.deep, stage.palette.near, 0.35)
  if (stage.reading.style === 'minimal') return
  const rows = Math.round(34 + (height / unitPx) * 0.05)
  for (let row = 0; row < rows; row += 1) {
    const t = (row + random.next()) / rows
    const near = t ** 1.7
    const y = water.topPx + height * (0.008 + 0.992 * near)
    const count = Math.ceil((widthPx / (1000 * unitPx)) * (10 - 5 * t))
    const lengths = unitPx * (14 + 95 * near)
    for (let index = 0; index < count; index += 1) {
      const isLight = random.chance(0.52)
      context.fillStyle = css(isLight ? light : dark, strength * random.between(0.14, 0.4))
      lens(
        stage,
        random.next() * widthPx,
        y + random.between(-6, 6) * unitPx * near,
        lengths * random.between(0.4, 1.5),
        unitPx * (0.55 + 2.6 * near) * random.between(0.5, 1.1),
      )
    }
  }
}

/** The road of light towards the sun or the moon. */
export function drawGlitter(stage: Stage, water: Water, random: Random, strength: number): void {
  const { context, unitPx, light, palette } = stage
  const height = water.bottomPx - water.topPx
  const rows = Math.round(70 + (height / unitPx) * 0.06)
  for (let row = 0; row < rows; row += 1) {
    const t = (row + random.next()) / rows
    const near = t ** 1.55
    const y = water.topPx + height * near
    const spread = light.radiusPx * (0.55 + 1.6 * t) + unitPx * 70 * near
    const count = 1 + Math.round(4 * (1 - t) + random.next())
    for (let index = 0; index < count; index += 1) {
      const offset = (random.next() + random.next() - 1) * spread
      const core = 1 - Math.min(1, Math.abs(offset) / spread)
      const colour = mix(palette.glow, palette.disc, 0.35 + 0.65 * core)
      context.fillStyle = css(colour, strength * (0.25 + 0.65 * core) * (1 - 0.72 * near))
      lens(
        stage,
        light.xPx + offset,
        y,
        (light.radiusPx * 0.45 + unitPx * 34 * near) * random.between(0.5, 1.4),
        unitPx * (0.8 + 3.4 * near) * random.between(0.6, 1.1),
      )
    }
  }
}

function lens(stage: Stage, x: number, y: number, lengthPx: number, thicknessPx: number): void {
  const { context } = stage
  context.beginPath()
  context.moveTo(x - lengthPx / 2, y)
  context.quadraticCurveTo(x, y - thicknessPx, x + lengthPx / 2, y)
  context.quadraticCurveTo(x, y + thicknessPx * 0.7, x - lengthPx / 2, y)
  context.fill()
}

/** An image to mirror, and the water line it stands on. */
export interface Mirror {
  image: Canvas
  /** Left edge and width of the image in the picture; its bottom edge is the water line. */
  leftPx: number
  lineYPx: number
  alpha: number
  /** Sideways shake of the far end of the reflection. */
  shakePx: number
}

/**
 * Mirrors an image into the water below it, row by row, each row shifted a little:
 * still water shows an image, moving water breaks it into strips.
 */
export function drawMirrored(stage: Stage, mirror: Mirror, random: Random): void {
  const { context, unitPx, heightPx } = stage
  const { image, leftPx, lineYPx } = mirror
  const rowPx = Math.max(1, Math.round(unitPx * 1.7))
  let phase = random.between(0, 6)
  context.save()
  for (let row = 0; row < image.height; row += rowPx) {
    const y = lineYPx + row
    if (y >= heightPx) break
    const t = row / image.height
    // Waves are longer near the viewer: the image breaks into wider pieces down there.
    phase += (0.14 + random.next() * 0.3) * (1 - 0.45 * t)
    const shift = (Math.sin(phase) + 0.4 * Math.sin(phase * 2.3)) * mirror.shakePx * (0.1 + t)
    const height = Math.min(rowPx, image.height - row)
    context.globalAlpha = mirror.alpha * (1 - t) ** 0.8
    // Flipped: the row next to the line below it is the row next to the line above it.
    context.drawImage(
      image,
      0,
      image.height - row - height,
      image.width,
      height,
      leftPx + shift,
      y,
      image.width,
      height,
    )
  }
  context.restore()
}

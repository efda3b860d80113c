import { css, mix, oklch } from '../colour.ts'
import { vertical } from '../paint.ts'
import { surface } from '../shading.ts'
import type { Stage } from '../stage.ts'

/** The roof right before the viewer. */
export interface Roof {
  yPx: number
}

/** A parapet across the bottom of the picture. */
export function roofOf(stage: Stage): Roof {
  return { yPx: stage.heightPx * stage.random.fork('roof').between(0.84, 0.88) }
}

/** Draws the parapet with its coping, bricks, and a chimney at the edge of the picture. */
export function drawRoof(stage: Stage, { yPx }: Roof): void {
  const { context, palette, unitPx, widthPx, heightPx, light } = stage
  const random = stage.random.fork('roof')
  const brick = mix(surface(palette, oklch(0.46, 0.07, 38), 0.3, 0), palette.near, 0.35)
  const coping = mix(brick, palette.glow, 0.3)
  const chimneyX = light.side > 0 ? widthPx * 0.08 : widthPx * 0.84
  const chimneyTop = yPx - unitPx * random.between(120, 170)
  context.fillStyle = css(mix(brick, palette.near, 0.25))
  context.fillRect(chimneyX, chimneyTop, unitPx * 84, yPx - chimneyTop)
  context.fillStyle = css(coping)
  context.fillRect(chimneyX - unitPx * 6, chimneyTop - unitPx * 12, unitPx * 96, unitPx * 14)
  context.fillStyle = css(mix(brick, palette.near, 0.5))
  for (const at of [12, 48])
    context.fillRect(chimneyX + unitPx * at, chimneyTop - unitPx * 40, unitPx * 24, unitPx * 29)
  context.fillStyle = vertical(context, yPx, heightPx, [
    [0, brick],
    [1, mix(brick, palette.near, 0.75)],
  ])
  context.fillRect(0, yPx, widthPx, heightPx - yPx + 1)
  context.strokeStyle = css(palette.near, 0.35)
  context.lineWidth = unitPx * 1.3
  context.beginPath()
  const course = unitPx * 19
  for (let row = 0; yPx + unitPx * 16 + row * course < heightPx; row += 1) {
    const y = yPx + unitPx * 16 + row * course
    context.moveTo(0, y)
    context.lineTo(widthPx, y)
    for (let x = (row % 2) * unitPx * 24; x < widthPx; x += unitPx * 48) {
      context.moveTo(x, y)
      context.lineTo(x, y + course)
    }
  }
  context.stroke()
  context.fillStyle = vertical(context, yPx - unitPx * 3, yPx + unitPx * 14, [
    [0, coping],
    [0.3, mix(brick, coping, 0.5)],
    [1, mix(brick, palette.near, 0.4)],
  ])
  context.fillRect(0, yPx - unitPx * 3, widthPx, unitPx * 18)
}

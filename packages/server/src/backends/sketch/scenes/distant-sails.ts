import { css, mix, oklch } from '../colour.ts'
import type { Stage } from '../stage.ts'

/** One to three sails near the horizon, a few units tall: they say how wide the sea is. */
export function drawDistantSails(stage: Stage): void {
  const { context, widthPx, unitPx, horizonYPx, palette, light } = stage
  const random = stage.random.fork('distant sails')
  const count = random.whole(1, 3)
  const sail = mix(
    mix(oklch(0.97, 0.01, 90), palette.glow, 0.25),
    palette.far,
    palette.time === 'night' ? 0.55 : 0.15,
  )
  const middle = 0.5 - light.side * random.between(0.05, 0.3)
  for (let index = 0; index < count; index += 1) {
    const size = unitPx * random.between(11, 26)
    const x = widthPx * middle + random.between(-1, 1) * unitPx * 130
    const y = horizonYPx + size * 0.34
    context.fillStyle = css(sail)
    context.beginPath()
    context.moveTo(x, y - size)
    context.quadraticCurveTo(x - size * 0.16, y - size * 0.5, x - size * 0.36, y - size * 0.16)
    context.lineTo(x, y - size * 0.16)
    context.closePath()
    context.moveTo(x + size * 0.05, y - size * 0.9)
    context.quadraticCurveTo(x + size * 0.22, y - size * 0.4, x + size * 0.34, y - size * 0.16)
    context.lineTo(x + size * 0.05, y - size * 0.16)
    context.fill()
    context.fillStyle = css(mix(palette.near, palette.far, 0.25))
    context.beginPath()
    context.moveTo(x - size * 0.36, y - size * 0.12)
    context.lineTo(x + size * 0.4, y - size * 0.12)
    context.lineTo(x + size * 0.28, y)
    context.lineTo(x - size * 0.28, y)
    context.fill()
    context.fillStyle = css(sail, 0.3)
    context.fillRect(x - size * 0.3, y + unitPx, size * 0.6, size * 0.35)
  }
}

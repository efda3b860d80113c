import { css, mix } from './colour.ts'
import type { Stage } from './stage.ts'

/** A few birds far away: two strokes each, which give the sky its size. */
export function drawDistantBirds(stage: Stage): void {
  const { context, widthPx, unitPx, horizonYPx, palette, light } = stage
  const random = stage.random.fork('distant birds')
  const center = {
    x: widthPx * (0.5 + light.side * random.between(0.02, 0.34)),
    y: horizonYPx * random.between(0.3, 0.62),
  }
  context.save()
  context.strokeStyle = css(mix(palette.near, palette.sky[1], 0.25), 0.8)
  context.lineCap = 'round'
  context.lineJoin = 'round'
  const count = random.whole(3, 7)
  for (let index = 0; index < count; index += 1) {
    const size = unitPx * random.between(4.5, 9)
    const x = center.x + random.between(-1, 1) * unitPx * 90
    const y = center.y + random.between(-1, 1) * unitPx * 38
    const lift = random.between(0.25, 0.7)
    const tilt = random.between(-0.25, 0.25)
    context.lineWidth = size * 0.16
    context.beginPath()
    context.moveTo(x - size, y - size * (lift * 0.55 + tilt))
    context.quadraticCurveTo(x - size * 0.45, y - size * lift, x, y)
    context.quadraticCurveTo(x + size * 0.45, y - size * lift, x + size, y - size * (lift * 0.55 - tilt))
    context.stroke()
  }
  context.restore()
}

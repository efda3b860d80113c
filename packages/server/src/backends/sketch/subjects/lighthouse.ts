import { Path2D } from '@napi-rs/canvas'
import { css, oklch } from '../colour.ts'
import { glow } from '../paint.ts'
import type { Brush, Subject } from './subject.ts'

const tower = 'M -12.5 2 C -9.5 -24 -8 -48 -7.2 -73 L 7.2 -73 C 8 -48 9.5 -24 12.5 2 Z'

/** A banded tower with a gallery, a lantern, and the keeper's house at its foot. */
export const lighthouse: Subject = {
  name: 'lighthouse',
  habitat: 'ground',
  homes: ['sea'],
  scale: 1.1,
  aspect: 2.6,
  group: [1, 1],
  draw(brush) {
    drawBeams(brush)
    drawKeepersHouse(brush)
    drawTower(brush)
    drawLantern(brush)
  },
}

const isDark = ({ stage }: Brush): boolean =>
  stage.palette.time === 'night' ||
  stage.palette.time === 'dusk' ||
  stage.reading.weather.has('storm') ||
  stage.reading.weather.has('fog')

function drawBeams(brush: Brush): void {
  const { context } = brush
  if (!isDark(brush)) return
  const lamp = oklch(0.95, 0.08, 92)
  context.save()
  context.globalCompositeOperation = 'screen'
  for (const [reach, rise, strength] of [
    [122, -20, 0.62],
    [-122, 14, 0.4],
  ] as const) {
    const gradient = context.createLinearGradient(0, -81, reach, -81 + rise)
    for (let step = 0; step <= 6; step += 1)
      gradient.addColorStop(step / 6, css(lamp, strength * (1 - step / 6) ** 1.4))
    context.fillStyle = gradient
    context.beginPath()
    context.moveTo(0, -83)
    context.lineTo(reach, -81 + rise - 15)
    context.lineTo(reach, -81 + rise + 15)
    context.lineTo(0, -79)
    context.fill()
  }
  context.restore()
}

function drawTower(brush: Brush): void {
  const { context, colours, tone, side } = brush
  const white = oklch(0.96, 0.012, 90)
  const band = colours[0] ?? oklch(0.56, 0.19, 28)
  const shape = new Path2D(tower)
  const box = { left: -12, top: -75, right: 12, bottom: 0 }
  brush.solid(shape, colours[1] ?? white, box, 0.9)
  context.save()
  context.clip(shape)
  const bands = new Path2D()
  for (const top of [-73, -44.5, -16]) bands.rect(-14, top, 28, 14.3)
  brush.solid(bands, band, box, 0.9)
  context.restore()
  context.fillStyle = css(tone(oklch(0.3, 0.04, 260), 0.4))
  for (const y of [-56, -30])
    context.fill(new Path2D(`M -1.9 ${y} L -1.9 ${y - 4} Q 0 ${y - 6.4} 1.9 ${y - 4} L 1.9 ${y} Z`))
  context.fill(new Path2D('M -3.2 2 L -3.2 -8 Q 0 -12 3.2 -8 L 3.2 2 Z'))
  context.fillStyle = css(tone(white, side < 0 ? 1 : 0.9), 0.25)
  context.fillRect(side * 5 - 1, -73, 1.6, 74)
}

function drawLantern(brush: Brush): void {
  const { context, colours, tone } = brush
  const iron = oklch(0.3, 0.03, 260)
  const cap = colours[0] ?? oklch(0.52, 0.18, 28)
  const lamp = oklch(0.95, 0.09, 92)
  brush.solid(new Path2D('M -10.5 -73 L 10.5 -73 L 8.5 -76 L -8.5 -76 Z'), iron, {
    left: -10,
    top: -76,
    right: 10,
    bottom: -73,
  })
  context.fillStyle = css(isDark(brush) ? lamp : tone(oklch(0.86, 0.05, 220), 0.9))
  context.fillRect(-5, -87, 10, 11)
  context.strokeStyle = css(tone(iron, 0.4))
  context.lineWidth = 0.7
  context.stroke(
    new Path2D(
      'M -5 -87 V -76 M -1.7 -87 V -76 M 1.7 -87 V -76 M 5 -87 V -76 M -10 -79.5 H 10 M -10 -79.5 V -76 M 10 -79.5 V -76 M -6.6 -79.5 V -76 M 6.6 -79.5 V -76',
    ),
  )
  brush.solid(new Path2D('M -6.5 -87 C -6 -93 -3 -96 0 -97 C 3 -96 6 -93 6.5 -87 Z'), cap, {
    left: -6.5,
    top: -97,
    right: 6.5,
    bottom: -87,
  })
  context.fillStyle = css(tone(iron, 0.5))
  context.fillRect(-0.4, -102, 0.8, 6)
  if (!isDark(brush)) return
  glow(context, { x: 0, y: -81.5 }, 30, lamp, 0.85)
  glow(context, { x: 0, y: -81.5 }, 9, lamp, 0.9)
}

function drawKeepersHouse(brush: Brush): void {
  const { context, tone } = brush
  const wall = oklch(0.94, 0.015, 90)
  brush.solid(
    new Path2D('M -9 2 L -9 -15 L -39 -15 L -39 2 Z'),
    wall,
    { left: -39, top: -15, right: -9, bottom: 0 },
    0.8,
  )
  brush.solid(new Path2D('M -6 -14 L -12 -26 L -36 -26 L -42 -14 Z'), oklch(0.46, 0.1, 30), {
    left: -42,
    top: -26,
    right: -6,
    bottom: -14,
  })
  context.fillStyle = css(isDark(brush) ? oklch(0.9, 0.13, 82) : tone(oklch(0.42, 0.05, 245), 0.5))
  for (const x of [-34.6, -26.6, -18.6]) context.fillRect(x, -10.5, 3.6, 5)
}

import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch } from '../colour.ts'
import { glow } from '../paint.ts'
import type { Brush, Subject } from './subject.ts'

const hull = 'M -36 -14 C -20 -10 15 -10 40 -16 C 37 -8 34 -2 31 1.5 L -30 1.5 C -33 -3 -35 -8 -36 -14 Z'
const mainSail = 'M 0 -97 C -15 -73 -29 -46 -34 -21 C -22 -17 -9 -17.5 0 -19 Z'
const jib = 'M 3.2 -90 C 15 -63 28 -40 38 -19 C 27 -15.5 14 -17 5 -22 C 10 -45 8 -70 3.2 -90 Z'

/** A small cutter under main sail and jib, seen from abeam. */
export const sailboat: Subject = {
  name: 'sailboat',
  habitat: 'water',
  homes: ['sea'],
  scale: 0.95,
  aspect: 1.05,
  group: [1, 1],
  draw(brush) {
    const { context, colours, stage, random } = brush
    const white = oklch(0.95, 0.02, 85)
    const sail = colours[0] ?? white
    const second = colours[1] ?? (colours[0] === undefined ? stage.palette.accents[0] : white)
    context.save()
    context.rotate(random.between(0.02, 0.06))
    drawRigging(brush)
    drawSail(brush, mainSail, sail, { left: -34, top: -97, right: 0, bottom: -18 })
    drawSail(brush, jib, mix(sail, white, colours.length > 1 ? 0.92 : 0.16), {
      left: 3,
      top: -90,
      right: 38,
      bottom: -16,
    })
    drawSeams(brush)
    context.restore()
    const body = new Path2D(hull)
    brush.solid(body, colours.length > 0 && colours[1] === undefined ? oklch(0.42, 0.06, 45) : second, {
      left: -36,
      top: -16,
      right: 40,
      bottom: 4,
    })
    context.save()
    context.clip(body)
    context.strokeStyle = css(brush.tone(white, 0.8))
    context.lineWidth = 1.6
    context.stroke(new Path2D('M -40 -9 C -20 -5.5 15 -5.5 42 -11'))
    context.restore()
    brush.rim(body, 1, 0.5)
    drawCrew(brush)
  },
}

function drawRigging({ context, tone }: Brush): void {
  context.strokeStyle = css(tone(oklch(0.4, 0.04, 50), 0.4))
  context.lineCap = 'round'
  context.lineWidth = 1.5
  context.stroke(new Path2D('M 1 -12 L 1 -99'))
  context.lineWidth = 1.2
  context.stroke(new Path2D('M 1 -18.5 L -35 -20'))
  context.lineWidth = 0.35
  context.stroke(new Path2D('M 1 -98 L 40 -16 M 1 -98 L -36 -14'))
  context.fillStyle = css(tone(oklch(0.6, 0.19, 28), 0.8))
  context.fill(new Path2D('M 1 -99.5 C -4 -101 -7 -97 -12 -99 C -7 -96 -4 -96.5 1 -96 Z'))
}

function drawSail(
  brush: Brush,
  outline: string,
  pigment: Parameters<Brush['tone']>[0],
  box: Parameters<Brush['solid']>[2],
): void {
  const { context } = brush
  const shape = new Path2D(outline)
  brush.solid(shape, pigment, box, 0.5)
  // Sails let light through: against the sun they glow instead of going dark.
  context.save()
  context.clip(shape)
  const { palette } = brush.stage
  glow(
    context,
    { x: brush.side * 30, y: -45 },
    78,
    mix(pigment, palette.glow, 0.35),
    palette.time === 'day' ? 0.16 : 0.42,
  )
  context.restore()
  brush.rim(shape, 1.1, 0.55)
}

function drawSeams({ context, tone }: Brush): void {
  context.strokeStyle = css(tone(oklch(0.3, 0.03, 60), 0.4), 0.22)
  context.lineWidth = 0.5
  for (const [from, to, y] of [
    [-13, 0, -74],
    [-22, 0, -55],
    [-29, 0, -36],
  ] as const) {
    context.stroke(new Path2D(`M ${from} ${y} Q ${(from + to) / 2} ${y + 4} ${to} ${y + 1}`))
  }
  context.stroke(new Path2D('M 8.5 -58 Q 14 -55 18 -57 M 8.5 -38 Q 18 -34 27 -37'))
}

function drawCrew({ context, tone }: Brush): void {
  context.fillStyle = css(tone(oklch(0.3, 0.04, 265), 0.35))
  context.fill(new Path2D('M -24 -12 C -25 -18 -23 -21 -20.5 -21 C -17 -21 -16 -17 -15.5 -11.5 Z'))
  context.beginPath()
  context.arc(-20.2, -23, 2.3, 0, Math.PI * 2)
  context.fill()
}

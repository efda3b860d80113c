import { Path2D } from '@napi-rs/canvas'
import { adjust, css, mix, oklch } from '../colour.ts'
import type { Brush, Subject } from './subject.ts'

const body =
  'M -23 1 C -33 -3 -33 -22 -26 -37 C -21 -48 -15 -53 -12 -59 L 12 -59 C 15 -53 21 -48 26 -37 C 33 -22 33 -3 23 1 Z'
const head =
  'M 0 -86 C 5 -86 9 -85 12 -83 L 20 -97 C 22 -90 23 -82 21 -75 C 23 -66 17 -55 0 -55 C -17 -55 -23 -66 -21 -75 C -23 -82 -22 -90 -20 -97 L -12 -83 C -9 -85 -5 -86 0 -86 Z'
const tail = 'M 18 -5 C 40 -2 52 -12 49 -28 C 47 -38 54 -44 60 -40'

/** A sitting cat, seen from behind: it looks where the viewer looks. */
export const cat: Subject = {
  name: 'cat',
  habitat: 'foreground',
  homes: ['city', 'meadow'],
  scale: 0.72,
  aspect: 1.35,
  group: [1, 1],
  draw(brush) {
    const { context, colours, tone, stage } = brush
    const isDay = stage.palette.time === 'day' || stage.palette.time === 'dawn'
    const fur = colours[0] ?? (isDay ? oklch(0.62, 0.12, 58) : oklch(0.3, 0.03, 280))
    const dark = adjust(fur, -0.13)
    context.lineCap = 'round'
    context.lineWidth = 9
    context.strokeStyle = css(tone(mix(fur, dark, 0.4), 0.4))
    context.stroke(new Path2D(tail))
    context.lineWidth = 2.2
    context.strokeStyle = css(mix(tone(fur, 1), stage.palette.glow, 0.5), 0.6)
    context.stroke(new Path2D('M 22 -7.5 C 38 -6 47 -14 46 -28 C 45 -36 51 -44 58 -43'))
    const bodyShape = new Path2D(body)
    brush.solid(bodyShape, fur, { left: -32, top: -62, right: 32, bottom: 0 }, 0.9)
    drawStripes(brush, bodyShape, dark)
    brush.rim(bodyShape, 1.6, 0.8)
    const headShape = new Path2D(head)
    brush.solid(headShape, fur, { left: -22, top: -97, right: 22, bottom: -55 }, 0.9)
    context.fillStyle = css(tone(dark, 0.3), 0.35)
    context.fill(
      new Path2D(
        'M -18.5 -91 L -13 -81 C -16 -79 -19 -77 -20 -75 Z M 18.5 -91 L 13 -81 C 16 -79 19 -77 20 -75 Z',
      ),
    )
    brush.rim(headShape, 1.5, 0.85)
    drawWhiskers(brush)
  },
}

function drawStripes(
  { context, tone, colours }: Brush,
  shape: Path2D,
  dark: Parameters<Brush['tone']>[0],
): void {
  context.save()
  context.clip(shape)
  context.strokeStyle = css(tone(dark, 0.3), colours[0] === undefined ? 0.4 : 0.22)
  context.lineWidth = 2.6
  context.lineCap = 'round'
  for (const y of [-46, -36, -26]) context.stroke(new Path2D(`M -9 ${y} Q 0 ${y + 5} 9 ${y}`))
  context.strokeStyle = css(tone(dark, 0.2), 0.45)
  context.lineWidth = 1.2
  context.stroke(new Path2D('M -30 -6 C -22 -26 -12 -22 -10 1 M 30 -6 C 22 -26 12 -22 10 1'))
  context.restore()
}

function drawWhiskers({ context, stage, tone }: Brush): void {
  context.strokeStyle = css(mix(tone(oklch(0.95, 0.01, 90), 1), stage.palette.glow, 0.3), 0.6)
  context.lineWidth = 0.45
  context.stroke(new Path2D('M 20 -67 L 31 -70 M 20 -65 L 31 -65 M -20 -67 L -31 -70 M -20 -65 L -31 -65'))
}

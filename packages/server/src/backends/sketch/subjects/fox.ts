import { Path2D } from '@napi-rs/canvas'
import { adjust, css, oklch } from '../colour.ts'
import type { Brush, Subject } from './subject.ts'

const tail =
  'M -12 -2 C -24 5 -50 4 -58 -10 C -66 -26 -58 -44 -43 -47 C -48 -36 -46 -27 -38 -22 C -30 -17 -20 -18 -12 -18 Z'
const body =
  'M -19 1 C -28 -8 -26 -30 -12 -45 C -5 -53 2 -57 6 -62 L 26 -55 C 27 -45 24 -36 22 -28 L 23 -4 C 26 -4 28 -2 28 1 Z'
const chest = 'M 11 -57 C 20 -55 25 -53 26 -52 C 26 -44 24 -36 21 -27 C 14 -30 9 -44 11 -57 Z'
const head =
  'M 2 -62 C -1 -73 6 -83 17 -84 C 26 -84.5 32 -79 35 -72 L 49 -63.5 C 51 -61.5 50 -58.5 47 -58 L 36 -55.5 C 28 -51 9 -49 2 -62 Z'
const cheek =
  'M 12 -55 C 16 -62 26 -65 34 -64 L 49 -60.5 C 50 -59 49 -58 47 -58 L 36 -55.5 C 28 -51.5 18 -50.5 12 -55 Z'

/** A sitting fox in profile, its brush around it. */
export const fox: Subject = {
  name: 'fox',
  habitat: 'foreground',
  homes: ['forest', 'meadow'],
  scale: 0.74,
  aspect: 1.4,
  group: [1, 1],
  draw(brush) {
    const { context, colours, tone } = brush
    const fur = colours[0] ?? oklch(0.62, 0.165, 47)
    const cream = oklch(0.94, 0.03, 80)
    const sock = oklch(0.27, 0.035, 40)
    const tailShape = new Path2D(tail)
    brush.solid(tailShape, adjust(fur, -0.03), { left: -60, top: -47, right: -12, bottom: 0 })
    context.save()
    context.clip(tailShape)
    context.fillStyle = css(tone(cream, 0.75))
    context.fill(new Path2D('M -70 -52 L -36 -52 L -42 -37 L -47 -40 L -51 -33 L -55 -37 L -62 -30 Z'))
    context.restore()
    brush.rim(tailShape, 1.3, 0.6)
    drawEar(brush, 'M 18 -83 L 25 -103 L 31.5 -79 Z', 'M 21.5 -84 L 25 -97 L 28.5 -82 Z', fur, 0.3)
    const bodyShape = new Path2D(body)
    brush.solid(bodyShape, fur, { left: -26, top: -62, right: 28, bottom: 0 })
    context.fillStyle = css(tone(cream, 0.8))
    context.fill(new Path2D(chest))
    context.fillStyle = css(tone(sock, 0.45))
    context.fill(new Path2D('M 12.5 -17 L 22.4 -16 L 23 -4 C 26 -4 28 -2 28 1 L 10 1 Z'))
    context.strokeStyle = css(tone(adjust(fur, -0.2), 0.25), 0.55)
    context.lineWidth = 1.4
    context.lineCap = 'round'
    context.stroke(new Path2D('M 9 0 C 12 -16 4 -28 -8 -27 M 15 -27 L 15.5 -3'))
    brush.rim(bodyShape, 1.3, 0.6)
    drawHead(brush, fur, cream)
  },
}

function drawEar(
  { context, tone }: Brush,
  outer: string,
  inner: string,
  fur: Parameters<Brush['tone']>[0],
  lit: number,
): void {
  context.fillStyle = css(tone(fur, lit))
  context.fill(new Path2D(outer))
  context.fillStyle = css(tone(oklch(0.28, 0.03, 40), 0.4))
  context.fill(new Path2D(inner))
}

function drawHead(
  brush: Brush,
  fur: Parameters<Brush['tone']>[0],
  cream: Parameters<Brush['tone']>[0],
): void {
  const { context, tone } = brush
  const shape = new Path2D(head)
  brush.solid(shape, fur, { left: 0, top: -84, right: 44, bottom: -52 })
  context.save()
  context.clip(shape)
  context.fillStyle = css(tone(cream, 0.85))
  context.fill(new Path2D(cheek))
  context.restore()
  brush.rim(shape, 1.1, 0.6)
  drawEar(brush, 'M 4 -75 L 6 -102 L 19 -84 Z', 'M 7.5 -79 L 8.5 -95 L 16 -84 Z', fur, 0.65)
  context.fillStyle = css(oklch(0.2, 0.02, 40))
  context.beginPath()
  context.ellipse(27.5, -70.5, 1.9, 2.3, -0.3, 0, Math.PI * 2)
  context.ellipse(48.6, -62, 2.3, 1.9, 0.3, 0, Math.PI * 2)
  context.fill()
  context.fillStyle = css(oklch(0.98, 0.01, 90))
  context.beginPath()
  context.arc(28.1, -71.3, 0.6, 0, Math.PI * 2)
  context.fill()
}

import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch, type Colour } from '../colour.ts'
import { glow } from '../paint.ts'
import type { Brush, Subject } from './subject.ts'

const envelope =
  'M 0 -100 C 22 -100 37 -86 37 -68 C 37 -50 19 -40 8.5 -24 L -8.5 -24 C -19 -40 -37 -50 -37 -68 C -37 -86 -22 -100 0 -100 Z'
const gores = 12

/** A hot-air balloon: gores in two or three colours, a band, ropes and a basket. */
export const balloon: Subject = {
  name: 'balloon',
  habitat: 'sky',
  homes: ['meadow', 'mountains', 'desert'],
  scale: 0.86,
  aspect: 0.84,
  group: [1, 1],
  draw(brush) {
    const { stage, colours, random } = brush
    const cream = oklch(0.94, 0.035, 85)
    const accents = stage.palette.accents
    const first = colours[0] ?? oklch(0.6, 0.19, random.pick([28, 45, 15] as const))
    const second =
      colours[1] ?? (colours[0] === undefined ? random.pick([cream, accents[1]] as const) : cream)
    drawBasket(brush)
    drawGores(brush, first, second)
    drawBand(brush, colours[2] ?? mix(first, oklch(0.3, 0.06, 270), 0.55), second)
    brush.rim(new Path2D(envelope), 1.5, 0.65)
  },
}

/** Strips from the rim inwards, each drawn over the last: seen from the side they narrow like sines. */
function drawGores(brush: Brush, first: Colour, second: Colour): void {
  const { context, tone, side, stage } = brush
  const shape = new Path2D(envelope)
  for (let gore = 0; gore < gores / 2; gore += 1) {
    const squeeze = Math.cos((gore / (gores / 2)) * (Math.PI / 2))
    context.save()
    context.scale(squeeze, 1)
    context.fillStyle = css(tone(gore % 2 === 0 ? first : second, 0.72))
    context.fill(shape)
    context.restore()
  }
  const focus = { x: side * 16, y: -80 }
  const shade = context.createRadialGradient(focus.x, focus.y, 8, focus.x, focus.y, 74)
  const dark = mix(tone(first, 0), stage.palette.near, 0.55)
  for (let step = 0; step <= 8; step += 1) shade.addColorStop(step / 8, css(dark, 0.82 * (step / 8) ** 1.7))
  context.fillStyle = shade
  context.fill(shape)
  context.save()
  context.clip(shape)
  glow(context, focus, 34, mix(stage.palette.glow, oklch(0.98, 0.02, 90), 0.5), 0.34)
  const isDark = stage.palette.time === 'night' || stage.palette.time === 'dusk'
  // The burner lights the envelope from within.
  if (isDark) glow(context, { x: 0, y: -38 }, 62, oklch(0.85, 0.15, 65), 0.75)
  context.restore()
}

function drawBand(brush: Brush, colour: Colour, light: Colour): void {
  const { context, tone } = brush
  context.save()
  context.clip(new Path2D(envelope))
  context.fillStyle = css(tone(colour, 0.5), 0.85)
  context.fill(new Path2D('M -40 -72 Q 0 -60 40 -72 L 40 -63 Q 0 -50 -40 -63 Z'))
  context.fillStyle = css(tone(light, 0.75), 0.9)
  for (let index = -4; index <= 4; index += 1) {
    const angle = (index / 5) * (Math.PI / 2)
    const x = Math.sin(angle) * 36
    const y = -61.5 - (1 - Math.cos(angle)) * 9
    context.beginPath()
    context.ellipse(x, y, 2.4 * Math.cos(angle), 2.6, 0, 0, Math.PI * 2)
    context.fill()
  }
  context.restore()
}

function drawBasket({ context, tone, side }: Brush): void {
  const rope = tone(oklch(0.4, 0.05, 60), 0.5)
  context.strokeStyle = css(rope, 0.9)
  context.lineWidth = 0.5
  context.stroke(new Path2D('M -8.5 -24 L -5 -9 M 8.5 -24 L 5 -9 M -3.4 -24 L -2.4 -9 M 3.4 -24 L 2.4 -9'))
  const basket = new Path2D('M -5.8 -9.5 L 5.8 -9.5 L 5 -1 Q 0 0.6 -5 -1 Z')
  context.fillStyle = css(tone(oklch(0.56, 0.085, 62), 0.5))
  context.fill(basket)
  context.save()
  context.clip(basket)
  context.fillStyle = css(tone(oklch(0.7, 0.08, 70), 1), 0.6)
  context.fillRect(side > 0 ? 1.5 : -6, -10, 4.5, 11)
  context.restore()
  context.fillStyle = css(tone(oklch(0.36, 0.06, 50), 0.4))
  context.fill(new Path2D('M -6.4 -10.6 L 6.4 -10.6 L 6.4 -8.8 L -6.4 -8.8 Z'))
  context.beginPath()
  context.arc(-2, -12.6, 1.5, 0, Math.PI * 2)
  context.arc(2.2, -12.2, 1.4, 0, Math.PI * 2)
  context.fill()
}

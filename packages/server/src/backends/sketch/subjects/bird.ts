import { Path2D } from '@napi-rs/canvas'
import { css, oklch } from '../colour.ts'
import type { Brush, Subject } from './subject.ts'

const body =
  'M 45 -46 L 34 -50.5 C 29 -56 19 -55 11 -52 C -5 -48 -18 -43 -31 -39 L -52 -40 L -45 -34 L -50 -27 L -29 -31 C -10 -29 14 -33 28 -42.5 C 33 -45 38 -45.5 45 -46 Z'

interface Beat {
  near: string
  far: string
}

/** Three beats of the wings; the near wing and the far one behind the body. */
const beats = [
  {
    near: 'M 14 -48 C 8 -64 -6 -84 -33 -99 C -27 -86 -26 -75 -21 -64 C -19 -56 -15 -47 -8 -42 C 0 -39 12 -42 14 -48 Z',
    far: 'M 16 -50 C 22 -66 34 -84 56 -95 C 49 -82 44 -68 33 -56 C 28 -50 20 -47 16 -50 Z',
  },
  {
    near: 'M 15 -46 C 6 -50 -14 -62 -46 -62 C -60 -62 -70 -58 -78 -54 C -60 -54 -44 -46 -28 -40 C -16 -35 8 -34 15 -46 Z',
    far: 'M 17 -49 C 28 -58 46 -66 76 -66 C 62 -60 48 -50 34 -46 C 26 -44 18 -45 17 -49 Z',
  },
  {
    near: 'M 14 -46 C 4 -40 -10 -22 -36 -8 C -30 -20 -28 -30 -22 -38 C -16 -46 4 -52 14 -46 Z',
    far: 'M 16 -48 C 26 -42 36 -28 54 -20 C 48 -32 42 -42 32 -49 C 26 -53 18 -52 16 -48 Z',
  },
] as const satisfies readonly [Beat, ...Beat[]]

/** A gull in flight; several make a flock. */
export const bird: Subject = {
  name: 'bird',
  habitat: 'sky',
  homes: ['sea', 'mountains', 'meadow'],
  scale: 0.42,
  aspect: 1.75,
  group: [3, 6],
  draw(brush) {
    const { colours, random, spot } = brush
    const plumage = colours[0] ?? (spot.behind.l > 0.5 ? oklch(0.97, 0.01, 90) : oklch(0.9, 0.015, 240))
    const beat = random.pick<Beat>(beats)
    drawWing(brush, beat.far, plumage, 0.15)
    brush.solid(new Path2D(body), plumage, { left: -45, top: -55, right: 40, bottom: -28 }, 0.8)
    drawBeak(brush)
    drawWing(brush, beat.near, plumage, 0.78)
    brush.rim(new Path2D(beat.near), 1, 0.5)
  },
}

function drawWing(brush: Brush, outline: string, plumage: Parameters<Brush['tone']>[0], lit: number): void {
  const { context, tone, colours } = brush
  const shape = new Path2D(outline)
  context.fillStyle = css(tone(plumage, lit))
  context.fill(shape)
  context.save()
  context.clip(shape)
  // Dark hands, as gulls have; a coloured bird keeps its own, deeper.
  const tip = colours[0] === undefined ? oklch(0.36, 0.02, 260) : { ...plumage, l: plumage.l * 0.6 }
  context.fillStyle = css(tone(tip, lit * 0.8), 0.9)
  for (const x of [-1, 1]) context.fillRect(x > 0 ? 42 : -90, -110, 52, 110)
  context.fillRect(-60, -110, 120, 24)
  context.restore()
}

function drawBeak({ context, tone }: Brush): void {
  context.fillStyle = css(tone(oklch(0.76, 0.16, 65), 0.8))
  context.fill(new Path2D('M 36 -49.5 L 46 -46 L 36 -45 Z'))
  context.fillStyle = css(oklch(0.2, 0.02, 260))
  context.beginPath()
  context.arc(30, -49.6, 1.3, 0, Math.PI * 2)
  context.fill()
}

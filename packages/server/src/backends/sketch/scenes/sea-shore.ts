import { css, mix, oklch } from '../colour.ts'
import { createNoise } from '../noise.ts'
import { below, vertical, type Point } from '../paint.ts'
import { surface } from '../shading.ts'
import type { Stage } from '../stage.ts'
import { rimLight } from '../terrain.ts'
import { spray } from '../texture.ts'

/** Where wet sand begins: a slow curve that rises towards the side away from the light. */
export function shoreLine(stage: Stage): Point[] {
  const { widthPx, heightPx, horizonYPx, unitPx, light } = stage
  const random = stage.random.fork('shore')
  const noise = createNoise(random.fork('edge'))
  const base = horizonYPx + (heightPx - horizonYPx) * random.between(0.6, 0.7)
  const slope = (heightPx - horizonYPx) * random.between(0.14, 0.24)
  return Array.from({ length: 161 }, (_, step) => {
    const t = step / 160
    const away = light.side > 0 ? t : 1 - t
    const curve = Math.sin(away * 2.6 + 0.4)
    return {
      x: t * widthPx * 1.04 - widthPx * 0.02,
      y: base + slope * (away - 0.4) - slope * 0.3 * curve + 14 * unitPx * noise.fractal(t * 5, 3),
    }
  })
}

/** Sand with the last waves running up on it. */
export function drawShore(stage: Stage, line: readonly Point[]): void {
  const { context, palette, unitPx, widthPx, heightPx } = stage
  const sand = mix(
    surface(palette, oklch(0.86, 0.075, 78), 0.85, 0),
    palette.glow,
    palette.time === 'night' ? 0.05 : 0.2,
  )
  const wet = mix(mix(sand, palette.near, 0.3), palette.sky[2], 0.35)
  const lifted = (byPx: number): Point[] => line.map(({ x, y }) => ({ x, y: y - byPx }))
  const foam = mix(oklch(0.97, 0.01, 210), palette.sky[3], 0.35)
  for (const [byPx, alpha] of [
    [46, 0.16],
    [27, 0.3],
    [9, 0.85],
  ] as const) {
    context.fillStyle = css(foam, alpha * 0.6)
    context.fill(below(lifted(byPx * unitPx), heightPx + 1))
    rimLight(stage, lifted(byPx * unitPx), foam, alpha, unitPx * 2)
  }
  const shape = below(line, heightPx + 1)
  const top = Math.min(...line.map((point) => point.y))
  context.fillStyle = vertical(context, top, heightPx, [
    [0, wet],
    [0.3, mix(wet, sand, 0.75)],
    [1, mix(sand, palette.near, 0.12)],
  ])
  context.fill(shape)
  const box = { xPx: 0, yPx: top, widthPx, heightPx: heightPx - top }
  const near = mix(sand, palette.near, 0.75)
  spray(context, shape, box, {
    from: { x: widthPx / 2, y: heightPx },
    to: { x: widthPx / 2, y: top },
    colour: near,
    alpha: 0.45,
  })
}

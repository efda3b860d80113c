import { css, mix, oklch } from '../colour.ts'
import { createNoise } from '../noise.ts'
import { below, smoothPath, type Point } from '../paint.ts'
import { surface } from '../shading.ts'
import type { Stage } from '../stage.ts'
import { rimLight } from '../terrain.ts'
import { spray } from '../texture.ts'
import { vertical } from '../paint.ts'

/** A cape that reaches into the sea from one side. */
export interface Headland {
  top: Point[]
  footYPx: number
  /** Where something tall stands best: short of the tip. */
  standXPx: number
}

/** Height that suits a thing on the cape. */
export function standHeightOf({ unitPx, heightPx }: Stage): number {
  return Math.min(330 * unitPx, heightPx * 0.4)
}

/** A cape on the side away from the light, high at the edge of the picture and falling to the sea. */
export function headlandOf(stage: Stage): Headland {
  const { widthPx, heightPx, unitPx, horizonYPx, light } = stage
  const random = stage.random.fork('headland')
  const noise = createNoise(random.fork('outline'))
  const foot = horizonYPx + (heightPx - horizonYPx) * random.between(0.3, 0.42)
  const height = unitPx * random.between(120, 170)
  const standHeight = standHeightOf(stage)
  // Room for what stands there, its outbuildings and a margin to the cliff, however narrow the picture.
  const reach = Math.max(random.between(0.5, 0.6), (0.95 * standHeight) / widthPx / 0.78)
  const top: Point[] = []
  for (let step = 0; step <= 240; step += 1) {
    const t = (step / 240) * 1.04 - 0.02
    const inward = light.side > 0 ? t : 1 - t
    const fall = inward / reach
    // A plateau, then a cliff in two steps.
    const plateau = fall < 0.78 ? 1 - 0.12 * fall : Math.max(0, 0.9 - ((fall - 0.78) / 0.22) ** 1.4)
    const rough = 0.07 * noise.fractal(t * 14, 4) * Math.min(1, plateau * 4)
    top.push({ x: t * widthPx, y: foot - height * Math.max(0, plateau + rough) })
  }
  const stand = reach * 0.78 - (0.36 * standHeight) / widthPx
  return { top, footYPx: foot, standXPx: widthPx * (light.side > 0 ? stand : 1 - stand) }
}

/** Draws the cape: grass above, rock below, surf at its foot. */
export function drawHeadland(stage: Stage, headland: Headland): void {
  const { context, palette, unitPx, widthPx, light } = stage
  const random = stage.random.fork('headland rock')
  const rock = surface(palette, oklch(0.5, 0.04, 60), 0.35, 0.16)
  const grass = surface(palette, oklch(0.6, 0.1, 130), 0.75, 0.12)
  const shape = below(headland.top, headland.footYPx + unitPx)
  const topY = Math.min(...headland.top.map((point) => point.y))
  context.fillStyle = vertical(context, topY, headland.footYPx, [
    [0, grass],
    [0.22, mix(grass, rock, 0.35)],
    [0.4, rock],
    [1, mix(rock, palette.near, 0.55)],
  ])
  context.fill(shape)
  context.save()
  context.clip(shape)
  for (let index = 0; index < 60; index += 1) {
    const x = random.next() * widthPx
    const y = topY + (headland.footYPx - topY) * random.between(0.3, 1)
    const size = unitPx * random.between(10, 34)
    context.fillStyle = css(
      random.chance(0.5) ? palette.near : mix(rock, palette.glow, 0.3),
      random.between(0.1, 0.3),
    )
    const lean = random.between(-0.3, 0.3)
    context.fill(
      smoothPath(
        [
          { x, y: y - size },
          { x: x + size * 0.4, y: y - size * 0.3 },
          { x: x + size * (0.3 + lean), y: y + size },
          { x: x - size * 0.3, y: y + size * 0.6 },
        ],
        true,
      ),
    )
  }
  context.restore()
  const box = { xPx: 0, yPx: topY, widthPx, heightPx: headland.footYPx - topY }
  const from = { x: light.side > 0 ? 0 : widthPx, y: headland.footYPx }
  spray(context, shape, box, { from, to: { x: widthPx / 2, y: topY }, colour: palette.near, alpha: 0.7 })
  rimLight(stage, headland.top, palette.glow, 0.5, unitPx * 1.6)
  surf(stage, headland)
}

function surf(stage: Stage, headland: Headland): void {
  const { context, palette, unitPx, widthPx } = stage
  const random = stage.random.fork('surf')
  const white = mix(oklch(0.97, 0.01, 220), palette.sky[3], 0.45)
  for (let index = 0; index < 70; index += 1) {
    const t = random.next()
    const point = headland.top[Math.floor(t * (headland.top.length - 1))]
    if (point === undefined || point.y > headland.footYPx - unitPx) continue
    context.fillStyle = css(white, random.between(0.15, 0.5))
    context.beginPath()
    context.ellipse(
      point.x + random.between(-20, 20) * unitPx,
      headland.footYPx + random.between(-1, 6) * unitPx,
      unitPx * random.between(8, 34) * Math.min(1.5, widthPx / (1000 * unitPx)),
      unitPx * random.between(0.8, 2.6),
      0,
      0,
      Math.PI * 2,
    )
    context.fill()
  }
}

import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch, type Colour } from '../colour.ts'
import { createNoise, type Noise } from '../noise.ts'
import { heightAt, linear, polygon, type Point } from '../paint.ts'
import { surface } from '../shading.ts'
import type { Stage } from '../stage.ts'
import { spray } from '../texture.ts'

/** Table mountains at the horizon, in two ranks. */
export function drawMesas(stage: Stage, sand: Colour): void {
  const { widthPx, unitPx } = stage
  const random = stage.random.fork('mesas')
  const rock = mix(sand, oklch(0.52, 0.12, 38), 0.65)
  const wide = widthPx / (1000 * unitPx)
  for (let rank = 0; rank < 2; rank += 1) {
    const count = Math.round((rank === 0 ? 4 : 2.4) * Math.max(1, wide))
    for (let index = 0; index < count; index += 1) {
      const width = unitPx * random.between(90, 250) * (1 + rank * 0.3)
      const x = widthPx * ((index + random.between(0.1, 0.9)) / count)
      const height = unitPx * random.between(60, 150) * (0.75 + rank * 0.6)
      drawMesa(
        stage,
        { x, y: stage.horizonYPx + unitPx * 26 },
        width,
        height,
        rock,
        0.72 - rank * 0.32,
        index + rank * 10,
      )
    }
  }
}

function drawMesa(
  stage: Stage,
  foot: Point,
  width: number,
  height: number,
  rock: Colour,
  depth: number,
  salt: number,
): void {
  const { context, palette, light, unitPx } = stage
  const noise = createNoise(stage.random.fork(`mesa ${salt}`))
  const shape = mesaShape(foot, width, height, noise, unitPx)
  const lit = mix(surface(palette, rock, 1, depth), palette.glow, palette.time === 'day' ? 0.04 : 0.16)
  const shade = surface(palette, rock, 0, depth)
  const left = light.side < 0
  context.fillStyle = linear(context, { x: foot.x - width / 2, y: 0 }, { x: foot.x + width / 2, y: 0 }, [
    [0, left ? lit : shade],
    [0.55, mix(lit, shade, 0.5)],
    [1, left ? shade : lit],
  ])
  context.fill(shape)
  context.save()
  context.clip(shape)
  for (let band = 0; band < 7; band += 1) {
    context.fillStyle = css(band % 2 === 0 ? shade : mix(lit, oklch(0.85, 0.07, 70), 0.3), 0.22)
    const y = foot.y - height * (1 - band * 0.085) + noise.at(band * 3) * unitPx * 3
    context.fillRect(foot.x - width, y, width * 2, height * 0.034 * (1 + noise.at(band * 7)))
  }
  context.restore()
  spray(
    context,
    shape,
    { xPx: foot.x - width, yPx: foot.y - height, widthPx: width * 2, heightPx: height },
    {
      from: { x: 0, y: foot.y },
      to: { x: 0, y: foot.y - height },
      colour: mix(shade, palette.far, 0.4),
      alpha: 0.8,
    },
  )
}

function mesaShape(foot: Point, width: number, height: number, noise: Noise, unitPx: number): Path2D {
  const edge = (sign: number): Point[] =>
    Array.from({ length: 15 }, (_, step) => {
      const t = step / 14
      // A cliff above, a slope of rubble below.
      const out =
        t < 0.52
          ? 0.34 + 0.05 * t + 0.02 * noise.at(t * 9 + sign * 5)
          : 0.366 + 0.33 * ((t - 0.52) / 0.48) ** 1.2
      return {
        x: foot.x + sign * width * out,
        y: foot.y - height * (1 - t) + noise.at(t * 6 + sign * 9) * unitPx * 2,
      }
    })
  return polygon([...edge(-1).toReversed(), ...edge(1)])
}

/** Saguaros on the nearest dune. */
export function drawCacti(stage: Stage, ground: readonly Point[]): void {
  const { widthPx, heightPx, unitPx, light } = stage
  const random = stage.random.fork('cacti')
  const places = [
    0.5 + light.side * 0.33,
    0.5 - light.side * random.between(0.2, 0.32),
    0.5 + light.side * 0.16,
  ]
  for (const [index, t] of places.entries()) {
    const height = Math.min(unitPx * 250, heightPx * 0.32) * (1 - index * 0.3) * random.between(0.85, 1.1)
    drawCactus(
      stage,
      { x: t * widthPx, y: heightAt(ground, t * widthPx) + unitPx * (46 - index * 16) },
      height,
      random.chance(0.5),
    )
  }
}

function drawCactus(stage: Stage, foot: Point, height: number, isTurned: boolean): void {
  const { context, palette, light } = stage
  const green = surface(palette, oklch(0.5, 0.085, 150), 0.4, 0)
  context.save()
  context.translate(foot.x, foot.y)
  context.scale(((isTurned ? -1 : 1) * height) / 100, height / 100)
  const side = light.side * (isTurned ? -1 : 1)
  context.lineCap = 'round'
  context.lineJoin = 'round'
  const limbs: readonly (readonly [string, number])[] = [
    ['M 0 2 L 0 -92', 15],
    ['M 0 -34 L -17 -36 Q -25 -37 -25 -46 L -25 -70', 10],
    ['M 0 -46 L 15 -47 Q 23 -48 23 -57 L 23 -80', 9.5],
  ]
  for (const [limb, width] of limbs) {
    const path = new Path2D(limb)
    context.lineWidth = width
    context.strokeStyle = css(mix(green, palette.near, 0.42))
    context.stroke(path)
    context.lineWidth = width * 0.3
    context.translate(side * width * 0.2, 0)
    context.strokeStyle = css(mix(green, palette.glow, 0.35), 0.85)
    context.stroke(path)
    context.lineWidth = width * 0.09
    context.translate(-side * width * 0.32, 0)
    context.strokeStyle = css(palette.near, 0.4)
    context.stroke(path)
    context.translate(side * width * 0.12, 0)
  }
  context.restore()
}

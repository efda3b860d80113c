import { Path2D } from '@napi-rs/canvas'
import { adjust, css, mix, oklch, type Colour } from '../colour.ts'
import { createNoise } from '../noise.ts'
import { glow, smoothPath, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import type { Stage } from '../stage.ts'
import { spray } from '../texture.ts'

/** A planet or moon in the sky. */
export interface Planet {
  center: Point
  radiusPx: number
  colour: Colour
  second: Colour
  kind: 'bands' | 'craters'
  hasRing: boolean
  tilt: number
  random: Random
}

/** A great planet on the side away from the light, and up to two moons. */
export function planetsOf(stage: Stage): Planet[] {
  const { widthPx, heightPx, unitPx, light, palette, sceneColour } = stage
  const random = stage.random.fork('planets')
  const main: Planet = {
    center: {
      x: widthPx * (0.5 - light.side * random.between(0.12, 0.24)),
      y: heightPx * random.between(0.32, 0.46),
    },
    radiusPx: Math.min(unitPx * random.between(150, 240), Math.min(widthPx, heightPx) * 0.27),
    colour:
      sceneColour ??
      random.pick([
        palette.accents[0],
        palette.accents[1],
        oklch(0.68, 0.11, palette.glow.h + 130),
        oklch(0.74, 0.1, 60),
      ]),
    second: random.pick([oklch(0.9, 0.05, 80), palette.accents[1], palette.accents[2]]),
    kind: random.chance(0.72) ? 'bands' : 'craters',
    hasRing: stage.reading.features.has('planet') ? random.chance(0.8) : random.chance(0.55),
    tilt: random.between(0.18, 0.45) * (random.chance(0.5) ? 1 : -1),
    random: random.fork('main'),
  }
  const moons = random.whole(1, 2)
  const others = Array.from({ length: moons }, (_, index): Planet => {
    const angle = random.between(-0.5, 0.9) + index * 2.2
    const reach = main.radiusPx * random.between(2.1, 2.9)
    return {
      center: {
        x: main.center.x + light.side * Math.cos(angle) * reach,
        y: main.center.y + Math.sin(angle) * reach * 0.7,
      },
      radiusPx: main.radiusPx * random.between(0.13, 0.24),
      colour: mix(oklch(0.8, 0.03, 80), palette.glow, 0.35),
      second: palette.near,
      kind: 'craters',
      hasRing: false,
      tilt: 0,
      random: random.fork(`moon ${index}`),
    }
  })
  return [...others, main]
}

/** Draws a planet: the far half of its ring, the ball with its night side, the near half. */
export function drawPlanet(stage: Stage, planet: Planet): void {
  const { context, palette, light } = stage
  const { center, radiusPx } = planet
  glow(context, center, radiusPx * 1.7, mix(planet.colour, palette.glow, 0.5), 0.35)
  if (planet.hasRing) drawRing(stage, planet, 'far')
  const ball = new Path2D()
  ball.arc(center.x, center.y, radiusPx, 0, Math.PI * 2)
  context.save()
  context.clip(ball)
  context.fillStyle = css(planet.colour)
  context.fill(ball)
  if (planet.kind === 'bands') drawBands(stage, planet)
  else drawCraters(stage, planet)
  const focus = { x: center.x + light.side * radiusPx * 0.55, y: center.y - radiusPx * 0.5 }
  const night = context.createRadialGradient(
    focus.x,
    focus.y,
    radiusPx * 0.2,
    focus.x,
    focus.y,
    radiusPx * 1.75,
  )
  const dark = mix(palette.near, palette.sky[0], 0.4)
  for (let step = 0; step <= 8; step += 1) night.addColorStop(step / 8, css(dark, 0.96 * (step / 8) ** 1.5))
  context.fillStyle = night
  context.fill(ball)
  glow(context, focus, radiusPx * 0.95, mix(palette.disc, planet.colour, 0.4), 0.38)
  context.restore()
  const box = {
    xPx: center.x - radiusPx,
    yPx: center.y - radiusPx,
    widthPx: radiusPx * 2,
    heightPx: radiusPx * 2,
  }
  const from = { x: center.x - light.side * radiusPx, y: center.y + radiusPx * 0.7 }
  spray(context, ball, box, {
    from,
    to: { x: center.x + light.side * radiusPx * 0.5, y: center.y - radiusPx * 0.4 },
    colour: dark,
    alpha: 0.85,
  })
  if (planet.hasRing) drawRing(stage, planet, 'near')
}

function drawBands(stage: Stage, planet: Planet): void {
  const { context } = stage
  const { center, radiusPx, random, colour, second } = planet
  const noise = createNoise(random.fork('bands'))
  context.save()
  context.translate(center.x, center.y)
  context.rotate(planet.tilt)
  const bands = 13
  for (let band = 0; band < bands; band += 1) {
    const y = radiusPx * (-1.05 + (2.1 * (band + random.next() * 0.6)) / bands)
    const height = (radiusPx / bands) * random.between(0.6, 2)
    const tone = random.next()
    context.fillStyle = css(
      tone < 0.4
        ? mix(colour, second, random.between(0.25, 0.7))
        : adjust(colour, random.between(-0.14, 0.07)),
      0.75,
    )
    const points: Point[] = []
    for (let step = 0; step <= 16; step += 1) {
      const x = radiusPx * (-1.1 + (2.2 * step) / 16)
      points.push({ x, y: y + noise.fractal(step * 0.28 + band * 5, 2) * height * 0.6 })
    }
    const bottom = points.map((point, index) => ({
      x: point.x,
      y: point.y + height * (0.8 + 0.4 * noise.at(index * 0.4 + band)),
    }))
    context.fill(smoothPath([...points, ...bottom.toReversed()], true))
  }
  context.restore()
}

function drawCraters(stage: Stage, planet: Planet): void {
  const { context, light } = stage
  const { center, radiusPx, random, colour } = planet
  for (let index = 0; index < 22; index += 1) {
    const angle = random.between(0, Math.PI * 2)
    const distance = radiusPx * Math.sqrt(random.next()) * 0.95
    const size = radiusPx * random.between(0.03, 0.2) * (1.1 - (distance / radiusPx) * 0.5)
    const x = center.x + Math.cos(angle) * distance
    const y = center.y + Math.sin(angle) * distance
    context.fillStyle = css(adjust(colour, -0.13), 0.6)
    context.beginPath()
    context.arc(x, y, size, 0, Math.PI * 2)
    context.fill()
    context.fillStyle = css(adjust(colour, -0.04), 0.8)
    context.beginPath()
    context.arc(x - light.side * size * 0.16, y + size * 0.16, size * 0.8, 0, Math.PI * 2)
    context.fill()
  }
}

function drawRing(stage: Stage, planet: Planet, half: 'near' | 'far'): void {
  const { context, palette } = stage
  const { center, radiusPx, colour, second } = planet
  context.save()
  context.translate(center.x, center.y)
  context.rotate(planet.tilt)
  const [from, to] = half === 'far' ? [Math.PI, Math.PI * 2] : [0, Math.PI]
  for (let ring = 0; ring < 9; ring += 1) {
    // A gap, as every ring worth drawing has.
    if (ring === 5) continue
    const reach = radiusPx * (1.36 + ring * 0.085)
    context.strokeStyle = css(
      mix(mix(colour, second, 0.4 + 0.06 * ring), palette.disc, half === 'near' ? 0.25 : 0),
      (half === 'near' ? 0.85 : 0.5) - ring * 0.045,
    )
    context.lineWidth = radiusPx * (ring % 3 === 1 ? 0.07 : 0.045)
    context.beginPath()
    context.ellipse(0, 0, reach, reach * 0.24, 0, from, to)
    context.stroke()
  }
  context.restore()
}

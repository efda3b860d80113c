import { acrossPx } from '../place.ts'
import { css, mix, oklch } from '../colour.ts'
import { createNoise } from '../noise.ts'
import { glow, heightAt, vertical, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { drawStars } from '../sky.ts'
import type { Composition, Habitat, Layer, Scene, Spot, Stage } from '../stage.ts'
import { fillLand, ridgeLine, rimLight } from '../terrain.ts'
import { noiseCloud, spray } from '../texture.ts'
import { below } from '../paint.ts'
import { drawPlanet, planetsOf } from './planet.ts'

/** Nebulae, stars and planets, sometimes over the ground of another world. */
export const space: Scene = {
  name: 'space',
  horizon: (random: Random): number => random.between(0.8, 0.88),

  compose(stage: Stage): Composition {
    const { reading, habitats, heightPx, unitPx, palette } = stage
    const plan = stage.random.fork('space plan')
    const hasGround = habitats.has('ground') || habitats.has('foreground') || plan.chance(0.45)
    const hasPlanets = !reading.features.has('galaxy') || reading.features.has('planet') || plan.chance(0.5)
    const planets = hasPlanets ? planetsOf(stage) : []
    const ground = hasGround ? groundLine(stage) : undefined
    const back: Layer[] = [
      { name: 'dark', draw: () => drawDark(stage) },
      { name: 'nebula', draw: () => drawNebula(stage, reading.features.has('galaxy') ? 1.25 : 0.9) },
      { name: 'stars', draw: () => drawStars(stage, 1.7, heightPx * 1.15) },
      ...planets.map((planet, index) => ({
        name: `planet ${index + 1}`,
        draw: () => drawPlanet(stage, planet),
      })),
    ]
    if (ground !== undefined) back.push({ name: 'ground', draw: () => drawGround(stage, ground) })
    return {
      back,
      front: [],
      spot(habitat: Habitat, index: number, total: number): Spot {
        const random = stage.random.fork(`spot ${habitat} ${index}`)
        const x = acrossPx(stage, random, index, total, [0.1, 0.2])
        const isFloating = habitat === 'sky' || habitat === 'water' || ground === undefined
        const height = Math.min(320 * unitPx, heightPx * 0.4)
        if (isFloating) {
          return {
            xPx: x,
            yPx: heightPx * (habitat === 'sky' ? 0.42 : 0.62),
            heightPx: height,
            depth: 0.05,
            behind: palette.sky[0],
          }
        }
        return {
          xPx: x,
          yPx: heightAt(ground, x) + 12 * unitPx,
          heightPx: height,
          depth: 0.02,
          behind: palette.sky[1],
          shadow: palette.near,
        }
      },
    }
  },
}

function drawDark(stage: Stage): void {
  const { context, widthPx, heightPx, palette } = stage
  const [zenith, upper, lower] = palette.sky
  context.fillStyle = vertical(context, 0, heightPx, [
    [0, mix(zenith, palette.near, 0.45)],
    [0.55, zenith],
    [1, mix(upper, lower, 0.3)],
  ])
  context.fillRect(0, 0, widthPx, heightPx)
}

function drawNebula(stage: Stage, strength: number): void {
  const { context, widthPx, heightPx, palette, unitPx } = stage
  const random = stage.random.fork('nebula')
  const lean = random.between(-0.9, 0.9)
  const middle = random.between(0.38, 0.58)
  const hue = palette.glow.h
  const turn = random.pick([55, 80, -60, 110] as const)
  const inks = [
    oklch(0.46, 0.15, hue),
    oklch(0.54, 0.17, hue + turn),
    oklch(0.76, 0.13, hue + turn * 1.5),
  ] as const
  const cellsX = Math.min(150, Math.round((110 * widthPx) / (1000 * unitPx)))
  const cellsY = Math.min(150, Math.round((110 * heightPx) / (1000 * unitPx)))
  context.save()
  context.globalCompositeOperation = 'screen'
  context.imageSmoothingQuality = 'high'
  const warp = createNoise(random.fork('warp'))
  for (const [index, ink] of inks.entries()) {
    const noise = createNoise(random.fork(`ink ${index}`))
    const opacity = 0.95 - index * 0.17
    const cloud = noiseCloud(cellsX, cellsY, ink, (x, y) => {
      // Noise that moves noise: filaments instead of blots.
      const wx = x * 3 + 0.9 * warp.fractal(x * 2.5 + 3, 3, y * 2.5 + index)
      const wy = y * 3 + 0.9 * warp.fractal(x * 2.5 + 40, 3, y * 2.5 + index + 5)
      const distance = y - middle - lean * (x - 0.5)
      const band = Math.exp(-((distance / (0.3 - index * 0.06)) ** 2))
      const body = 0.5 + 1.1 * noise.fractal(wx * (1 + index * 0.4), 5, wy * (1 + index * 0.4) + 0.3)
      return strength * band * Math.max(0, body) ** (1.5 + index * 0.7) * opacity
    })
    context.drawImage(cloud, 0, 0, widthPx, heightPx)
  }
  context.restore()
  glow(
    context,
    { x: widthPx * (0.5 + random.between(-0.2, 0.2)), y: heightPx * middle },
    widthPx * 0.3,
    inks[2],
    0.3,
  )
}

function groundLine(stage: Stage): Point[] {
  const { heightPx, horizonYPx, unitPx } = stage
  return ridgeLine(stage, stage.random.fork('ground'), {
    baseYPx: horizonYPx + (heightPx - horizonYPx) * 0.55,
    heightPx: 150 * unitPx,
    frequency: 1.7,
    octaves: 5,
    kind: 'rugged',
    envelope: (t) => 0.35 + 1.3 * Math.abs(t - 0.5),
  })
}

/** Rock and craters under a black sky. */
function drawGround(stage: Stage, line: readonly Point[]): void {
  const { context, widthPx, heightPx, unitPx, palette, light } = stage
  const random = stage.random.fork('craters')
  const rock = mix(mix(palette.far, palette.near, 0.5), oklch(0.4, 0.06, palette.glow.h + 40), 0.35)
  fillLand(stage, line, heightPx, rock, { colour: palette.near, amount: 0.85 })
  const top = line.reduce((least, point) => Math.min(least, point.y), heightPx)
  const shape = below(line, heightPx + 1)
  context.save()
  context.clip(shape)
  for (let index = 0; index < 16; index += 1) {
    const x = random.next() * widthPx
    const t = random.next()
    const y = heightAt(line, x) + (heightPx - heightAt(line, x)) * (0.2 + 0.75 * t)
    const size = unitPx * (7 + 42 * t) * random.between(0.6, 1.3)
    context.fillStyle = css(palette.near, 0.55)
    context.beginPath()
    context.ellipse(x, y, size, size * 0.26, 0, 0, Math.PI * 2)
    context.fill()
    context.strokeStyle = css(mix(rock, palette.glow, 0.5), 0.6)
    context.lineWidth = unitPx * 1.5
    context.beginPath()
    context.ellipse(
      x,
      y,
      size,
      size * 0.26,
      0,
      light.side > 0 ? Math.PI * 0.6 : Math.PI * 1.6 - Math.PI * 1.2,
      light.side > 0 ? Math.PI * 1.15 : Math.PI * 0.9,
    )
    context.stroke()
  }
  context.restore()
  const box = { xPx: 0, yPx: top, widthPx, heightPx: heightPx - top }
  spray(context, shape, box, {
    from: { x: light.side > 0 ? 0 : widthPx, y: top },
    to: { x: light.side > 0 ? widthPx : 0, y: top },
    colour: palette.near,
    alpha: 0.8,
  })
  rimLight(stage, line, palette.glow, 0.7, unitPx * 1.6)
}

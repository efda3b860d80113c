import { css, mix, type Colour } from '../colour.ts'
import { createNoise } from '../noise.ts'
import { below, heightAt, linear, smoothPath, vertical, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import type { Stage } from '../stage.ts'
import { rimLight, topOf } from '../terrain.ts'
import { spray } from '../texture.ts'

/** One dune: its outline against what is behind it, and the ridge that comes down towards the viewer. */
export interface Dune {
  crest: Point[]
  /** From the summit to the foot; light on one side of it, shade on the other. */
  spine: Point[]
  footYPx: number
  /** 0 at the horizon, 1 before the viewer. */
  near: number
}

/** A dune with one summit, long on its windward side. Rows alternate, so that their lines cross. */
export function duneOf(stage: Stage, random: Random, row: number, near: number, baseYPx: number): Dune {
  const { widthPx, heightPx, unitPx } = stage
  const noise = createNoise(random.fork('outline'))
  const summit = row % 2 === 0 ? random.between(0.15, 0.42) : random.between(0.58, 0.85)
  const height = Math.min(unitPx * (80 + 190 * near), heightPx * 0.26) * random.between(0.75, 1.1)
  const crest = Array.from({ length: 201 }, (_, step) => {
    const t = (step / 200) * 1.06 - 0.03
    const side = t < summit ? (summit - t) / 0.62 : (t - summit) / 0.55
    const rise = Math.max(0, 1 - side) ** 1.55
    const roll = 0.2 * noise.fractal((t * widthPx) / (620 * unitPx), 2)
    return { x: t * widthPx, y: baseYPx - height * (rise + roll * (1 - rise * 0.8)) }
  })
  const top = { x: summit * widthPx, y: heightAt(crest, summit * widthPx) }
  const foot = Math.min(heightPx * 1.05, baseYPx + unitPx * (90 + 420 * near))
  const sway = random.between(0.5, 1) * (random.chance(0.5) ? 1 : -1)
  const spine = Array.from({ length: 25 }, (_, step) => {
    const t = step / 24
    const bend = Math.sin(t * Math.PI * 1.35) * sway * 150 * unitPx * (0.4 + near)
    return {
      x: top.x + bend * (0.25 + t) + noise.at(t * 4) * 16 * unitPx * t,
      y: top.y + (foot - top.y) * t ** 0.9,
    }
  })
  return { crest, spine, footYPx: foot, near }
}

/** Draws a dune: the lit body, its shaded flank, wind ripples on the nearest. */
export function drawDune(
  stage: Stage,
  dune: Dune,
  { lit, shade }: { lit: Colour; shade: Colour },
  isLast: boolean,
): void {
  const { context, widthPx, heightPx, unitPx, palette, light } = stage
  const { crest, spine } = dune
  const body = below(crest, heightPx + 1)
  const top = topOf(crest)
  context.fillStyle = vertical(context, top, Math.min(heightPx, dune.footYPx), [
    [0, lit],
    [0.5, mix(lit, shade, 0.16)],
    [1, mix(lit, shade, 0.42)],
  ])
  context.fill(body)
  context.save()
  context.clip(body)
  const away = -light.side
  const edgeX = away > 0 ? widthPx * 1.05 : -widthPx * 0.05
  const flank = smoothPath(
    [
      ...spine,
      { x: edgeX, y: dune.footYPx },
      { x: edgeX, y: top - unitPx * 20 },
      { x: spine[0]?.x ?? 0, y: top - unitPx * 20 },
    ],
    true,
  )
  const start = spine[0] ?? { x: widthPx / 2, y: top }
  context.fillStyle = linear(context, { x: start.x, y: 0 }, { x: start.x + away * widthPx * 0.62, y: 0 }, [
    [0, shade, 0.96],
    [0.5, mix(shade, lit, 0.25), 0.8],
    [1, mix(shade, lit, 0.6), 0.25],
  ])
  context.fill(flank)
  context.restore()
  if (isLast) drawWindRipples(stage, dune, mix(lit, shade, 0.55))
  const box = { xPx: 0, yPx: top, widthPx, heightPx: Math.min(heightPx, dune.footYPx) - top }
  spray(context, body, box, {
    from: { x: 0, y: box.yPx + box.heightPx },
    to: { x: 0, y: top },
    colour: shade,
    alpha: 0.5,
  })
  rimLight(stage, crest, mix(lit, palette.glow, 0.6), 0.55, unitPx * (0.8 + dune.near))
}

/** The fine lines that wind draws into sand. */
function drawWindRipples(stage: Stage, dune: Dune, colour: Colour): void {
  const { context, widthPx, heightPx, unitPx } = stage
  const noise = createNoise(stage.random.fork('wind'))
  context.save()
  context.clip(below(dune.crest, heightPx + 1))
  context.lineCap = 'round'
  const rows = 34
  for (let row = 1; row < rows; row += 1) {
    const t = row / rows
    const drop = unitPx * (14 + 470 * t ** 1.5)
    context.strokeStyle = css(colour, 0.12 + 0.28 * t)
    context.lineWidth = unitPx * (0.6 + 2.4 * t)
    context.beginPath()
    let isDown = false
    for (let step = 0; step <= 90; step += 1) {
      const x = (step / 90) * widthPx
      const gap = noise.at(step * 0.16 + row * 7.7) < -0.35
      const y =
        heightAt(dune.crest, x) * 0.55 +
        (topOf(dune.crest) + 60 * unitPx) * 0.45 +
        drop +
        unitPx * 13 * (0.3 + t) * noise.fractal(step * 0.11 + row * 0.33, 2)
      if (gap) isDown = false
      else if (isDown) context.lineTo(x, y)
      else {
        context.moveTo(x, y)
        isDown = true
      }
    }
    context.stroke()
  }
  context.restore()
}

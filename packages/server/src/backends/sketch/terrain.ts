import { css, mix, type Colour } from './colour.ts'
import { createNoise } from './noise.ts'
import { below, vertical, type Point } from './paint.ts'
import type { Random } from './random.ts'
import type { Stage } from './stage.ts'

/** The outline of a piece of land. */
export interface RidgeShape {
  /** Where the land meets what is before it. */
  baseYPx: number
  /** Height of the highest crest over the base. */
  heightPx: number
  /** Crests across 1,000 units. */
  frequency: number
  octaves: number
  /** `rolling`: hills and dunes. `rugged`: crests and cliffs. */
  kind: 'rolling' | 'rugged'
  /** Multiplies the height along the picture, `t` 0 (left) to 1 (right). */
  envelope?: (t: number) => number
}

/** Beyond the edges, so that strokes along the line never end inside the picture. */
const overhang = 0.04

/** An outline from the left edge to the right, as points about four units apart. */
export function ridgeLine(stage: Stage, random: Random, shape: RidgeShape): Point[] {
  const noise = createNoise(random)
  const shift = random.between(0, 200)
  const steps = Math.min(1400, Math.ceil(stage.widthPx / (3.2 * stage.unitPx)))
  const points: Point[] = []
  for (let step = 0; step <= steps; step += 1) {
    const t = (step / steps) * (1 + 2 * overhang) - overhang
    const along = ((t * stage.widthPx) / (1000 * stage.unitPx)) * shape.frequency + shift
    const rise =
      shape.kind === 'rolling'
        ? 0.5 + 0.95 * noise.fractal(along, shape.octaves)
        : 1.25 * noise.ridged(along, shape.octaves) - 0.25 + 0.3 * noise.at(along * 0.5 + 40)
    const envelope = shape.envelope?.(t) ?? 1
    points.push({ x: t * stage.widthPx, y: shape.baseYPx - shape.heightPx * Math.max(0, rise) * envelope })
  }
  return points
}

/** The highest point of a line. */
export function topOf(line: readonly Point[]): number {
  return line.reduce((top, point) => Math.min(top, point.y), Number.POSITIVE_INFINITY)
}

/** Fills the land under a line, fading downwards into mist of another colour. */
export function fillLand(
  stage: Stage,
  line: readonly Point[],
  bottomPx: number,
  colour: Colour,
  mist: { colour: Colour; amount: number },
): void {
  const { context } = stage
  context.fillStyle = vertical(context, topOf(line), bottomPx, [
    [0, colour],
    [0.35, mix(colour, mist.colour, mist.amount * 0.25)],
    [1, mix(colour, mist.colour, mist.amount)],
  ])
  context.fill(below(line, bottomPx + 1))
}

/** A thin light along the crest, as the sun behind it gives. */
export function rimLight(
  stage: Stage,
  line: readonly Point[],
  colour: Colour,
  alpha: number,
  widthPx: number,
): void {
  const { context } = stage
  context.save()
  context.strokeStyle = css(colour, alpha)
  context.lineWidth = widthPx
  context.lineJoin = 'round'
  context.beginPath()
  for (const [index, point] of line.entries()) {
    if (index === 0) context.moveTo(point.x, point.y)
    else context.lineTo(point.x, point.y)
  }
  context.stroke()
  context.restore()
}

import { Path2D, type SKRSContext2D } from '@napi-rs/canvas'
import { css, mix, type Colour } from './colour.ts'
import { heightAt, type Point } from './paint.ts'
import type { Random } from './random.ts'
import type { Stage } from './stage.ts'

/** Fills one fir with the current style: boughs in tiers that hang and thin out upwards. */
export function drawConifer(context: SKRSContext2D, foot: Point, heightPx: number, random: Random): void {
  const path = new Path2D()
  addConifer(path, foot, heightPx, random)
  context.fill(path)
}

function addConifer(path: Path2D, foot: Point, heightPx: number, random: Random): void {
  const tiers = Math.max(4, Math.min(13, Math.round(heightPx / 9)))
  const half = heightPx * random.between(0.17, 0.23)
  const lean = random.between(-0.012, 0.012) * heightPx
  const left: Point[] = []
  const right: Point[] = []
  for (let tier = 0; tier < tiers; tier += 1) {
    const t = tier / tiers
    const y = foot.y - heightPx * (0.97 - 0.9 * t)
    const drop = (heightPx / tiers) * 0.95
    const reach = half * (t + 0.06) ** 0.88
    for (const [points, sign] of [
      [left, -1],
      [right, 1],
    ] as const) {
      const out = reach * random.between(0.72, 1.12)
      points.push({ x: foot.x + lean * (1 - t) + sign * reach * 0.22, y: y + drop * 0.1 })
      points.push({ x: foot.x + lean * (1 - t) + sign * out, y: y + drop * random.between(0.85, 1.15) })
    }
  }
  path.moveTo(foot.x + lean, foot.y - heightPx)
  for (const point of right) path.lineTo(point.x, point.y)
  path.lineTo(foot.x + half * 0.1, foot.y - heightPx * 0.05)
  path.lineTo(foot.x + half * 0.1, foot.y)
  path.lineTo(foot.x - half * 0.1, foot.y)
  path.lineTo(foot.x - half * 0.1, foot.y - heightPx * 0.05)
  for (const point of left.toReversed()) path.lineTo(point.x, point.y)
  path.closePath()
}

/** A wood of firs along a line. */
export interface Belt {
  heightPx: number
  spacingPx: number
  colour: Colour
  /** Share of places that hold a tree, 0..1. */
  density: number
}

/** Firs along the crest of a line, in two tones so that single trees can be told apart. */
export function drawConiferBelt(stage: Stage, line: readonly Point[], random: Random, belt: Belt): void {
  const { context, widthPx, palette } = stage
  const tones = [belt.colour, mix(belt.colour, palette.near, 0.13)]
  const paths = tones.map(() => new Path2D())
  for (
    let x = -belt.heightPx * 0.3;
    x < widthPx + belt.heightPx * 0.3;
    x += belt.spacingPx * random.between(0.5, 1.5)
  ) {
    if (!random.chance(belt.density)) continue
    const height = belt.heightPx * random.between(0.5, 1.25)
    const path = paths[random.whole(0, 1)]
    if (path !== undefined)
      addConifer(path, { x, y: heightAt(line, x) + belt.heightPx * 0.12 }, height, random)
  }
  for (const [index, path] of paths.entries()) {
    context.fillStyle = css(tones[index] ?? belt.colour)
    context.fill(path)
  }
}

/** Grass along and below a line. */
export interface Grass {
  heightPx: number
  colour: Colour
  dark: Colour
  /** How far it reaches down from the line, in coats of about one and a half blades; 3 by default. */
  coats?: number
}

/** Blades in three coats: light at the crest, darker towards the viewer. */
export function drawGrass(stage: Stage, line: readonly Point[], random: Random, grass: Grass): void {
  const { context, widthPx, heightPx } = stage
  if (stage.reading.style === 'minimal') return
  for (let coat = 0; coat < (grass.coats ?? 3); coat += 1) {
    const path = new Path2D()
    const count = Math.min(1600, Math.round((widthPx / grass.heightPx) * (7 - coat)))
    for (let index = 0; index < count; index += 1) {
      const x = random.next() * widthPx
      const y = heightAt(line, x) + grass.heightPx * (0.25 + coat * random.between(0.6, 2.6))
      if (y > heightPx + grass.heightPx) continue
      addBlade(path, { x, y }, grass.heightPx * random.between(0.5, 1.25) * (1 + coat * 0.35), random)
    }
    context.fillStyle = css(mix(grass.colour, grass.dark, coat * 0.38), 0.9)
    context.fill(path)
  }
}

function addBlade(path: Path2D, foot: Point, heightPx: number, random: Random): void {
  const bend = random.between(-0.5, 0.5) * heightPx
  const half = heightPx * 0.055
  path.moveTo(foot.x - half, foot.y)
  path.quadraticCurveTo(
    foot.x - half + bend * 0.25,
    foot.y - heightPx * 0.6,
    foot.x + bend,
    foot.y - heightPx,
  )
  path.quadraticCurveTo(foot.x + half + bend * 0.25, foot.y - heightPx * 0.6, foot.x + half, foot.y)
  path.closePath()
}

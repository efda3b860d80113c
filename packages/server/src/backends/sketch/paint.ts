import { Path2D, type SKRSContext2D } from '@napi-rs/canvas'
import { css, mix, type Colour } from './colour.ts'

/** A point in pixels. */
export interface Point {
  x: number
  y: number
}

/** One stop of a gradient. */
export type Stop = readonly [offset: number, colour: Colour, alpha?: number]

/** Steps between two stops: canvas gradients run in sRGB, which greys the middle; OKLab does not. */
const stepsBetweenStops = 6

function addStops(
  gradient: { addColorStop(offset: number, color: string): void },
  stops: readonly Stop[],
): void {
  for (const [index, [offset, colour, alpha = 1]] of stops.entries()) {
    const next = stops[index + 1]
    gradient.addColorStop(offset, css(colour, alpha))
    if (next === undefined) continue
    for (let step = 1; step < stepsBetweenStops; step += 1) {
      const t = step / stepsBetweenStops
      const nextAlpha = next[2] ?? 1
      gradient.addColorStop(
        offset + (next[0] - offset) * t,
        css(mix(colour, next[1], t), alpha + (nextAlpha - alpha) * t),
      )
    }
  }
}

/** A linear gradient through OKLab. */
export function linear(
  context: SKRSContext2D,
  from: Point,
  to: Point,
  stops: readonly Stop[],
): ReturnType<SKRSContext2D['createLinearGradient']> {
  const gradient = context.createLinearGradient(from.x, from.y, to.x, to.y)
  addStops(gradient, stops)
  return gradient
}

/** A vertical gradient through OKLab. */
export function vertical(
  context: SKRSContext2D,
  topPx: number,
  bottomPx: number,
  stops: readonly Stop[],
): ReturnType<SKRSContext2D['createLinearGradient']> {
  return linear(context, { x: 0, y: topPx }, { x: 0, y: bottomPx }, stops)
}

/** A round light: strongest in the middle, falling as the cube so that no edge shows. */
export function glow(
  context: SKRSContext2D,
  centre: Point,
  radiusPx: number,
  colour: Colour,
  alpha: number,
  blend: SKRSContext2D['globalCompositeOperation'] = 'screen',
): void {
  const gradient = context.createRadialGradient(centre.x, centre.y, 0, centre.x, centre.y, radiusPx)
  for (let step = 0; step <= 10; step += 1) {
    const t = step / 10
    gradient.addColorStop(t, css(colour, alpha * (1 - t) ** 2.4))
  }
  context.save()
  context.globalCompositeOperation = blend
  context.fillStyle = gradient
  context.fillRect(centre.x - radiusPx, centre.y - radiusPx, radiusPx * 2, radiusPx * 2)
  context.restore()
}

/** A path through points with rounded corners: each point pulls, the curve runs through the middles. */
export function smoothPath(points: readonly Point[], closed: boolean): Path2D {
  const path = new Path2D()
  const [first] = points
  if (first === undefined) return path
  const last = points.at(-1) ?? first
  const start = closed ? { x: (first.x + last.x) / 2, y: (first.y + last.y) / 2 } : first
  path.moveTo(start.x, start.y)
  for (const [index, point] of points.entries()) {
    const next = points[index + 1] ?? (closed ? first : undefined)
    if (next === undefined) path.lineTo(point.x, point.y)
    else path.quadraticCurveTo(point.x, point.y, (point.x + next.x) / 2, (point.y + next.y) / 2)
  }
  if (closed) path.closePath()
  return path
}

/**
 * Fills shapes one by one, in an opaque colour so that overlaps do not show. One path of thousands of
 * overlapping shapes is slow: Skia compares all its edges (2,000 ellipses took 250 ms, one by one 8 ms).
 */
export function fillEach(context: SKRSContext2D, colour: Colour, shapes: Iterable<Path2D>): void {
  context.fillStyle = css(colour)
  for (const shape of shapes) context.fill(shape)
}

/** A path along straight lines. */
export function polygon(points: readonly Point[]): Path2D {
  const path = new Path2D()
  for (const [index, point] of points.entries()) {
    if (index === 0) path.moveTo(point.x, point.y)
    else path.lineTo(point.x, point.y)
  }
  path.closePath()
  return path
}

/** The area under a line, down to `bottomPx`. */
export function below(line: readonly Point[], bottomPx: number): Path2D {
  const first = line[0] ?? { x: 0, y: bottomPx }
  const last = line.at(-1) ?? first
  return polygon([{ x: first.x, y: bottomPx }, ...line, { x: last.x, y: bottomPx }])
}

/** The vertical position of a line (left to right) at `x`. */
export function heightAt(line: readonly Point[], x: number): number {
  const first = line[0]
  const last = line.at(-1)
  if (first === undefined || last === undefined) return 0
  const index = Math.floor(((x - first.x) / (last.x - first.x || 1)) * (line.length - 1))
  const left = line[Math.min(line.length - 1, Math.max(0, index))] ?? first
  const right = line[Math.min(line.length - 1, Math.max(0, index + 1))] ?? last
  const t = right.x === left.x ? 0 : Math.min(1, Math.max(0, (x - left.x) / (right.x - left.x)))
  return left.y + (right.y - left.y) * t
}

import { css, mix, oklch, type Colour } from '../colour.ts'
import { fillEach, smoothPath, type Point } from '../paint.ts'
import type { Brush, Subject } from './subject.ts'
import { Path2D } from '@napi-rs/canvas'

/** A broad single tree; season and colour words change its leaves. */
export const tree: Subject = {
  name: 'tree',
  habitat: 'ground',
  homes: ['meadow'],
  scale: 1.08,
  aspect: 1.55,
  group: [1, 1],
  draw(brush) {
    const isBare = brush.stage.reading.season === 'winter' && brush.colours.length === 0
    const tips = drawTrunk(brush, isBare ? 5 : 4)
    if (isBare) drawSnowOnTips(brush, tips)
    else drawCanopy(brush, tips)
  },
}

function leafColour({ colours, stage }: Brush): Colour {
  const asked = colours[0]
  if (asked !== undefined) return asked
  switch (stage.reading.season) {
    case 'autumn':
      return oklch(0.66, 0.17, 50)
    case 'spring':
      return oklch(0.83, 0.1, 2)
    default:
      return oklch(0.6, 0.125, 130)
  }
}

/** Trunk and branches; returns where the branches end. */
function drawTrunk(brush: Brush, orders: number): Point[] {
  const { context, random, tone, side } = brush
  const bark = oklch(0.36, 0.04, 50)
  const tips: Point[] = []
  const grow = (from: Point, angle: number, length: number, width: number, order: number): void => {
    const to = { x: from.x + Math.sin(angle) * length, y: from.y - Math.cos(angle) * length }
    context.fillStyle = css(tone(bark, order === 0 ? 0.3 : 0.38))
    context.fill(limb(from, to, angle + random.between(-0.28, 0.28), length, Math.max(0.3, width / 2)))
    if (order >= 1) tips.push(to)
    if (order >= orders) return
    const children = order === 0 ? 4 : random.whole(2, 3)
    for (let child = 0; child < children; child += 1) {
      const fan = (child / (children - 1) - 0.5) * (order === 0 ? 1.75 : 1.15)
      const next = angle * 0.75 + fan + random.between(-0.18, 0.18)
      grow(to, next, length * random.between(0.6, 0.76), width * 0.6, order + 1)
    }
  }
  grow({ x: 0, y: 1 }, random.between(-0.06, 0.06), 33, 8.5, 0)
  const flare = [
    [-9, 1.5],
    [-4.5, -1.5],
    [-3.6, -12],
    [3.6, -12],
    [4.5, -1.5],
    [9, 1.5],
  ] as const
  context.fillStyle = css(tone(bark, 0.3))
  context.fill(
    smoothPath(
      flare.map(([x, y]) => ({ x, y })),
      true,
    ),
  )
  const shine = [
    [3.4, 0],
    [3, -30],
    [1.8, -30],
    [1.6, 0],
  ] as const
  context.fillStyle = css(tone(bark, 1), 0.5)
  context.fill(
    smoothPath(
      shine.map(([x, y]) => ({ x: x * side, y })),
      true,
    ),
  )
  return tips
}

function limb(from: Point, to: Point, angle: number, length: number, across: number): Path2D {
  const pull = { x: from.x + Math.sin(angle) * length * 0.55, y: from.y - Math.cos(angle) * length * 0.55 }
  const tip = across * 0.62
  const path = new Path2D()
  path.moveTo(from.x - across, from.y)
  path.quadraticCurveTo(pull.x - across * 0.7, pull.y, to.x - tip, to.y)
  path.lineTo(to.x + tip, to.y)
  path.quadraticCurveTo(pull.x + across * 0.7, pull.y, from.x + across, from.y)
  return path
}

/** Leaves in four coats, from shade to light, each smaller and nearer the sun. */
function drawCanopy(brush: Brush, tips: readonly Point[]): void {
  const { context, random, tone, side } = brush
  const leaf = leafColour(brush)
  const dark = mix(leaf, oklch(0.3, 0.08, leaf.h + 25), 0.5)
  const bright = mix(leaf, oklch(0.92, 0.12, 95), leaf.l > 0.75 ? 0.05 : 0.28)
  const crown = tips.filter((tip) => tip.y < -40)
  const coats = [
    { colour: tone(dark, 0.1), size: 10.5, shift: 0, leaves: 3, spread: 3 },
    { colour: tone(leaf, 0.35), size: 6, shift: 2, leaves: 6, spread: 7 },
    { colour: tone(leaf, 0.85), size: 3.6, shift: 4.2, leaves: 9, spread: 7.5 },
    { colour: mix(tone(bright, 0.95), tone(leaf, 0.9), 0.35), size: 1.8, shift: 6, leaves: 9, spread: 7 },
  ]
  for (const coat of coats) {
    const clumps = crown.map((tip) => {
      const clump = new Path2D()
      for (let leafIndex = 0; leafIndex < coat.leaves; leafIndex += 1) {
        const angle = random.between(0, Math.PI * 2)
        const reach = coat.spread * Math.sqrt(random.next())
        const x = tip.x + side * coat.shift * 0.85 + Math.cos(angle) * reach
        const y = tip.y - coat.shift * 0.7 + Math.sin(angle) * reach * 0.85
        addLeaf(clump, { x, y }, coat.size * random.between(0.65, 1.25), random.between(0, Math.PI))
      }
      return clump
    })
    fillEach(context, coat.colour, clumps)
  }
}

function addLeaf(path: Path2D, center: Point, size: number, turn: number): void {
  path.moveTo(center.x + Math.cos(turn) * size, center.y + Math.sin(turn) * size)
  path.ellipse(center.x, center.y, size, size * 0.72, turn, 0, Math.PI * 2)
}

function drawSnowOnTips({ context, tone, random }: Brush, tips: readonly Point[]): void {
  context.fillStyle = css(tone(oklch(0.97, 0.008, 240), 0.85), 0.9)
  const path = new Path2D()
  for (const tip of tips) addLeaf(path, { x: tip.x, y: tip.y - 0.5 }, random.between(0.5, 1.05), 0)
  context.fill(path)
}

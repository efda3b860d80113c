import { css, mix, oklch, type Colour } from '../colour.ts'
import type { Point } from '../paint.ts'
import { smoothPath } from '../paint.ts'
import type { Brush, Subject } from './subject.ts'

/** A broad single tree; season and colour words change its leaves. */
export const tree: Subject = {
  name: 'tree',
  habitat: 'ground',
  homes: ['meadow'],
  scale: 1.05,
  aspect: 1.25,
  group: [1, 1],
  draw(brush) {
    const tips = drawTrunk(brush)
    if (brush.stage.reading.season === 'winter') return
    drawCanopy(brush, tips)
  },
}

function leafColour({ colours, stage }: Brush): Colour {
  const asked = colours[0]
  if (asked !== undefined) return asked
  switch (stage.reading.season) {
    case 'autumn':
      return oklch(0.66, 0.17, 50)
    case 'spring':
      return oklch(0.84, 0.09, 5)
    default:
      return oklch(0.62, 0.13, 132)
  }
}

/** Trunk and branches; returns where the branches end. */
function drawTrunk(brush: Brush): Point[] {
  const { context, random, tone, side } = brush
  const bark = oklch(0.36, 0.04, 50)
  const tips: Point[] = []
  const grow = (from: Point, angle: number, length: number, width: number, order: number): void => {
    const bend = random.between(-0.28, 0.28)
    const to = { x: from.x + Math.sin(angle) * length, y: from.y - Math.cos(angle) * length }
    const pull = {
      x: from.x + Math.sin(angle + bend) * length * 0.55,
      y: from.y - Math.cos(angle + bend) * length * 0.55,
    }
    const across = Math.max(0.3, width / 2)
    const tip = across * 0.62
    context.fillStyle = css(tone(bark, order === 0 ? 0.3 : 0.38))
    context.beginPath()
    context.moveTo(from.x - across, from.y)
    context.quadraticCurveTo(pull.x - across * 0.7, pull.y, to.x - tip, to.y)
    context.lineTo(to.x + tip, to.y)
    context.quadraticCurveTo(pull.x + across * 0.7, pull.y, from.x + across, from.y)
    context.fill()
    if (order >= 1) tips.push(to)
    if (order >= 4) return
    const children = order === 0 ? 4 : random.whole(2, 3)
    for (let child = 0; child < children; child += 1) {
      const fan = (child / (children - 1) - 0.5) * (order === 0 ? 1.7 : 1.15)
      grow(
        to,
        angle * 0.75 + fan + random.between(-0.18, 0.18),
        length * random.between(0.6, 0.78),
        width * 0.6,
        order + 1,
      )
    }
  }
  grow({ x: 0, y: 1 }, random.between(-0.06, 0.06), 33, 8.5, 0)
  context.fillStyle = css(tone(bark, 0.3))
  context.fill(
    smoothPath(
      [
        { x: -9, y: 1.5 },
        { x: -4.5, y: -1.5 },
        { x: -3.6, y: -12 },
        { x: 3.6, y: -12 },
        { x: 4.5, y: -1.5 },
        { x: 9, y: 1.5 },
      ],
      true,
    ),
  )
  context.fillStyle = css(tone(bark, 1), 0.5)
  context.fill(
    smoothPath(
      [
        { x: side * 3.4, y: 0 },
        { x: side * 3, y: -30 },
        { x: side * 1.8, y: -30 },
        { x: side * 1.6, y: 0 },
      ],
      true,
    ),
  )
  return tips
}

/** Leaves in four coats, from shade to light, each smaller and nearer the sun. */
function drawCanopy(brush: Brush, tips: readonly Point[]): void {
  const { context, random, tone, side } = brush
  const leaf = leafColour(brush)
  const dark = mix(leaf, oklch(0.3, 0.08, leaf.h + 25), 0.55)
  const bright = mix(leaf, oklch(0.92, 0.13, 95), 0.28)
  const crown = tips.filter((tip) => tip.y < -38)
  const coats = [
    { colour: tone(dark, 0.1), alpha: 1, size: 1, shift: 0, share: 1 },
    { colour: tone(leaf, 0.4), alpha: 0.95, size: 0.72, shift: 2.6, share: 0.95 },
    { colour: tone(leaf, 0.95), alpha: 0.9, size: 0.46, shift: 5, share: 0.9 },
    { colour: tone(bright, 1), alpha: 0.85, size: 0.2, shift: 7, share: 0.75 },
  ]
  for (const [index, coat] of coats.entries()) {
    context.fillStyle = css(coat.colour, coat.alpha)
    for (const tip of crown) {
      if (!random.chance(coat.share)) continue
      const clumps = index < 2 ? 1 : 2
      for (let clump = 0; clump < clumps; clump += 1) {
        const radius = 10.5 * coat.size * random.between(0.7, 1.25)
        const loose = index < 2 ? 2 : 6
        const x = tip.x + side * coat.shift * 0.8 + random.between(-loose, loose)
        const y = tip.y - coat.shift * 0.75 + random.between(-loose, loose)
        context.fill(leafBlob({ x, y }, radius, brush))
      }
    }
  }
}

function leafBlob(center: Point, radius: number, { random }: Brush) {
  const corners = 9
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = (corner / corners) * Math.PI * 2
    const reach = radius * random.between(0.72, 1.18)
    return { x: center.x + Math.cos(angle) * reach, y: center.y + Math.sin(angle) * reach * 0.86 }
  })
  return smoothPath(points, true)
}

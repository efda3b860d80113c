import { Path2D } from '@napi-rs/canvas'
import { css, mix, type Colour } from '../colour.ts'
import { createNoise } from '../noise.ts'
import { below, vertical, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import type { Stage } from '../stage.ts'
import { topOf } from '../terrain.ts'
import { spray } from '../texture.ts'

/** The colours of cut paper, from the picture's palette: never two neighbours alike. */
function papers({ palette }: Stage): readonly [Colour, ...Colour[]] {
  const { sky, accents, far, near, water, glow } = palette
  return [
    accents[0],
    mix(sky[1], sky[2], 0.5),
    accents[1],
    water,
    far,
    glow,
    accents[2],
    sky[0],
    mix(near, water, 0.35),
  ]
}

/** The paper everything lies on. */
export function drawGround(stage: Stage): void {
  const { context, widthPx, heightPx, palette } = stage
  const paper = mix(palette.sky[3], palette.disc, 0.45)
  context.fillStyle = vertical(context, 0, heightPx, [
    [0, paper],
    [1, mix(paper, palette.far, 0.3)],
  ])
  context.fillRect(0, 0, widthPx, heightPx)
}

/** Lays a shape down as paper: a soft shadow, the colour, grainy shade from one side. */
function lay(
  stage: Stage,
  shape: Path2D,
  colour: Colour,
  box: Parameters<typeof spray>[2],
  side: -1 | 1,
): void {
  const { context, palette, unitPx } = stage
  context.save()
  context.shadowColor = css(palette.near, 0.4)
  context.shadowBlur = 26 * unitPx
  context.shadowOffsetX = -side * 6 * unitPx
  context.shadowOffsetY = 9 * unitPx
  context.fillStyle = css(colour)
  context.fill(shape)
  context.restore()
  const shade = mix(colour, palette.near, 0.55)
  const from = { x: side > 0 ? box.xPx : box.xPx + box.widthPx, y: box.yPx + box.heightPx }
  const to = { x: box.xPx + box.widthPx / 2, y: box.yPx + box.heightPx * 0.2 }
  spray(context, shape, box, { from, to, colour: shade, alpha: 0.75 })
}

/** One wavy sheet of `count`, the first furthest back. */
export function drawStrata(stage: Stage, index: number, count: number): void {
  const { widthPx, heightPx, unitPx, light } = stage
  const random = stage.random.fork(`sheet ${index}`)
  const noise = createNoise(random)
  const colours = papers(stage)
  const near = (index + 1) / count
  const base = heightPx * (0.24 + 0.7 * near ** 1.05)
  const wave = Math.min(heightPx * 0.16, unitPx * random.between(70, 190))
  const line: Point[] = Array.from({ length: 121 }, (_, step) => {
    const t = (step / 120) * 1.08 - 0.04
    const x = t * widthPx
    return {
      x,
      y: base - wave * noise.fractal((x / (1000 * unitPx)) * random.between(1.35, 1.36) + index * 3, 2),
    }
  })
  const shift = Math.floor(stage.random.fork('papers').next() * colours.length)
  const colour = colours[(index * 2 + shift) % colours.length] ?? colours[0]
  const top = topOf(line)
  lay(
    stage,
    below(line, heightPx + 40 * unitPx),
    colour,
    { xPx: 0, yPx: top, widthPx, heightPx: Math.min(heightPx - top, 420 * unitPx) },
    light.side,
  )
}

/** Great discs and rings; the first sits where the light is. */
export function drawOrbits(stage: Stage, count: number): void {
  const { widthPx, heightPx, unitPx, light } = stage
  const random = stage.random.fork('discs')
  const colours = papers(stage)
  for (let index = 0; index < count; index += 1) {
    const isFirst = index === 0
    const radius = unitPx * (isFirst ? random.between(150, 230) : random.between(50, 210))
    const center = isFirst
      ? { x: light.xPx, y: heightPx * random.between(0.25, 0.4) }
      : { x: widthPx * random.between(0.08, 0.92), y: heightPx * random.between(0.12, 0.8) }
    const shape = new Path2D()
    const kind = isFirst ? 0 : random.whole(0, 2)
    if (kind === 0) shape.arc(center.x, center.y, radius, 0, Math.PI * 2)
    else if (kind === 1) addHalf(shape, center, radius, random)
    else addRing(shape, center, radius, radius * random.between(0.45, 0.7))
    const box = { xPx: center.x - radius, yPx: center.y - radius, widthPx: radius * 2, heightPx: radius * 2 }
    lay(
      stage,
      shape,
      colours[(index * 2 + random.whole(0, 1)) % colours.length] ?? colours[0],
      box,
      light.side,
    )
  }
}

function addHalf(path: Path2D, center: Point, radius: number, random: Random): void {
  const turn = (random.whole(0, 3) * Math.PI) / 2
  path.arc(center.x, center.y, radius, turn, turn + Math.PI)
  path.closePath()
}

function addRing(path: Path2D, center: Point, outer: number, inner: number): void {
  path.arc(center.x, center.y, outer, 0, Math.PI * 2)
  path.closePath()
  path.moveTo(center.x + inner, center.y)
  path.arc(center.x, center.y, inner, 0, Math.PI * 2, true)
  path.closePath()
}

/** A grid of quarter and half circles, as of tiles; the grid is square whatever the picture's shape. */
export function drawArches(stage: Stage): void {
  const { widthPx, heightPx, unitPx, light } = stage
  const random = stage.random.fork('tiles')
  const colours = papers(stage)
  const cell = unitPx * random.between(190, 250)
  const columns = Math.ceil(widthPx / cell)
  const rows = Math.ceil(heightPx / cell)
  const left = (widthPx - columns * cell) / 2
  const top = (heightPx - rows * cell) / 2
  let last = -1
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const box = { xPx: left + column * cell, yPx: top + row * cell, widthPx: cell, heightPx: cell }
      let ink = random.whole(0, colours.length - 1)
      if (ink === last) ink = (ink + 1) % colours.length
      last = ink
      const ground = new Path2D()
      ground.rect(box.xPx, box.yPx, cell + 0.5, cell + 0.5)
      lay(stage, ground, colours[ink] ?? colours[0], box, light.side)
      addTile(stage, box, cell, colours, ink, random)
    }
  }
}

function addTile(
  stage: Stage,
  box: Parameters<typeof spray>[2],
  cell: number,
  colours: readonly [Colour, ...Colour[]],
  ink: number,
  random: Random,
): void {
  const other = (ink + random.whole(2, colours.length - 2)) % colours.length
  const third = (other + random.whole(2, 3)) % colours.length
  const corner = random.whole(0, 3)
  const x = box.xPx + (corner % 2) * cell
  const y = box.yPx + (corner > 1 ? cell : 0)
  const kind = random.whole(0, 3)
  const { context } = stage
  context.save()
  context.beginPath()
  context.rect(box.xPx, box.yPx, cell, cell)
  context.clip()
  const arcs: (readonly [Point, number, number])[] =
    kind === 0
      ? [
          [{ x, y }, cell, other],
          [{ x, y }, cell * 0.62, third],
          [{ x, y }, cell * 0.28, ink],
        ]
      : kind === 1
        ? [
            [{ x: box.xPx + cell / 2, y: box.yPx + cell }, cell / 2, other],
            [{ x: box.xPx + cell / 2, y: box.yPx + cell }, cell * 0.26, third],
          ]
        : kind === 2
          ? [
              [{ x: box.xPx + cell / 2, y: box.yPx + cell / 2 }, cell * 0.36, other],
              [{ x: box.xPx + cell / 2, y: box.yPx + cell / 2 }, cell * 0.15, third],
            ]
          : [[{ x: box.xPx, y }, cell * 0.98, other]]
  for (const [center, radius, paper] of arcs) {
    const shape = new Path2D()
    shape.arc(center.x, center.y, radius, 0, Math.PI * 2)
    lay(
      stage,
      shape,
      colours[paper] ?? colours[0],
      { xPx: center.x - radius, yPx: center.y - radius, widthPx: radius * 2, heightPx: radius * 2 },
      stage.light.side,
    )
  }
  context.restore()
}

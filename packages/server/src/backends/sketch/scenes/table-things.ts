import { Path2D } from '@napi-rs/canvas'
import { adjust, css, mix, oklch, type Colour } from '../colour.ts'
import { glow, linear, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { subjectColour } from '../shading.ts'
import type { Stage } from '../stage.ts'

/** Kinds of fruit. */
export type Fruit = 'apple' | 'pear' | 'lemon'

/** A thing on the table: its foot, its height, and the colour that the prompt gives it. */
export interface Item {
  at: Point
  sizePx: number
  random: Random
  colour?: Colour
}

const outlines: Record<Fruit, string> = {
  apple:
    'M 0 -84 C 12 -94 44 -92 49 -60 C 53 -30 32 2 12 1 C 5 1 4 -1 0 -1 C -4 -1 -5 1 -12 1 C -32 2 -53 -30 -49 -60 C -44 -92 -12 -94 0 -84 Z',
  pear: 'M 0 -118 C 14 -118 19 -104 20 -90 C 22 -70 46 -62 46 -34 C 46 -10 28 2 0 2 C -28 2 -46 -10 -46 -34 C -46 -62 -22 -70 -20 -90 C -19 -104 -14 -118 0 -118 Z',
  lemon:
    'M -58 -34 C -52 -38 -50 -44 -44 -52 C -30 -74 22 -76 40 -54 C 46 -46 50 -40 58 -36 C 60 -32 56 -28 51 -26 C 46 -20 44 -16 38 -10 C 20 6 -26 4 -40 -14 C -44 -20 -48 -24 -54 -26 C -60 -28 -61 -32 -58 -34 Z',
}

const fruitColours: Record<Fruit, Colour> = {
  apple: oklch(0.56, 0.19, 27),
  pear: oklch(0.76, 0.13, 110),
  lemon: oklch(0.86, 0.155, 95),
}

/** Sets the context to hundredths of the item's height, foot at 0, 0, and draws its shadow. */
function place(stage: Stage, item: Item, widthUnits: number, draw: (side: -1 | 1) => void): void {
  const { context, light, palette } = stage
  context.save()
  context.translate(item.at.x, item.at.y)
  context.scale(item.sizePx / 100, item.sizePx / 100)
  const reach = widthUnits * 2.1
  const shadow = context.createLinearGradient(0, 0, -light.side * reach, 0)
  shadow.addColorStop(0, css(palette.near, 0.6))
  shadow.addColorStop(1, css(palette.near, 0))
  context.fillStyle = shadow
  context.beginPath()
  context.ellipse(-light.side * reach * 0.42, 0, reach * 0.62, widthUnits * 0.17, 0, 0, Math.PI * 2)
  context.fill()
  draw(light.side)
  context.restore()
}

/** One apple, pear or lemon. */
export function drawFruit(stage: Stage, item: Item, fruit: Fruit): void {
  const { context, palette } = stage
  const own =
    item.colour ??
    mix(fruitColours[fruit], palette.accents[item.random.whole(0, 1)] ?? fruitColours[fruit], 0.12)
  place(stage, item, 48, (side) => {
    const shape = new Path2D(outlines[fruit])
    const focus = { x: side * 20, y: -62 }
    const shade = context.createRadialGradient(focus.x, focus.y, 4, focus.x, focus.y, 104)
    const tone = (lit: number, colour = own): string => css(subjectColour(palette, colour, lit, 0))
    shade.addColorStop(0, tone(1, adjust(own, 0.1)))
    shade.addColorStop(0.35, tone(0.8))
    shade.addColorStop(0.75, tone(0.1, adjust(own, -0.1)))
    shade.addColorStop(1, css(mix(subjectColour(palette, adjust(own, -0.18), 0, 0), palette.near, 0.4)))
    context.fillStyle = shade
    context.fill(shape)
    context.save()
    context.clip(shape)
    glow(context, { x: side * 22, y: -66 }, 17, oklch(0.99, 0.01, 90), 0.75)
    glow(context, { x: -side * 34, y: -10 }, 44, subjectColour(palette, oklch(0.7, 0.08, 60), 0.6, 0), 0.35)
    context.restore()
    if (fruit === 'lemon') return
    const top = fruit === 'apple' ? -82 : -117
    context.strokeStyle = css(subjectColour(palette, oklch(0.34, 0.05, 50), 0.4, 0))
    context.lineWidth = 3.4
    context.lineCap = 'round'
    context.stroke(new Path2D(`M 0 ${top} Q 2 ${top - 10} 7 ${top - 19}`))
    context.fillStyle = css(subjectColour(palette, oklch(0.6, 0.12, 135), 0.8, 0))
    context.fill(
      new Path2D(
        `M 3 ${top - 8} C 12 ${top - 24} 30 ${top - 22} 38 ${top - 13} C 28 ${top - 4} 12 ${top - 2} 3 ${top - 8} Z`,
      ),
    )
  })
}

/** A cup on its saucer, steaming. */
export function drawCup(stage: Stage, item: Item): void {
  const { context, palette } = stage
  const glaze =
    item.colour ?? mix(oklch(0.93, 0.025, 85), palette.accents[0], item.random.chance(0.5) ? 0.75 : 0)
  const tone = (colour: Colour, lit: number): string => css(subjectColour(palette, colour, lit, 0))
  place(stage, item, 70, (side) => {
    context.fillStyle = tone(adjust(glaze, -0.08), 0.3)
    context.beginPath()
    context.ellipse(0, -1, 88, 15, 0, 0, Math.PI * 2)
    context.fill()
    context.fillStyle = tone(glaze, 0.75)
    context.beginPath()
    context.ellipse(0, -5, 88, 14, 0, 0, Math.PI * 2)
    context.fill()
    context.strokeStyle = tone(glaze, 0.35)
    context.lineWidth = 9
    context.stroke(new Path2D(`M ${-side * 50} -72 C ${-side * 96} -80 ${-side * 90} -28 ${-side * 42} -30`))
    const bodyShape = new Path2D('M -58 -92 C -57 -48 -44 -8 -22 -5 L 22 -5 C 44 -8 57 -48 58 -92 Z')
    context.fillStyle = linear(context, { x: side * 58, y: 0 }, { x: -side * 58, y: 0 }, [
      [0, subjectColour(palette, glaze, 0.85, 0)],
      [0.3, subjectColour(palette, adjust(glaze, 0.03), 1, 0)],
      [1, subjectColour(palette, adjust(glaze, -0.14), 0.05, 0)],
    ])
    context.fill(bodyShape)
    context.fillStyle = tone(glaze, 0.95)
    context.beginPath()
    context.ellipse(0, -92, 58, 12.5, 0, 0, Math.PI * 2)
    context.fill()
    context.fillStyle = tone(oklch(0.36, 0.06, 50), 0.7)
    context.beginPath()
    context.ellipse(0, -90.5, 51, 9.6, 0, 0, Math.PI * 2)
    context.fill()
    drawSteam(stage, item.random)
  })
}

function drawSteam(stage: Stage, random: Random): void {
  const { context, palette } = stage
  context.save()
  context.filter = `blur(${(stage.unitPx * 4).toFixed(2)}px)`
  context.lineCap = 'round'
  for (const x of [-20, 4, 26]) {
    const sway = random.between(10, 22) * (random.chance(0.5) ? 1 : -1)
    context.strokeStyle = css(mix(palette.disc, palette.sky[3], 0.3), 0.34)
    context.lineWidth = random.between(5, 10)
    context.stroke(
      new Path2D(
        `M ${x} -100 C ${x + sway} -125 ${x - sway} -150 ${x + sway * 0.4} -${random.whole(175, 205)}`,
      ),
    )
  }
  context.restore()
}

/** A vase with a loose bunch of flowers. */
export function drawVase(stage: Stage, item: Item): void {
  const { palette } = stage
  const { random } = item
  const first = item.colour ?? palette.accents[0]
  const petals = [first, first, palette.accents[1], oklch(0.95, 0.02, 90)] as const
  place(stage, item, 24, (side) => {
    const heads = Array.from({ length: 9 }, (_, index): Head => {
      const fan = (index / 8 - 0.5) * 1.75 + random.between(-0.08, 0.08)
      const reach = 54 * random.between(0.72, 1.1)
      return {
        x: Math.sin(fan) * reach,
        y: -44 - Math.cos(fan) * reach,
        size: random.between(6.5, 10.5),
        fan,
      }
    })
    for (const head of heads) drawStem(stage, head, random)
    for (const head of heads.toSorted((one, other) => one.y - other.y)) {
      drawBlossom(stage, head, random.pick(petals), side, random)
    }
    drawVessel(stage, side)
  })
}

/** Where a flower is, how large, and the angle at which its stem leaves the vase. */
interface Head extends Point {
  size: number
  fan: number
}

function drawStem({ context, palette }: Stage, head: Head, random: Random): void {
  context.lineCap = 'round'
  context.strokeStyle = css(subjectColour(palette, oklch(0.5, 0.09, 145), random.between(0.2, 0.7), 0))
  context.lineWidth = 1.2
  const bend = `${head.x * 0.3} ${(head.y - 44) * 0.6}`
  context.stroke(new Path2D(`M ${head.fan * 3} -38 Q ${bend} ${head.x} ${head.y}`))
  const out = Math.sign(head.fan)
  context.fillStyle = css(subjectColour(palette, oklch(0.56, 0.1, 142), random.between(0.2, 0.9), 0))
  context.beginPath()
  context.ellipse(
    head.x * 0.55 + out * 4,
    -18 + head.y * 0.55,
    6.5,
    2.3,
    head.fan - 0.6 * out,
    0,
    Math.PI * 2,
  )
  context.fill()
}

const vessel =
  'M -9 -44 C -9 -38 -8 -35 -13 -29 C -22 -18 -20 -4 -11 0.5 L 11 0.5 C 20 -4 22 -18 13 -29 C 8 -35 9 -38 9 -44 Z'

function drawVessel({ context, palette }: Stage, side: -1 | 1): void {
  const clay = mix(palette.accents[2], oklch(0.7, 0.06, 240), 0.35)
  const vase = new Path2D(vessel)
  context.fillStyle = linear(context, { x: side * 20, y: 0 }, { x: -side * 20, y: 0 }, [
    [0, subjectColour(palette, clay, 0.8, 0)],
    [0.3, subjectColour(palette, adjust(clay, 0.06), 1, 0)],
    [1, subjectColour(palette, adjust(clay, -0.14), 0.02, 0)],
  ])
  context.fill(vase)
  context.save()
  context.clip(vase)
  context.fillStyle = css(oklch(0.99, 0.01, 90), 0.3)
  context.beginPath()
  context.ellipse(side * 10, -16, 1.7, 8, side * 0.12, 0, Math.PI * 2)
  context.fill()
  context.restore()
  context.fillStyle = css(subjectColour(palette, adjust(clay, -0.12), 0.4, 0))
  context.beginPath()
  context.ellipse(0, -44, 9, 1.8, 0, 0, Math.PI * 2)
  context.fill()
}

function drawBlossom(
  stage: Stage,
  head: Point & { size: number },
  pigment: Colour,
  side: number,
  random: Random,
): void {
  const { context, palette } = stage
  const petals = random.whole(6, 9)
  const turn = random.between(0, 2)
  for (const [scale, lit] of [
    [1, 0.35],
    [0.72, 0.85],
  ] as const) {
    context.fillStyle = css(subjectColour(palette, adjust(pigment, lit > 0.5 ? 0.04 : -0.05), lit, 0))
    context.beginPath()
    for (let petal = 0; petal < petals; petal += 1) {
      const angle = turn + scale * 0.6 + (petal / petals) * Math.PI * 2
      const x = head.x + Math.cos(angle) * head.size * 0.6 * scale + side * (1 - scale) * 1.5
      const y = head.y + Math.sin(angle) * head.size * 0.52 * scale - (1 - scale)
      context.moveTo(x, y)
      context.ellipse(x, y, head.size * 0.45 * scale, head.size * 0.3 * scale, angle, 0, Math.PI * 2)
    }
    context.fill()
  }
  context.fillStyle = css(subjectColour(palette, oklch(0.45, 0.09, 60), 0.5, 0))
  context.beginPath()
  context.ellipse(head.x, head.y, head.size * 0.2, head.size * 0.17, 0, 0, Math.PI * 2)
  context.fill()
}

import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch, type Colour } from '../colour.ts'
import { glow, polygon, vertical } from '../paint.ts'
import type { Random } from '../random.ts'
import { subjectColour } from '../shading.ts'
import type { Composition, Habitat, Layer, Scene, Spot, Stage } from '../stage.ts'
import { spray } from '../texture.ts'
import { drawCup, drawFruit, drawVase, type Fruit, type Item } from './table-things.ts'

/** A still life: a table before a wall, with window light across both. */
export const table: Scene = {
  name: 'table',
  horizon: (random: Random): number => random.between(0.62, 0.68),

  compose(stage: Stage): Composition {
    const { heightPx, widthPx, horizonYPx, unitPx, light, habitats } = stage
    const items = arrange(stage)
    const back: Layer[] = [
      { name: 'wall', draw: () => drawWall(stage) },
      { name: 'table', draw: () => drawTableTop(stage) },
    ]
    const things = items.map((item) => ({ name: 'still life', draw: () => drawItem(stage, item) }))
    return {
      back: [...back, ...things],
      front: [],
      spot(habitat: Habitat, index: number, total: number): Spot {
        const random = stage.random.fork(`spot ${habitat} ${index}`)
        const spread = total > 1 ? (index / (total - 1) - 0.5) * 0.4 : 0
        const x = widthPx * (0.5 - light.side * random.between(0.12, 0.2) + spread)
        const height = Math.min(420 * unitPx, heightPx * 0.46)
        if (habitat === 'sky') {
          return { xPx: x, yPx: horizonYPx * 0.4, heightPx: height * 0.8, depth: 0, behind: wallOf(stage) }
        }
        const yPx = horizonYPx + (heightPx - horizonYPx) * (habitats.size > 0 ? 0.42 : 0.3)
        return { xPx: x, yPx, heightPx: height, depth: 0, behind: wallOf(stage), shadow: tableOf(stage, 0) }
      },
    }
  },
}

type Placed = Item & { what: 'vase' | 'cup' | Fruit }

/** What stands where: what the prompt names, in a triangle, with fruit to fill the gaps. */
function arrange(stage: Stage): Placed[] {
  const { reading, horizonYPx, heightPx, widthPx, unitPx, light, sceneColour, habitats } = stage
  const random = stage.random.fork('arrangement')
  const depth = heightPx - horizonYPx
  const size = Math.min(unitPx, heightPx / 900)
  const named = (['vase', 'cup', 'fruit'] as const).filter((name) => reading.features.has(name))
  const wanted =
    named.length > 0 ? named : habitats.size > 0 ? (['fruit'] as const) : (['vase', 'fruit'] as const)
  const placed: Placed[] = []
  const at = (t: number, row: number) => ({
    x: widthPx * 0.5 + light.side * t * 1000 * unitPx * 0.5,
    y: horizonYPx + depth * row,
  })
  const give = (leads: boolean): { colour?: Colour } =>
    leads && sceneColour !== undefined ? { colour: sceneColour } : {}
  const hasVase = wanted.some((name) => name === 'vase')
  const hasCup = wanted.some((name) => name === 'cup')
  if (hasVase) {
    placed.push({
      what: 'vase',
      at: at(random.between(-0.28, -0.08), 0.3),
      sizePx: size * 470,
      random: random.fork('vase'),
      ...give(true),
    })
  }
  if (hasCup) {
    const alone = !hasVase && named.length === 1
    placed.push({
      what: 'cup',
      at: at(alone ? random.between(-0.12, 0.05) : 0.22, 0.42),
      sizePx: size * (alone ? 260 : 190),
      random: random.fork('cup'),
      ...give(!hasVase),
    })
  }
  const kinds: Fruit[] = namedFruit(stage) ?? [
    random.pick(['apple', 'pear', 'lemon'] as const),
    random.pick(['apple', 'lemon'] as const),
  ]
  const hasFruit = wanted.some((name) => name === 'fruit')
  const asked = hasFruit ? Math.min(7, reading.sceneCount) : 0
  const count =
    asked > 0
      ? asked
      : hasFruit
        ? random.whole(hasVase || hasCup || habitats.size > 0 ? 2 : 3, hasVase || hasCup ? 3 : 5)
        : random.whole(0, 2)
  const alone = placed.length === 0 && habitats.size === 0
  for (let index = 0; index < count; index += 1) {
    const t =
      (alone ? -0.3 : 0.02) + ((alone ? 0.62 : 0.42) * (index + 0.5)) / count + random.between(-0.03, 0.03)
    const place = at(t, 0.34 + (index % 2) * 0.24 + random.between(0, 0.06))
    const sizePx = size * (alone ? 215 : 138) * random.between(0.9, 1.08)
    placed.push({
      what: kinds[index % kinds.length] ?? 'apple',
      at: place,
      sizePx,
      random: random.fork(`fruit ${index}`),
      ...give(placed.length === 0 || (hasFruit && !hasVase && !hasCup)),
    })
  }
  // Who stands further back is drawn first.
  return placed.toSorted((one, other) => one.at.y - other.at.y)
}

function namedFruit({ reading }: Stage): Fruit[] | undefined {
  const kinds: Fruit[] = []
  for (const kind of ['apple', 'pear', 'lemon'] as const) if (reading.features.has(kind)) kinds.push(kind)
  return kinds.length > 0 ? kinds : undefined
}

function drawItem(stage: Stage, item: Placed): void {
  if (item.what === 'vase') drawVase(stage, item)
  else if (item.what === 'cup') drawCup(stage, item)
  else drawFruit(stage, item, item.what)
}

function wallOf({ palette }: Stage): Colour {
  const base = mix(palette.sky[2], palette.far, 0.35)
  return { l: Math.min(0.86, base.l), c: base.c * 0.9, h: base.h }
}

function tableOf({ palette }: Stage, lit: number): Colour {
  return subjectColour(palette, mix(oklch(0.66, 0.075, 58), palette.accents[2], 0.12), lit, 0)
}

function drawWall(stage: Stage): void {
  const { context, widthPx, horizonYPx, palette, light, unitPx, heightPx } = stage
  const wall = wallOf(stage)
  const dark = mix(wall, palette.near, 0.42)
  context.fillStyle = vertical(context, 0, horizonYPx, [
    [0, mix(wall, dark, 0.45)],
    [1, wall],
  ])
  context.fillRect(0, 0, widthPx, heightPx)
  const random = stage.random.fork('window')
  const left = widthPx * 0.5 - light.side * widthPx * random.between(-0.05, 0.12) - 190 * unitPx
  const slant = -light.side * 130 * unitPx
  const shine = mix(palette.glow, palette.disc, 0.35)
  context.save()
  context.filter = `blur(${(unitPx * 5).toFixed(2)}px)`
  // The light of a window with four panes, thrown across the wall.
  const panes = new Path2D()
  for (let pane = 0; pane < 4; pane += 1) {
    const x = left + (pane % 2) * 200 * unitPx
    const top = horizonYPx * (pane < 2 ? 0.1 : 0.52)
    const bottom = top + horizonYPx * 0.38
    const shift = (y: number): number => slant * (y / horizonYPx)
    const corners = [
      { x: x + shift(top), y: top },
      { x: x + 184 * unitPx + shift(top), y: top },
      { x: x + 184 * unitPx + shift(bottom), y: bottom },
      { x: x + shift(bottom), y: bottom },
    ]
    panes.addPath(polygon(corners))
  }
  context.fillStyle = css(shine, palette.time === 'night' ? 0.22 : 0.42)
  // One fill for all four: each blurred fill costs a pass over the picture.
  context.fill(panes)
  context.restore()
  glow(
    context,
    { x: light.side > 0 ? widthPx : 0, y: horizonYPx * 0.2 },
    widthPx * 0.6,
    palette.glow,
    0.3,
    'soft-light',
  )
}

function drawTableTop(stage: Stage): void {
  const { context, widthPx, heightPx, horizonYPx, palette, unitPx, light } = stage
  const lit = tableOf(stage, 0.9)
  const dark = tableOf(stage, 0.15)
  context.fillStyle = vertical(context, horizonYPx, heightPx, [
    [0, lit],
    [0.75, mix(lit, dark, 0.45)],
    [1, dark],
  ])
  context.fillRect(0, horizonYPx, widthPx, heightPx - horizonYPx + 1)
  const shape = polygon([
    { x: 0, y: horizonYPx },
    { x: widthPx, y: horizonYPx },
    { x: widthPx, y: heightPx },
    { x: 0, y: heightPx },
  ])
  const box = { xPx: 0, yPx: horizonYPx, widthPx, heightPx: heightPx - horizonYPx }
  spray(context, shape, box, {
    from: { x: light.side > 0 ? 0 : widthPx, y: heightPx },
    to: { x: widthPx / 2, y: horizonYPx },
    colour: mix(dark, palette.near, 0.5),
    alpha: 0.6,
  })
  const random = stage.random.fork('grain lines')
  context.lineWidth = unitPx
  for (let index = 0; index < 16; index += 1) {
    const y = horizonYPx + (heightPx - horizonYPx) * random.next()
    context.strokeStyle = css(dark, random.between(0.06, 0.2))
    context.beginPath()
    context.moveTo(0, y)
    context.bezierCurveTo(
      widthPx * 0.3,
      y + random.between(-8, 8) * unitPx,
      widthPx * 0.7,
      y + random.between(-8, 8) * unitPx,
      widthPx,
      y,
    )
    context.stroke()
  }
  context.fillStyle = css(mix(lit, palette.glow, 0.5), 0.7)
  context.fillRect(0, horizonYPx - unitPx, widthPx, unitPx * 2.2)
}

import { acrossPx } from '../place.ts'
import { Path2D } from '@napi-rs/canvas'
import { css, mix, oklch, type Colour } from '../colour.ts'
import { glow, polygon, vertical } from '../paint.ts'
import type { Random } from '../random.ts'
import { subjectColour } from '../shading.ts'
import type { Composition, Habitat, Layer, Scene, Spot, Stage } from '../stage.ts'
import { spray } from '../texture.ts'
import { arrange, type Placed } from './table-arrangement.ts'
import { drawCup, drawFruit, drawVase } from './table-things.ts'

/** A still life: a table before a wall, with window light across both. */
export const table: Scene = {
  name: 'table',
  horizon: (random: Random): number => random.between(0.62, 0.68),

  compose(stage: Stage): Composition {
    const { heightPx, horizonYPx, unitPx, habitats } = stage
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
        const x = acrossPx(stage, random, index, total, [0.12, 0.2])
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

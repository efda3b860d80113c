import type { Colour } from '../colour.ts'
import type { Point } from '../paint.ts'
import type { Stage } from '../stage.ts'
import type { Fruit, Item } from './table-things.ts'

/** A thing and its place on the table. */
export type Placed = Item & { what: 'vase' | 'cup' | Fruit }

type Kind = 'vase' | 'cup' | 'fruit'

/** What stands where: what the prompt names, in a triangle, with fruit to fill the gaps; back to front. */
export function arrange(stage: Stage): Placed[] {
  const { reading, habitats } = stage
  const named = (['vase', 'cup', 'fruit'] as const).filter((name) => reading.features.has(name))
  const usual: Kind[] = habitats.size > 0 ? ['fruit'] : ['vase', 'fruit']
  const wanted = new Set<Kind>(named.length > 0 ? named : usual)
  const tall: Placed[] = []
  if (wanted.has('vase')) tall.push(vase(stage))
  if (wanted.has('cup')) tall.push(cup(stage, wanted.has('vase'), wanted.size === 1))
  const placed = [...tall, ...fruit(stage, tall.length, wanted.has('fruit'))]
  return placed.toSorted((one, other) => one.at.y - other.at.y)
}

/** A point on the table: `t` in half thousands of units towards the light, `row` 0 at the wall to 1. */
function on({ widthPx, heightPx, horizonYPx, unitPx, light }: Stage, t: number, row: number): Point {
  return { x: widthPx * 0.5 + light.side * t * 500 * unitPx, y: horizonYPx + (heightPx - horizonYPx) * row }
}

/** Sizes in a panorama follow its height: what stands on the table must not touch the ceiling. */
const scaleOf = ({ unitPx, heightPx }: Stage): number => Math.min(unitPx, heightPx / 900)

/** The colour that the prompt gives to the scene belongs to the thing that leads. */
function coloured({ sceneColour }: Stage, leads: boolean): { colour?: Colour } {
  return leads && sceneColour !== undefined ? { colour: sceneColour } : {}
}

function vase(stage: Stage): Placed {
  const random = stage.random.fork('vase')
  const at = on(stage, random.between(-0.28, -0.08), 0.3)
  return { what: 'vase', at, sizePx: scaleOf(stage) * 470, random, ...coloured(stage, true) }
}

function cup(stage: Stage, hasVase: boolean, isAlone: boolean): Placed {
  const random = stage.random.fork('cup')
  const at = on(stage, isAlone ? random.between(-0.12, 0.05) : 0.22, 0.42)
  return {
    what: 'cup',
    at,
    sizePx: scaleOf(stage) * (isAlone ? 260 : 190),
    random,
    ...coloured(stage, !hasVase),
  }
}

function fruit(stage: Stage, tallThings: number, isAsked: boolean): Placed[] {
  const { reading, habitats } = stage
  const random = stage.random.fork('fruit')
  const isCrowded = tallThings > 0 || habitats.size > 0
  const some = isAsked ? random.whole(isCrowded ? 2 : 3, tallThings > 0 ? 3 : 5) : random.whole(0, 2)
  const count = isAsked && reading.sceneCount > 0 ? Math.min(7, reading.sceneCount) : some
  const named = (['apple', 'pear', 'lemon'] as const).filter((kind) => reading.features.has(kind))
  const mixed = [random.pick<Fruit>(['apple', 'pear', 'lemon']), random.pick<Fruit>(['apple', 'lemon'])]
  const kinds: readonly Fruit[] = named.length > 0 ? named : mixed
  const [start, width] = isCrowded ? [0.02, 0.42] : [-0.3, 0.62]
  return Array.from({ length: count }, (_, index) => {
    const t = start + (width * (index + 0.5)) / count + random.between(-0.03, 0.03)
    return {
      what: kinds[index % kinds.length] ?? 'apple',
      at: on(stage, t, 0.34 + (index % 2) * 0.24 + random.between(0, 0.06)),
      sizePx: scaleOf(stage) * (isCrowded ? 138 : 215) * random.between(0.9, 1.08),
      random: random.fork(`fruit ${index}`),
      ...coloured(stage, tallThings === 0),
    }
  })
}

import type { Random } from '../random.ts'
import type { Composition, Layer, Spot, Stage } from '../stage.ts'
import { drawArches, drawGround, drawOrbits, drawStrata } from './abstract-forms.ts'

/** What a prompt gets in which nothing is known: cut paper, its forms and colours from the prompt's hash. */
export const abstract: {
  horizon(random: Random): number
  compose(stage: Stage): Composition
} = {
  horizon: (random) => random.between(0.55, 0.75),

  compose(stage) {
    const forms = stage.random.fork('form').pick([strata, arches, orbits] as const)
    return {
      back: [{ name: 'ground', draw: () => drawGround(stage) }, ...forms(stage)],
      front: [],
      spot: () => spot(stage),
    }
  },
}

function strata(stage: Stage): Layer[] {
  const count = stage.random.fork('strata').whole(6, 9)
  return [
    { name: 'disc', draw: () => drawOrbits(stage, 1) },
    ...Array.from({ length: count }, (_, index) => ({
      name: `sheet ${index + 1}`,
      draw: () => drawStrata(stage, index, count),
    })),
  ]
}

function arches(stage: Stage): Layer[] {
  return [{ name: 'arches', draw: () => drawArches(stage) }]
}

function orbits(stage: Stage): Layer[] {
  return [
    { name: 'discs', draw: () => drawOrbits(stage, stage.random.fork('orbits').whole(5, 8)) },
    { name: 'sheet', draw: () => drawStrata(stage, 7, 8) },
  ]
}

/** No subject is drawn in an abstract picture unless its scene was forbidden: then in the middle. */
function spot(stage: Stage): Spot {
  const { widthPx, heightPx, unitPx, palette } = stage
  return { xPx: widthPx / 2, yPx: heightPx * 0.62, heightPx: 320 * unitPx, depth: 0, behind: palette.far }
}

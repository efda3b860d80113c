import type { Random } from '../random.ts'
import { drawSky } from '../sky.ts'
import type { Composition, Scene, Stage } from '../stage.ts'

/** For prompts in which nothing is known: cut paper, placed by the prompt's hash. */
export const abstract: Scene = {
  name: 'meadow',
  horizon: (random: Random): number => random.between(0.9, 1),
  compose(stage: Stage): Composition {
    return {
      back: [{ name: 'ground', draw: () => drawSky(stage) }],
      front: [],
      spot: () => ({
        xPx: stage.widthPx / 2,
        yPx: stage.heightPx / 2,
        heightPx: 300 * stage.unitPx,
        depth: 0,
        behind: stage.palette.far,
      }),
    }
  },
}

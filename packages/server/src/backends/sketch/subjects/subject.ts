import { Path2D, type SKRSContext2D } from '@napi-rs/canvas'
import { css, mix, type Colour } from '../colour.ts'
import { linear, type Point } from '../paint.ts'
import type { Random } from '../random.ts'
import { subjectColour } from '../shading.ts'
import type { Habitat, Spot, Stage } from '../stage.ts'
import type { SceneName, SubjectName } from '../words/meaning.ts'

/** A thing that can be drawn. Adding one means one file and one line in `subjects/index.ts`. */
export interface Subject {
  readonly name: SubjectName
  readonly habitat: Habitat
  /** Scenes it is at home in, for prompts that name none. */
  readonly homes: readonly [SceneName, ...SceneName[]]
  /** Height against the spot's, 1 as tall as a tree there. */
  readonly scale: number
  /** Width of the drawing against its height, with room for everything that sticks out. */
  readonly aspect: number
  /** How many to draw when the prompt does not say, from and to. */
  readonly group: readonly [number, number]
  /** Draws one, 100 units tall, foot at 0, 0, upwards negative, looking right. */
  draw(brush: Brush): void
}

/** What a subject draws with. Coordinates are hundredths of its height. */
export interface Brush {
  readonly context: SKRSContext2D
  readonly stage: Stage
  readonly spot: Spot
  readonly random: Random
  /** Colours that the prompt names for it, as pigments; may be empty. */
  readonly colours: readonly Colour[]
  /** -1: light from the left of the drawing (already turned with it). 1: from the right. */
  readonly side: -1 | 1
  /** A pigment as it looks here, 0 in shade to 1 in full light. */
  tone(pigment: Colour, lit: number): Colour
  /** Fills a shape with its lit side towards the light; `box` is its extent. */
  solid(shape: Path2D, pigment: Colour, box: Box, contrast?: number): void
  /** Light along the edge of a shape that is turned to the sun. */
  rim(shape: Path2D, widthUnits: number, alpha: number): void
}

/** An extent in hundredths of the subject's height. */
export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** A brush on a context that is already scaled and moved to the subject's own coordinates. */
export function createBrush(parts: Omit<Brush, 'tone' | 'solid' | 'rim'>): Brush {
  const { context, stage, spot, side } = parts
  const tone = (pigment: Colour, lit: number): Colour =>
    subjectColour(stage.palette, pigment, lit, spot.depth)
  return {
    ...parts,
    tone,
    solid(shape, pigment, box, contrast = 1) {
      const middle = (box.top + box.bottom) / 2
      const lit: Point = { x: side < 0 ? box.left : box.right, y: box.top }
      const shade: Point = { x: side < 0 ? box.right : box.left, y: middle + (box.bottom - middle) * 0.6 }
      context.fillStyle = linear(context, lit, shade, [
        [0, tone(pigment, 0.5 + 0.5 * contrast)],
        [0.45, tone(pigment, 0.5 + 0.12 * contrast)],
        [1, tone(pigment, 0.5 - 0.5 * contrast)],
      ])
      context.fill(shape)
    },
    rim(shape, widthUnits, alpha) {
      context.save()
      context.clip(shape)
      context.fillStyle = css(mix(stage.palette.glow, stage.palette.disc, 0.4), alpha)
      // What the shape, moved away from the light, leaves uncovered of itself is its lit edge.
      const uncovered = new Path2D()
      uncovered.rect(-400, -400, 800, 800)
      uncovered.addPath(shape)
      context.translate(-side * widthUnits, widthUnits * 0.6)
      context.globalCompositeOperation = 'screen'
      context.fill(uncovered, 'evenodd')
      context.restore()
    },
  }
}

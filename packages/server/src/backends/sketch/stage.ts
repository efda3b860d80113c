import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Colour } from './colour.ts'
import type { Palette } from './palette.ts'
import type { Random } from './random.ts'
import type { SceneName } from './words/meaning.ts'
import type { Reading, SubjectReading } from './words/reading.ts'

/** Where the light comes from. */
export interface Light {
  kind: 'sun' | 'moon'
  xPx: number
  yPx: number
  radiusPx: number
  /** Whether the disc itself is in the picture (not in fog, storm, or with a sun behind the viewer). */
  visible: boolean
  /** -1: the light comes from the left. 1: from the right. */
  side: -1 | 1
}

/** Everything that a layer draws from and on. */
export interface Stage {
  readonly context: SKRSContext2D
  readonly widthPx: number
  readonly heightPx: number
  /** A thousandth of the geometric mean of the sides: what sizes of things are measured in. */
  readonly unitPx: number
  readonly reading: Reading
  /** What the subjects need: a scene makes room only for what will stand there. */
  readonly habitats: ReadonlySet<Habitat>
  readonly palette: Palette
  /** The pigment that the prompt gives to the scene (`red mountains`), if it does. */
  readonly sceneColour: Colour | undefined
  /** Where sky and ground meet, or would without the land before it. */
  readonly horizonYPx: number
  readonly light: Light
  /** Named by prompt and seed, not by size: the same picture at another size has the same parts. */
  readonly random: Random
}

/** One step of a drawing. Between steps the event loop runs and an abort is noticed. */
export interface Layer {
  name: string
  draw(): void
}

/** Where a subject can stand. A subject drawn at it has its foot (or centre, in the sky) at `xPx`, `yPx`. */
export interface Spot {
  xPx: number
  yPx: number
  /** Height that suits the composition here for a thing as tall as a tree; each subject scales it. */
  heightPx: number
  /** 0: right before the viewer. 1: at the horizon. */
  depth: number
  /** What is behind it, for contrast. */
  behind: Colour
  /** The water line to mirror it at, where there is water. */
  mirrorYPx?: number
  /** Colour of the ground shadow; none in the sky and on water. */
  shadow?: Colour
}

/** Where a subject belongs: on water, on land in the middle distance, right before the viewer, or in the air. */
export type Habitat = 'water' | 'ground' | 'foreground' | 'sky'

/** A subject of the prompt with the place it was given. */
export interface PlacedSubject {
  subject: SubjectReading
  spot: Spot
}

/** A scene: its layers from back to front. Adding one means one file and one line in `scenes/index.ts`. */
export interface Scene {
  readonly name: SceneName
  /** Height of the horizon as a fraction of the picture's, from the top. */
  horizon(random: Random): number
  /** Decides the composition; draws nothing yet. */
  compose(stage: Stage): Composition
}

/** A composed scene, ready to be drawn. */
export interface Composition {
  /** Before the subjects: sky, distance, middle. */
  back: Layer[]
  /** After the subjects: what stands between them and the viewer. */
  front: Layer[]
  /** `index` numbers the subjects that share one habitat, from 0, of `total`. */
  spot(habitat: Habitat, index: number, total: number): Spot
}

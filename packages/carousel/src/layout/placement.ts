import type { RectPx } from '../slide.ts'

/** Which palette of the theme: `dark` has light ink over what is dark or darkened, `light` the reverse. */
export type Tone = 'dark' | 'light'

/** Where text grows from. */
export type Anchor = 'top' | 'middle' | 'bottom'

/** Where the text of all slides of a carousel stands on one frame. It does not depend on any of their words. */
export interface Placement {
  /** The room for text; every slide has the same. */
  readonly zone: RectPx
  readonly anchor: Anchor
  /** The zone takes a side of the slide, not its whole width. */
  readonly isColumn: boolean
  readonly tone: Tone
  /** 0..1: how busy the zone is. */
  readonly busyness: number
  /** The row of handle and page mark; `undefined` where the design has none of it. */
  readonly foot: { readonly rect: RectPx; readonly tone: Tone; readonly busyness: number } | undefined
  /** Heads that no scrim should lie over. */
  readonly faces: readonly RectPx[]
  /** What the zone was chosen by; lower is better. */
  readonly cost: number
}

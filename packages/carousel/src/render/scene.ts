import { arrange, lineRects, unionOf } from '../layout/arrange.ts'
import type { PlacedPart } from '../layout/arrange.ts'
import type { Placement } from '../layout/placement.ts'
import type { PreparedSlides } from '../layout/prepare-slides.ts'
import type { RectPx } from '../slide.ts'
import { placeFoot } from './draw-foot.ts'
import type { PlacedFoot } from './draw-foot.ts'

/** Everything of one slide, where it stands. */
export interface Scene {
  readonly parts: readonly PlacedPart[]
  readonly foot: PlacedFoot | undefined
  /** What the parts cover. */
  readonly region: RectPx
  readonly mirrored: boolean
}

/** Sets and arranges the parts of a slide in the zone of its carousel. */
export function sceneOf(prepared: PreparedSlides, index: number, placement: Placement): Scene {
  const { theme, geometry } = prepared
  const mirrored = prepared.isMirrored(index)
  const parts = arrange(
    prepared.partsOf(index, placement.zone),
    placement.zone,
    placement.anchor,
    theme.align,
    mirrored,
  )
  const rect = placement.foot?.rect
  const foot =
    rect === undefined
      ? undefined
      : placeFoot(prepared.footOf(index, rect.widthPx), rect, geometry.unitPx, mirrored)
  const region = unionOf(parts.flatMap(readRects)) ?? placement.zone
  return { parts, foot, region, mirrored }
}

/** The rectangles in which a part is read: the lines of a text, the whole of a shape. */
export function readRects({ part, rect }: PlacedPart): RectPx[] {
  return part.type === 'text' ? lineRects(part.block, rect) : [rect]
}

import type { RectPx } from '../slide.ts'
import { footHeight } from './foot.ts'
import type { Anchor } from './placement.ts'
import { gridPx } from './slide-geometry.ts'
import type { SlideGeometry } from './slide-geometry.ts'

/** A place where the text of a carousel could stand. */
export interface Candidate {
  readonly zone: RectPx
  readonly anchor: Anchor
  /** The part of the zone that ordinary texts cover. */
  readonly core: RectPx
  /** What it costs that text has to be set smaller, or ends sooner, than in a roomy zone. */
  readonly tightness: number
}

/** Heights of zones, of a slide whose short side is 1080, and how tight each is. Where a face leaves less, it is less. */
const zoneHeights: readonly (readonly [height: number, tightness: number])[] = [
  [760, 0],
  [660, 0.03],
  [560, 0.08],
  [480, 0.16],
  [400, 0.28],
  [330, 0.42],
  [270, 0.6],
]
/** What ordinary texts take of a zone. */
const coreHeight = 450
/** Between the text and the foot, of a slide whose short side is 1080. */
const footGap = 68
/** Widths of columns where the slide is wider than high, of the safe width, and how tight each is. */
const columnShares: readonly (readonly [share: number, tightness: number])[] = [
  [0.58, 0],
  [0.48, 0.02],
  [0.38, 0.09],
]
/** A scrim in the middle of a wide slide stands there like a pillar. */
const middleCost = 0.25

/**
 * All candidates of a slide: the whole width (portrait) or columns (landscape), at the top, in the middle and at the
 * bottom of the safe zone, in several heights, on rows of the grid.
 */
export function candidatesOf(geometry: SlideGeometry, hasFoot: boolean): Candidate[] {
  const { safe, unitPx, shape } = geometry
  const footPx = hasFoot ? Math.round((footHeight + footGap) * unitPx) : 0
  const topPx = snapUp(safe.topPx)
  const bottomPx = Math.max(topPx + gridPx, snapDown(safe.topPx + safe.heightPx - footPx))
  const roomPx = bottomPx - topPx
  const candidates: Candidate[] = []
  const columns = shape === 'landscape' ? columnsOf(safe) : [{ ...safe, narrowness: 0 }]
  for (const { leftPx, widthPx, narrowness } of columns) {
    for (const [heightPx, tightness] of heightsIn(roomPx, unitPx)) {
      for (const anchor of ['bottom', 'top', 'middle'] as const) {
        const top = topOf(anchor, topPx, bottomPx, heightPx)
        const zone = { leftPx, topPx: top, widthPx, heightPx }
        const corePx = Math.min(heightPx, Math.round(coreHeight * unitPx))
        const core = { ...zone, topPx: topOf(anchor, top, top + heightPx, corePx), heightPx: corePx }
        candidates.push({ zone, anchor, core, tightness: tightness + narrowness })
      }
    }
  }
  return candidates
}

/** Heights that fit, each once; what is higher than the room is as high as the room, and no tighter for it. */
function heightsIn(roomPx: number, unitPx: number): Map<number, number> {
  const heights = new Map<number, number>()
  const roomTightness = zoneHeights.find(([height]) => height * unitPx <= roomPx)?.[1] ?? 0
  for (const [height, tightness] of zoneHeights) {
    const heightPx = Math.min(roomPx, snapUp(height * unitPx))
    if (!heights.has(heightPx)) heights.set(heightPx, Math.max(0, tightness - roomTightness))
  }
  return heights
}

function topOf(anchor: Anchor, topPx: number, bottomPx: number, heightPx: number): number {
  if (anchor === 'top') return topPx
  if (anchor === 'bottom') return bottomPx - heightPx
  return snapDown(topPx + (bottomPx - topPx - heightPx) / 2)
}

function columnsOf(safe: RectPx): { leftPx: number; widthPx: number; narrowness: number }[] {
  return columnShares.flatMap(([share, narrowness]) => {
    const widthPx = Math.round(safe.widthPx * share)
    const free = safe.widthPx - widthPx
    const sides = [0, free].map((offset) => ({ leftPx: safe.leftPx + offset, widthPx, narrowness }))
    const middlePx = safe.leftPx + Math.round(free / 2)
    return [...sides, { leftPx: middlePx, widthPx, narrowness: narrowness + middleCost }]
  })
}

function snapUp(px: number): number {
  return Math.ceil(px / gridPx) * gridPx
}

function snapDown(px: number): number {
  return Math.floor(px / gridPx) * gridPx
}

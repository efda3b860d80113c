import type { RectPx } from '../slide.ts'
import { footHeight } from './foot.ts'
import type { Anchor } from './placement.ts'
import { gridPx } from './slide-geometry.ts'
import type { SlideGeometry } from './slide-geometry.ts'

/** A place where the text of a carousel could stand. */
export interface Candidate {
  readonly zone: RectPx
  readonly anchor: Anchor
  /** It takes a side of the slide, not its whole width. */
  readonly isColumn: boolean
  /** The part of the zone that ordinary texts cover. */
  readonly core: RectPx
  /** What it costs that text has to be set smaller, or ends sooner, than in a roomy zone. */
  readonly tightness: number
}

/** Heights of zones, of a slide whose short side is 1080, and how tight each is. Where a face leaves less, it is less. */
const zoneHeights: readonly (readonly [height: number, tightness: number])[] = [
  [760, 0],
  [680, 0.02],
  [600, 0.05],
  [540, 0.09],
  [480, 0.15],
  [430, 0.22],
  [380, 0.3],
  [330, 0.43],
  [280, 0.8],
]
/** The same for columns of upright slides: narrow, they have to be high. */
const columnHeights: typeof zoneHeights = [
  [900, 0],
  [760, 0.03],
  [640, 0.1],
]
/** What ordinary texts take of a zone. */
const coreHeight = 450
/** Between the text and the foot, of a slide whose short side is 1080; less where the zone is low. */
const footGap = 68
const lowFootGap = 44
const low = 340
/** Widths of columns where the slide is wider than high, of the safe width, and how tight each is. */
const columnShares: readonly (readonly [share: number, tightness: number])[] = [
  [0.58, 0],
  [0.48, 0.02],
  [0.38, 0.09],
]
/** Beside somebody who stands at one side of an upright slide: of the safe width. */
const sideShare = 0.58
const sideNarrowness = 0.34
/** A scrim in the middle of a wide slide stands there like a pillar. */
const middleCost = 0.25

/**
 * All candidates of a slide: the whole width or one side (portrait) or columns (landscape), at the top, in the middle
 * and at the bottom of the safe zone, in several heights, on rows of the grid.
 */
export function candidatesOf(geometry: SlideGeometry, hasFoot: boolean): Candidate[] {
  const { safe, unitPx, shape } = geometry
  const topPx = snapUp(safe.topPx)
  const bottomAbove = (gap: number): number => {
    const footPx = hasFoot ? Math.round((footHeight + gap) * unitPx) : 0
    return Math.max(topPx + gridPx, snapDown(safe.topPx + safe.heightPx - footPx))
  }
  const roomPx = bottomAbove(footGap) - topPx
  const candidates: Candidate[] = []
  const columns = shape === 'landscape' ? columnsOf(safe) : spansOf(safe)
  for (const { leftPx, widthPx, narrowness, isColumn } of columns) {
    const heights = isColumn && shape === 'portrait' ? columnHeights : zoneHeights
    for (const [heightPx, tightness] of heightsIn(heights, roomPx, unitPx)) {
      for (const anchor of ['bottom', 'top', 'middle'] as const) {
        const bottomPx = bottomAbove(heightPx < low * unitPx ? lowFootGap : footGap)
        const top = topOf(anchor, topPx, bottomPx, heightPx)
        const zone = { leftPx, topPx: top, widthPx, heightPx }
        const corePx = Math.min(heightPx, Math.round(coreHeight * unitPx))
        const core = { ...zone, topPx: topOf(anchor, top, top + heightPx, corePx), heightPx: corePx }
        candidates.push({ zone, anchor, isColumn, core, tightness: tightness + narrowness })
      }
    }
  }
  return candidates
}

/** Heights that fit, each once; what is higher than the room is as high as the room, and no tighter for it. */
function heightsIn(asked: typeof zoneHeights, roomPx: number, unitPx: number): Map<number, number> {
  const heights = new Map<number, number>()
  const roomTightness = asked.find(([height]) => height * unitPx <= roomPx)?.[1] ?? 0
  for (const [height, tightness] of asked) {
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

interface Column {
  leftPx: number
  widthPx: number
  narrowness: number
  isColumn: boolean
}

function spansOf(safe: RectPx): Column[] {
  const { leftPx } = safe
  const widthPx = Math.round(safe.widthPx * sideShare)
  const side = { widthPx, narrowness: sideNarrowness, isColumn: true }
  return [
    { leftPx, widthPx: safe.widthPx, narrowness: 0, isColumn: false },
    { ...side, leftPx },
    { ...side, leftPx: leftPx + safe.widthPx - widthPx },
  ]
}

function columnsOf(safe: RectPx): Column[] {
  return columnShares.flatMap(([share, narrowness]) => {
    const widthPx = Math.round(safe.widthPx * share)
    const free = safe.widthPx - widthPx
    const sides = [0, free].map((offset) => ({
      leftPx: safe.leftPx + offset,
      widthPx,
      narrowness,
      isColumn: true,
    }))
    const middlePx = safe.leftPx + Math.round(free / 2)
    return [...sides, { leftPx: middlePx, widthPx, narrowness: narrowness + middleCost, isColumn: true }]
  })
}

function snapUp(px: number): number {
  return Math.ceil(px / gridPx) * gridPx
}

function snapDown(px: number): number {
  return Math.floor(px / gridPx) * gridPx
}

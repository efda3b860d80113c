import type { Face, FrameAnalysis } from '../frame.ts'
import type { RectPx } from '../slide.ts'

/** What lies around the box that a detector draws from brow to chin, of its sides. */
export interface Around {
  readonly above: number
  readonly below: number
  readonly beside: number
}

/** Forehead, chin, ears. */
export const face: Around = { above: 0.2, below: 0.1, beside: 0.05 }
/** Hair and neck. */
export const head: Around = { above: 0.6, below: 0.4, beside: 0.25 }
/** What no scrim should lie over. */
export const lit: Around = { above: 0.35, below: 0.12, beside: 0.1 }

/** The box of a face with what lies around it. */
function grown({ leftPx, topPx, widthPx, heightPx }: RectPx, { above, below, beside }: Around): RectPx {
  return {
    leftPx: leftPx - widthPx * beside,
    topPx: topPx - heightPx * above,
    widthPx: widthPx * (1 + 2 * beside),
    heightPx: heightPx * (1 + above + below),
  }
}

/** From here on something is taken for a face at all; from `sure` on without doubt. Lamps and wheels reach 0.55. */
const likely = { from: 0.5, sure: 0.78 }
/** Of the frame's width: smaller faces are people in the background. */
const importantWidth = 0.16

/** How much a face counts, 0..1. */
function importanceOf({ likelihood, widthPx }: Face, { columns, cellPx }: FrameAnalysis): number {
  const certainty = Math.min(1, Math.max(0, (likelihood - likely.from) / (likely.sure - likely.from)))
  return certainty ** 2 * Math.min(1, widthPx / (importantWidth * columns * cellPx))
}

/** Of several faces covered, each beyond the first adds so much of its own. */
const otherFaces = 0.3

/** A face with what lies around it, and how much it counts. */
export interface WeighedBox extends RectPx {
  readonly importance: number
}

/** The faces of a frame that count at all. */
export function boxesOf(analysis: FrameAnalysis, around: Around): WeighedBox[] {
  return analysis.faces
    .map((found) => ({ ...grown(found, around), importance: importanceOf(found, analysis) }))
    .filter(({ importance }) => importance > 0)
}

/** The share of a face that a region covers, by how much it counts: of the one covered most, and a part of others. */
export function faceShare(region: RectPx, boxes: readonly WeighedBox[]): number {
  let most = 0
  let sum = 0
  for (const box of boxes) {
    const width =
      Math.min(box.leftPx + box.widthPx, region.leftPx + region.widthPx) - Math.max(box.leftPx, region.leftPx)
    const height =
      Math.min(box.topPx + box.heightPx, region.topPx + region.heightPx) - Math.max(box.topPx, region.topPx)
    if (width <= 0 || height <= 0) continue
    const share = (box.importance * width * height) / (box.widthPx * box.heightPx)
    most = Math.max(most, share)
    sum += share
  }
  return most + otherFaces * (sum - most)
}

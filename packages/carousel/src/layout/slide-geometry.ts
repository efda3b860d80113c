import type { SlideSize } from '../carousel-request.ts'
import type { RectPx } from '../slide.ts'

/** Text and its places stand on rows that are multiples of this: an MCU of a JPEG with halved chroma. */
export const gridPx = 16

/** What follows from the size of a slide alone. */
export interface SlideGeometry {
  readonly widthPx: number
  readonly heightPx: number
  /** Pixels of the slide for one pixel of a slide whose short side is 1080: all sizes are times this. */
  readonly unitPx: number
  /** Where ink may stand: neither margins nor what platforms cover or crop. */
  readonly safe: RectPx
  /** `portrait`: text takes the whole width. `landscape`: it takes a column. */
  readonly shape: 'portrait' | 'landscape'
}

/** Share of the short side that stays free at each edge. */
const marginShare = 0.083
/** Stories and reels: the app's own controls lie over these shares of the height. */
const storyTopShare = 0.14
const storyBottomShare = 0.2
/** Of the height: how far a taller slide gives way to the square that profile grids cut out of it. */
const maxGridCropShare = 0.11

/**
 * Safe zones of the platforms, found from the shape of the slide. 9:16 (stories, reels, TikTok): 14 % at the top
 * and 20 % at the bottom lie under controls. 4:5 and the like (Instagram's feed): profile grids show the middle
 * 3:4 or square, so that what is written stands inside both. Others (LinkedIn's 1200 × 627, squares): margins.
 */
export function slideGeometry({ widthPx, heightPx }: SlideSize): SlideGeometry {
  const shortPx = Math.min(widthPx, heightPx)
  const marginPx = Math.round(shortPx * marginShare)
  const aspect = widthPx / heightPx
  let leftPx = marginPx
  let topPx = marginPx
  let bottomPx = marginPx
  if (aspect < 0.63) {
    topPx = Math.max(marginPx, Math.ceil(heightPx * storyTopShare))
    bottomPx = Math.max(marginPx, Math.ceil(heightPx * storyBottomShare))
  } else if (aspect < 0.95) {
    const squarePx = Math.ceil((heightPx - widthPx) / 2)
    topPx = Math.max(marginPx, Math.min(squarePx, Math.round(heightPx * maxGridCropShare)))
    bottomPx = topPx
    leftPx = Math.max(marginPx, Math.ceil((widthPx - heightPx * 0.75) / 2))
  }
  return {
    widthPx,
    heightPx,
    unitPx: shortPx / 1080,
    safe: { leftPx, topPx, widthPx: widthPx - 2 * leftPx, heightPx: heightPx - topPx - bottomPx },
    shape: aspect > 1.25 ? 'landscape' : 'portrait',
  }
}

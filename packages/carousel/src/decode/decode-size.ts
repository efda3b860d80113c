import type { SlideSize } from '../carousel-request.ts'

/** Below this on its short side a base has too little to show: 1080 pixels would be made of fewer than 200. */
export const minBaseSidePx = 200

/**
 * The share of its own size at which a base has to be decoded to cover a slide: at most 1, because enlarging is
 * the frame's business.
 */
export function scaleFor(base: SlideSize, slide: SlideSize): number {
  return Math.min(1, Math.max(slide.widthPx / base.widthPx, slide.heightPx / base.heightPx))
}

/** A base's size at a scale. The side that the scale was made from comes out exactly. */
export function sizeAt(base: SlideSize, scale: number): SlideSize {
  return {
    widthPx: Math.max(1, Math.round(base.widthPx * scale)),
    heightPx: Math.max(1, Math.round(base.heightPx * scale)),
  }
}

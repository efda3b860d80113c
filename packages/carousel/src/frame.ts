import type { RectPx } from './slide.ts'

/** A face, or what is likely one. */
export interface Face extends RectPx {
  /** 0..1. */
  likelihood: number
}

/** Means over a rectangle of the grids; all 0..1. */
export interface RegionStatistics {
  /** Mean relative luminance (WCAG 2.2). */
  luminance: number
  /** Standard deviation of relative luminance over the region. */
  deviation: number
  /** Mean strength of edges: how busy it is. */
  edges: number
  /** Mean saliency: how much it draws the eye. */
  saliency: number
  /** Mean likelihood of skin. */
  skin: number
  /** Largest share of any one face (weighted by its likelihood) that lies inside. */
  faces: number
}

/**
 * What is known of a frame at low resolution. Grids are row-major, `rows × columns`, one value a cell of
 * `cellPx × cellPx` pixels (the last row and column may be smaller), 0..1.
 */
export interface FrameAnalysis {
  readonly columns: number
  readonly rows: number
  readonly cellPx: number
  /** Relative luminance (WCAG 2.2). */
  readonly luminance: Float32Array
  /** Standard deviation of luminance inside the cell. */
  readonly deviation: Float32Array
  readonly edges: Float32Array
  readonly saliency: Float32Array
  readonly skin: Float32Array
  readonly faces: readonly Face[]
  /** Constant time, by integral images; the rectangle is clipped to the frame and widened to whole cells. */
  statistics(region: RectPx): RegionStatistics
}

/**
 * A base as one size of slide shows it: cropped, scaled, upright, sRGB, on white where it was transparent. All
 * slides of that size share it, so it is never written into.
 */
export interface Frame {
  /** RGB, 8 bits a channel, row-major, `widthPx × heightPx × 3` bytes. */
  readonly data: Uint8Array
  readonly widthPx: number
  readonly heightPx: number
  readonly analysis: FrameAnalysis
}

/** Rows `topPx` to `topPx + heightPx - 1`. */
export interface RowRange {
  topPx: number
  heightPx: number
}

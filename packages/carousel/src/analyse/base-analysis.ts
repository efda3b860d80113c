import type { Face } from '../frame.ts'

/**
 * What is known of a base at low resolution, whatever sizes are cut from it. Grids are row-major,
 * `rows × columns`; a cell is `cellPx × cellPx` pixels of the decoded base (the last row and column may be
 * smaller). All values 0..1.
 */
export interface BaseAnalysis {
  readonly columns: number
  readonly rows: number
  readonly cellPx: number
  /** Of the decoded base that was looked at. */
  readonly widthPx: number
  readonly heightPx: number
  /** Mean relative luminance (WCAG 2.2). */
  readonly luminance: Float32Array
  /** Mean of the square of relative luminance: with the mean it gives the deviation over any region. */
  readonly luminanceSquare: Float32Array
  readonly edges: Float32Array
  readonly skin: Float32Array
  readonly saliency: Float32Array
  /** In pixels of the decoded base that was looked at. */
  readonly faces: readonly Face[]
  /** What the analysis took. */
  readonly durationMs: number
}

import type { Face, FrameAnalysis, RegionStatistics } from '../frame.ts'
import type { RectPx } from '../slide.ts'
import type { BaseAnalysis } from './base-analysis.ts'
import { IntegralImage } from './integral-image.ts'
import { resampleGrid } from './resample-grid.ts'

/** Side of a cell in pixels of a frame. */
export const frameCellPx = 8

/** The part of a base that a frame shows, as shares of the base's sides: 0..1. */
export interface BasePart {
  left: number
  top: number
  width: number
  height: number
}

/** The analysis of a base as one frame sees it: the grids of its part, on the frame's own cells. */
export function frameAnalysisOf(
  base: BaseAnalysis,
  part: BasePart,
  widthPx: number,
  heightPx: number,
): FrameAnalysis {
  const columns = Math.ceil(widthPx / frameCellPx)
  const rows = Math.ceil(heightPx / frameCellPx)
  const window = windowOf(base, part, widthPx, heightPx)
  const resampled = (grid: Float32Array): Float32Array => resampleGrid(grid, base, window, columns, rows)
  const luminance = resampled(base.luminance)
  const luminanceSquare = resampled(base.luminanceSquare)
  const edges = resampled(base.edges)
  const saliency = resampled(base.saliency)
  const skin = resampled(base.skin)
  const faces = facesIn(base, part, widthPx, heightPx)
  const integral = (grid: Float32Array): IntegralImage => new IntegralImage(grid, columns, rows)
  const means = {
    luminance: integral(luminance),
    square: integral(luminanceSquare),
    edges: integral(edges),
    saliency: integral(saliency),
    skin: integral(skin),
  }
  const statistics = (region: RectPx): RegionStatistics => {
    const cells = cellsOf(region, columns, rows)
    const mean = means.luminance.mean(cells)
    return {
      luminance: mean,
      deviation: Math.sqrt(Math.max(0, means.square.mean(cells) - mean * mean)),
      edges: means.edges.mean(cells),
      saliency: means.saliency.mean(cells),
      skin: means.skin.mean(cells),
      faces: faces.reduce((most, face) => Math.max(most, face.likelihood * shareInside(face, region)), 0),
    }
  }
  const deviation = luminance.map((mean, cell) =>
    Math.sqrt(Math.max(0, luminanceSquare[cell]! - mean * mean)),
  )
  return {
    columns,
    rows,
    cellPx: frameCellPx,
    luminance,
    deviation,
    edges,
    saliency,
    skin,
    faces,
    statistics,
  }
}

/** Where a frame's cells lie on the grid of the base, in cells of the base. */
function windowOf(
  base: BaseAnalysis,
  part: BasePart,
  widthPx: number,
  heightPx: number,
): { left: number; top: number; stepX: number; stepY: number } {
  const columnsPerPx = (part.width * base.widthPx) / base.cellPx / widthPx
  const rowsPerPx = (part.height * base.heightPx) / base.cellPx / heightPx
  return {
    left: (part.left * base.widthPx) / base.cellPx,
    top: (part.top * base.heightPx) / base.cellPx,
    stepX: columnsPerPx * frameCellPx,
    stepY: rowsPerPx * frameCellPx,
  }
}

function facesIn(base: BaseAnalysis, part: BasePart, widthPx: number, heightPx: number): Face[] {
  const scaleX = widthPx / (part.width * base.widthPx)
  const scaleY = heightPx / (part.height * base.heightPx)
  const frame = { leftPx: 0, topPx: 0, widthPx, heightPx }
  return base.faces
    .map(({ likelihood, ...face }) => ({
      leftPx: Math.round((face.leftPx - part.left * base.widthPx) * scaleX),
      topPx: Math.round((face.topPx - part.top * base.heightPx) * scaleY),
      widthPx: Math.round(face.widthPx * scaleX),
      heightPx: Math.round(face.heightPx * scaleY),
      likelihood,
    }))
    .filter((face) => shareInside(face, frame) > 0)
}

/** Of a rectangle's own area, what lies inside another: 0..1. */
function shareInside(rect: RectPx, region: RectPx): number {
  const width =
    Math.min(rect.leftPx + rect.widthPx, region.leftPx + region.widthPx) -
    Math.max(rect.leftPx, region.leftPx)
  const height =
    Math.min(rect.topPx + rect.heightPx, region.topPx + region.heightPx) - Math.max(rect.topPx, region.topPx)
  if (width <= 0 || height <= 0) return 0
  return (width * height) / (rect.widthPx * rect.heightPx)
}

/** Clipped to the grid and widened to whole cells; at least one cell. */
function cellsOf(
  { leftPx, topPx, widthPx, heightPx }: RectPx,
  columns: number,
  rows: number,
): { left: number; top: number; right: number; bottom: number } {
  const left = clamp(Math.floor(leftPx / frameCellPx), 0, columns - 1)
  const top = clamp(Math.floor(topPx / frameCellPx), 0, rows - 1)
  return {
    left,
    top,
    right: clamp(Math.ceil((leftPx + widthPx) / frameCellPx), left + 1, columns),
    bottom: clamp(Math.ceil((topPx + heightPx) / frameCellPx), top + 1, rows),
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}

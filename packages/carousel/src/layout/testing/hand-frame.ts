import { luminanceOfBlue, luminanceOfGreen, luminanceOfRed } from '../../color.ts'
import type { Face, Frame, FrameAnalysis, RegionStatistics } from '../../frame.ts'
import type { RectPx } from '../../slide.ts'

const cellPx = 8

/** A frame of pixels made by hand, with an analysis that is slow and plain: what tests compare is the design. */
export function handFrame(
  widthPx: number,
  heightPx: number,
  colorAt: (x: number, y: number) => readonly [number, number, number],
  faces: readonly Face[] = [],
): Frame {
  const data = new Uint8Array(widthPx * heightPx * 3)
  for (let y = 0; y < heightPx; y += 1) {
    for (let x = 0; x < widthPx; x += 1) data.set(colorAt(x, y), (y * widthPx + x) * 3)
  }
  return frameOf(data, widthPx, heightPx, faces)
}

/** The same for pixels in hand. */
export function frameOf(
  data: Uint8Array,
  widthPx: number,
  heightPx: number,
  faces: readonly Face[] = [],
): Frame {
  return { data, widthPx, heightPx, analysis: analysisOf(data, widthPx, heightPx, faces) }
}

function analysisOf(
  data: Uint8Array,
  widthPx: number,
  heightPx: number,
  faces: readonly Face[],
): FrameAnalysis {
  const columns = Math.ceil(widthPx / cellPx)
  const rows = Math.ceil(heightPx / cellPx)
  const grid = (): Float32Array => new Float32Array(columns * rows)
  const grids = { luminance: grid(), deviation: grid(), edges: grid(), saliency: grid(), skin: grid() }
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const { mean, deviation, edge } = cellOf(data, widthPx, heightPx, column * cellPx, row * cellPx)
      const at = row * columns + column
      grids.luminance[at] = mean
      grids.deviation[at] = deviation
      grids.edges[at] = Math.min(1, edge * 4)
    }
  }
  const statistics = (region: RectPx): RegionStatistics => {
    const left = Math.max(0, Math.floor(region.leftPx / cellPx))
    const top = Math.max(0, Math.floor(region.topPx / cellPx))
    const right = Math.min(columns, Math.ceil((region.leftPx + region.widthPx) / cellPx))
    const bottom = Math.min(rows, Math.ceil((region.topPx + region.heightPx) / cellPx))
    const sums = { luminance: 0, square: 0, edges: 0 }
    for (let row = top; row < bottom; row += 1) {
      for (let column = left; column < right; column += 1) {
        const at = row * columns + column
        const mean = grids.luminance[at] ?? 0
        sums.luminance += mean
        sums.square += mean * mean + (grids.deviation[at] ?? 0) ** 2
        sums.edges += grids.edges[at] ?? 0
      }
    }
    const count = Math.max(1, (right - left) * (bottom - top))
    const mean = sums.luminance / count
    const inside = faces.map((face) => face.likelihood * shareInside(face, region))
    return {
      luminance: mean,
      deviation: Math.sqrt(Math.max(0, sums.square / count - mean * mean)),
      edges: sums.edges / count,
      saliency: 0,
      skin: 0,
      faces: Math.max(0, ...inside),
    }
  }
  return { columns, rows, cellPx, ...grids, faces, statistics }
}

function cellOf(
  data: Uint8Array,
  widthPx: number,
  heightPx: number,
  left: number,
  top: number,
): { mean: number; deviation: number; edge: number } {
  let sum = 0
  let square = 0
  let steps = 0
  let count = 0
  let before = -1
  for (let y = top; y < Math.min(heightPx, top + cellPx); y += 1) {
    for (let x = left; x < Math.min(widthPx, left + cellPx); x += 1) {
      const at = (y * widthPx + x) * 3
      const luminance =
        (luminanceOfRed[data[at] ?? 0] ?? 0) +
        (luminanceOfGreen[data[at + 1] ?? 0] ?? 0) +
        (luminanceOfBlue[data[at + 2] ?? 0] ?? 0)
      sum += luminance
      square += luminance * luminance
      if (before >= 0) steps += Math.abs(luminance - before)
      before = luminance
      count += 1
    }
  }
  const mean = sum / count
  return { mean, deviation: Math.sqrt(Math.max(0, square / count - mean * mean)), edge: steps / count }
}

function shareInside(rect: RectPx, region: RectPx): number {
  const width =
    Math.min(rect.leftPx + rect.widthPx, region.leftPx + region.widthPx) -
    Math.max(rect.leftPx, region.leftPx)
  const height =
    Math.min(rect.topPx + rect.heightPx, region.topPx + region.heightPx) - Math.max(rect.topPx, region.topPx)
  return width <= 0 || height <= 0 ? 0 : (width * height) / (rect.widthPx * rect.heightPx)
}

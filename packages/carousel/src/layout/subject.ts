import type { FrameAnalysis } from '../frame.ts'
import type { RectPx } from '../slide.ts'

/** Cells along a block: things narrower than a block of a frame are no subject. */
const blockCells = 6
/** Blurred things are seen less than sharp ones: clouds and lights out of focus count for so much. */
const blurred = 0.25
/** So much more edge than the frame's usual is sharp. */
const sharpEdge = 0.06
/** Mean saliency of a frame: up to `clear` something in it stands out, from `none` on nothing does. */
const standsOut = { clear: 0.2, none: 0.5 }

/** The subject of a frame, as far as one stands out. */
export interface Subject {
  /** How much of the subject lies in a region, 0..1; less where nothing stands out clearly. */
  shareIn(region: RectPx): number
}

/** Finds the subject: what is salient, and more so where it is sharp. Some 600 blocks, summed up for rectangles. */
export function subjectOf({ columns, rows, cellPx, saliency, edges }: FrameAnalysis): Subject {
  const across = Math.ceil(columns / blockCells)
  const down = Math.ceil(rows / blockCells)
  const salient = blockMeans(saliency, columns, rows, across, down)
  const edge = blockMeans(edges, columns, rows, across, down)
  const usual = edge.toSorted()[edge.length >> 1] ?? 0
  const mean = salient.reduce((sum, value) => sum + value, 0) / salient.length
  const clarity = Math.min(1, Math.max(0, (standsOut.none - mean) / (standsOut.none - standsOut.clear)))
  const sharp = edge.map((value) => Math.min(1, Math.max(0, (value - usual) / sharpEdge)))
  const weights = salient.map((value, block) => {
    const near = Math.max(...neighbours(block, across, down).map((at) => sharp[at] ?? 0))
    return value * (blurred + (1 - blurred) * near)
  })
  // Where all of it is blurred, covering it costs less.
  const total = 0.5 * weights.reduce((sum, value, block) => sum + value + (salient[block] as number), 0)
  const blockPx = blockCells * cellPx

  return {
    shareIn({ leftPx, topPx, widthPx, heightPx }) {
      if (total === 0 || clarity === 0) return 0
      let sum = 0
      for (let row = 0; row < down; row += 1) {
        const high = overlap(row * blockPx, blockPx, topPx, heightPx)
        if (high === 0) continue
        for (let column = 0; column < across; column += 1) {
          const wide = overlap(column * blockPx, blockPx, leftPx, widthPx)
          sum += (weights[row * across + column] as number) * high * wide
        }
      }
      return (clarity * sum) / total
    },
  }
}

/** Of one length, the share that another covers. */
function overlap(start: number, length: number, otherStart: number, otherLength: number): number {
  return Math.max(
    0,
    (Math.min(start + length, otherStart + otherLength) - Math.max(start, otherStart)) / length,
  )
}

function neighbours(block: number, across: number, down: number): number[] {
  const row = Math.floor(block / across)
  const column = block % across
  const found: number[] = []
  for (let y = Math.max(0, row - 1); y <= Math.min(down - 1, row + 1); y += 1) {
    for (let x = Math.max(0, column - 1); x <= Math.min(across - 1, column + 1); x += 1)
      found.push(y * across + x)
  }
  return found
}

function blockMeans(
  grid: Float32Array,
  columns: number,
  rows: number,
  across: number,
  down: number,
): Float32Array {
  const means = new Float32Array(across * down)
  const counts = new Float32Array(across * down)
  for (let row = 0, cell = 0; row < rows; row += 1) {
    const start = Math.floor(row / blockCells) * across
    for (let column = 0; column < columns; column += 1, cell += 1) {
      const at = start + Math.floor(column / blockCells)
      means[at] = (means[at] as number) + (grid[cell] as number)
      counts[at] = (counts[at] as number) + 1
    }
  }
  return means.map((sum, at) => sum / (counts[at] as number))
}

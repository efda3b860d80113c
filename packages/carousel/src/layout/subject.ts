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
/** The same for a thing alone on an empty ground. */
const isAlone = { clear: 0.1, none: 0.16 }
/** From here on a block belongs to a thing that stands alone: white on white is not more. */
const faint = 0.03

/** The subject of a frame, as far as one stands out. */
export interface Subject {
  /** How much of the subject lies in a region, 0..1; less where nothing stands out clearly. */
  shareIn(region: RectPx): number
  /**
   * Over how much of a region's height the subject reaches, 0..1: a bottle's neck behind one line of three is a
   * third. Only where the rest of the frame is empty; 0 elsewhere.
   */
  reachInto(region: RectPx): number
}

/** Finds the subject: what is salient, and more so where it is sharp. Some 600 blocks, summed up for rectangles. */
export function subjectOf({ columns, rows, cellPx, saliency, edges }: FrameAnalysis): Subject {
  const across = Math.ceil(columns / blockCells)
  const down = Math.ceil(rows / blockCells)
  const salient = blockMeans(saliency, columns, rows, across, down)
  const edge = blockMeans(edges, columns, rows, across, down)
  const usual = edge.toSorted()[edge.length >> 1] ?? 0
  const mean = salient.reduce((sum, value) => sum + value, 0) / salient.length
  const clarity = clarityOf(mean, standsOut)
  const alone = clarityOf(mean, isAlone)
  const sharp = edge.map((value) => Math.min(1, Math.max(0, (value - usual) / sharpEdge)))
  const weights = salient.map((value, block) => {
    return value * (blurred + (1 - blurred) * greatestAround(sharp, block, across, down))
  })
  // Where all of it is blurred, covering it costs less.
  const total = 0.5 * weights.reduce((sum, value, block) => sum + value + (salient[block] as number), 0)
  const blockPx = blockCells * cellPx

  return {
    shareIn({ leftPx, topPx, widthPx, heightPx }) {
      if (total === 0 || clarity === 0) return 0
      const [top, bottom] = rangeOf(topPx, heightPx, blockPx, down)
      const [left, right] = rangeOf(leftPx, widthPx, blockPx, across)
      let sum = 0
      for (let row = top; row < bottom; row += 1) {
        let line = 0
        for (let column = left; column < right; column += 1) {
          const isWhole = column > left && column < right - 1
          const wide = isWhole ? 1 : overlap(column * blockPx, blockPx, leftPx, widthPx)
          line += (weights[row * across + column] as number) * wide
        }
        sum += line * overlap(row * blockPx, blockPx, topPx, heightPx)
      }
      return (clarity * sum) / total
    },

    reachInto({ leftPx, topPx, widthPx, heightPx }) {
      if (alone === 0) return 0
      const [top, bottom] = rangeOf(topPx, heightPx, blockPx, down)
      const [left, right] = rangeOf(leftPx, widthPx, blockPx, across)
      let reach = 0
      for (let row = top; row < bottom; row += 1) {
        const isReached = salient
          .subarray(row * across + left, row * across + right)
          .some((value) => value > faint)
        if (isReached) reach += overlap(row * blockPx, blockPx, topPx, heightPx) * blockPx
      }
      return (alone * reach) / heightPx
    },
  }
}

function clarityOf(mean: number, { clear, none }: { clear: number; none: number }): number {
  return Math.min(1, Math.max(0, (none - mean) / (none - clear)))
}

/** The blocks along one axis that a length touches: the first, and the one after the last. */
function rangeOf(start: number, length: number, blockPx: number, blocks: number): [number, number] {
  return [Math.max(0, Math.floor(start / blockPx)), Math.min(blocks, Math.ceil((start + length) / blockPx))]
}

/** Of one length, the share that another covers. */
function overlap(start: number, length: number, otherStart: number, otherLength: number): number {
  return Math.max(
    0,
    (Math.min(start + length, otherStart + otherLength) - Math.max(start, otherStart)) / length,
  )
}

/** The greatest value of a block and the eight around it. */
function greatestAround(values: Float32Array, block: number, across: number, down: number): number {
  const row = Math.floor(block / across)
  const column = block % across
  let greatest = 0
  for (let y = Math.max(0, row - 1); y <= Math.min(down - 1, row + 1); y += 1) {
    for (let x = Math.max(0, column - 1); x <= Math.min(across - 1, column + 1); x += 1) {
      greatest = Math.max(greatest, values[y * across + x] as number)
    }
  }
  return greatest
}

function blockMeans(
  grid: Float32Array,
  columns: number,
  rows: number,
  across: number,
  down: number,
): Float32Array {
  const means = new Float32Array(across * down)
  for (let block = 0; block < means.length; block += 1) {
    const top = Math.floor(block / across) * blockCells
    const left = (block % across) * blockCells
    const bottom = Math.min(rows, top + blockCells)
    const right = Math.min(columns, left + blockCells)
    let sum = 0
    for (let row = top; row < bottom; row += 1) {
      for (let cell = row * columns + left; cell < row * columns + right; cell += 1)
        sum += grid[cell] as number
    }
    means[block] = sum / ((bottom - top) * (right - left))
  }
  return means
}

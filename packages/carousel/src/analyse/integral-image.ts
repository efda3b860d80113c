/** Cells `left` to `right - 1` and `top` to `bottom - 1` of a grid. */
export interface CellRange {
  left: number
  top: number
  right: number
  bottom: number
}

/** Sums of a grid from its first cell to each, so that the mean over any rectangle takes four look-ups. */
export class IntegralImage {
  /** One row and one column more than the grid: sums over nothing. */
  readonly #sums: Float64Array
  readonly #stride: number

  constructor(grid: Float32Array, columns: number, rows: number) {
    const stride = columns + 1
    const sums = new Float64Array(stride * (rows + 1))
    for (let row = 0; row < rows; row += 1) {
      let sum = 0
      const above = row * stride + 1
      const here = above + stride
      for (let column = 0; column < columns; column += 1) {
        sum += grid[row * columns + column]!
        sums[here + column] = sums[above + column]! + sum
      }
    }
    this.#sums = sums
    this.#stride = stride
  }

  /** The range must lie in the grid and not be empty. */
  mean({ left, top, right, bottom }: CellRange): number {
    const sums = this.#sums
    const upper = top * this.#stride
    const lower = bottom * this.#stride
    const sum = sums[lower + right]! - sums[lower + left]! - sums[upper + right]! + sums[upper + left]!
    return sum / ((right - left) * (bottom - top))
  }
}

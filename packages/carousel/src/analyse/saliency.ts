import { barrierDistance } from './barrier-distance.ts'
import { type ColorGrid, type OpponentGrid, reduceToOpponents } from './color-grid.ts'

/** The longer side of the grid on which saliency is estimated: things smaller than 1/48 of it do not draw the eye. */
const maxSide = 48

/** Smaller differences are noise of the camera. White on white is more than this. */
const noticeable = 0.05

/**
 * How much each cell draws the eye, 0..1, in the shape of the grid. Two estimates are joined: what is cut off from
 * the border by an edge (the minimum barrier distance of Zhang et al., ICCV 2015), and what has a colour that the
 * border has not. Averages over blocks go in, so fine texture (water, leaves, a crowd) counts as its mean colour.
 * A picture in which nothing stands out stays low everywhere: values are not stretched to reach 1.
 */
export function saliencyOf(grid: ColorGrid): Float32Array {
  const small = reduceToOpponents(grid, maxSide)
  const { columns, rows } = small
  if (columns < 3 || rows < 3) return new Float32Array(grid.columns * grid.rows)
  const border = borderOf(small)
  const seeds = strangenessOfBorder(small, border)
  const barrier = barrierDistance(small, border, seeds)
  const contrast = borderContrast(small)
  const joined = new Float32Array(columns * rows)
  for (let cell = 0; cell < joined.length; cell++) joined[cell] = 0.6 * barrier[cell]! + 0.4 * contrast[cell]!
  const smooth = blur(blur(joined, columns, rows), columns, rows)
  return enlarge(shape(smooth, columns, rows, roughnessOf(small)), columns, rows, grid.columns, grid.rows)
}

/**
 * Weakly prefers the middle, then spreads the values so that the subject nears 1 and the rest 0. Where neighbours
 * differ everywhere, more is asked of a subject.
 */
function shape(values: Float32Array, columns: number, rows: number, roughness: number): Float32Array {
  for (let row = 0, cell = 0; row < rows; row++) {
    const down = (row + 0.5) / rows - 0.5
    for (let column = 0; column < columns; column++, cell++) {
      const right = (column + 0.5) / columns - 0.5
      values[cell]! *= 0.55 + 0.45 * Math.exp(-(right * right + down * down) / 0.12)
    }
  }
  const sorted = values.toSorted()
  const top = Math.max(noticeable, 4 * roughness, sorted[Math.floor(sorted.length * 0.98)]!)
  return values.map((value) => {
    const share = Math.min(1, value / top)
    return share * share * (3 - 2 * share)
  })
}

/** The usual difference of colour between cells side by side. */
function roughnessOf(grid: OpponentGrid): number {
  const differences = new Float32Array(grid.columns * grid.rows - 1)
  for (let cell = 0; cell < differences.length; cell++) differences[cell] = difference(grid, cell, cell + 1)
  return differences.toSorted()[differences.length >> 1]!
}

/** Cells of the outermost ring, each once, clockwise. */
function borderOf({ columns, rows }: OpponentGrid): Uint32Array {
  const cells: number[] = []
  for (let column = 0; column < columns; column++) cells.push(column)
  for (let row = 1; row < rows; row++) cells.push(row * columns + columns - 1)
  for (let column = columns - 2; column >= 0; column--) cells.push((rows - 1) * columns + column)
  for (let row = rows - 2; row > 0; row--) cells.push(row * columns)
  return Uint32Array.from(cells)
}

/** Difference of colour between two cells. */
function difference(grid: OpponentGrid, cell: number, other: number): number {
  const light = grid.light[cell]! - grid.light[other]!
  const redGreen = grid.redGreen[cell]! - grid.redGreen[other]!
  const blueYellow = grid.blueYellow[cell]! - grid.blueYellow[other]!
  return Math.sqrt(light * light + redGreen * redGreen + blueYellow * blueYellow)
}

/**
 * How unlike background each cell of the border is: a body that leaves the picture at the bottom does not start at
 * nought. Background is what much of the border looks like, or what an end of the same row looks like: sky, horizon,
 * ground.
 */
function strangenessOfBorder(grid: OpponentGrid, border: Uint32Array): Float32Array {
  const { columns } = grid
  const others = border.filter((_, at) => at % 8 === 0)
  const distances = new Float32Array(others.length)
  const quantile = Math.floor(others.length * 0.35)
  return Float32Array.from(border, (cell) => {
    others.forEach((other, index) => (distances[index] = difference(grid, cell, other)))
    const first = cell - (cell % columns)
    const last = first + columns - 1
    // For an end of a row, the other one.
    const start = cell === first ? Infinity : difference(grid, cell, first)
    const end = cell === last ? Infinity : difference(grid, cell, last)
    return Math.min(start, end, distances.toSorted()[quantile]!)
  })
}

/**
 * How unlike the ends of its row and its column each cell is. The second nearest of the four counts: one may be
 * the subject itself, where it leaves the picture, and along a gradient the ends of a row are alike.
 */
function borderContrast(grid: OpponentGrid): Float32Array {
  const { columns, rows } = grid
  const result = new Float32Array(columns * rows)
  for (let row = 0, cell = 0; row < rows; row++) {
    const first = row * columns
    for (let column = 0; column < columns; column++, cell++) {
      const left = difference(grid, cell, first)
      const right = difference(grid, cell, first + columns - 1)
      const above = difference(grid, cell, column)
      const below = difference(grid, cell, (rows - 1) * columns + column)
      const lower = Math.max(Math.min(left, right), Math.min(above, below))
      result[cell] = Math.min(lower, Math.max(left, right), Math.max(above, below))
    }
  }
  return result
}

/** Mean of each cell and its neighbours. */
function blur(values: Float32Array, columns: number, rows: number): Float32Array {
  const across = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    const start = row * columns
    for (let column = 0; column < columns; column++) {
      const left = values[start + Math.max(0, column - 1)]!
      const right = values[start + Math.min(columns - 1, column + 1)]!
      across[start + column] = (left + values[start + column]! + right) / 3
    }
  }
  const result = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    const above = Math.max(0, row - 1) * columns
    const below = Math.min(rows - 1, row + 1) * columns
    for (let column = 0; column < columns; column++) {
      result[row * columns + column] =
        (across[above + column]! + across[row * columns + column]! + across[below + column]!) / 3
    }
  }
  return result
}

/** Linear interpolation between the centres of cells. */
function enlarge(
  values: Float32Array,
  columns: number,
  rows: number,
  toColumns: number,
  toRows: number,
): Float32Array {
  const result = new Float32Array(toColumns * toRows)
  const [left, right, shareX] = between(columns, toColumns)
  const [above, below, shareY] = between(rows, toRows)
  for (let row = 0, cell = 0; row < toRows; row++) {
    const upper = above[row]! * columns
    const lower = below[row]! * columns
    const down = shareY[row]!
    for (let column = 0; column < toColumns; column++, cell++) {
      const from = left[column]!
      const to = right[column]!
      const across = shareX[column]!
      const top = values[upper + from]! + (values[upper + to]! - values[upper + from]!) * across
      const bottom = values[lower + from]! + (values[lower + to]! - values[lower + from]!) * across
      result[cell] = top + (bottom - top) * down
    }
  }
  return result
}

function between(from: number, to: number): [Uint16Array, Uint16Array, Float32Array] {
  const low = new Uint16Array(to)
  const high = new Uint16Array(to)
  const share = new Float32Array(to)
  for (let index = 0; index < to; index++) {
    const at = Math.min(from - 1, Math.max(0, ((index + 0.5) * from) / to - 0.5))
    low[index] = Math.floor(at)
    high[index] = Math.min(from - 1, low[index]! + 1)
    share[index] = at - low[index]!
  }
  return [low, high, share]
}

import { IntegralImage } from './integral-image.ts'

/** Where the cells of a new grid lie on an old one, in cells of the old one. */
export interface GridWindow {
  left: number
  top: number
  /** The side of a new cell. */
  stepX: number
  stepY: number
}

/** For each new cell of one axis: two old cells, and the share of the second. */
interface Axis {
  first: Int32Array
  second: Int32Array
  share: Float32Array
}

/** New cells this much larger than old ones are means of them: a value at the centre alone would skip others. */
const averagedFrom = 1.5

/**
 * The values of a grid for other cells: linearly between the old ones at the centres of the new, the border
 * repeated; or means, where the new cells are much larger. Cells that lie on old ones are copied exactly.
 */
export function resampleGrid(
  grid: Float32Array,
  old: { columns: number; rows: number },
  window: GridWindow,
  columns: number,
  rows: number,
): Float32Array {
  if (Math.max(window.stepX, window.stepY) > averagedFrom) return means(grid, old, window, columns, rows)
  const horizontal = axisOf(window.left, window.stepX, columns, old.columns)
  const vertical = axisOf(window.top, window.stepY, rows, old.rows)
  const made = new Float32Array(columns * rows)
  for (let row = 0; row < rows; row += 1) {
    const above = vertical.first[row]! * old.columns
    const below = vertical.second[row]! * old.columns
    const down = vertical.share[row]!
    for (let column = 0; column < columns; column += 1) {
      const left = horizontal.first[column]!
      const right = horizontal.second[column]!
      const across = horizontal.share[column]!
      const upper = between(grid[above + left]!, grid[above + right]!, across)
      const lower = between(grid[below + left]!, grid[below + right]!, across)
      made[row * columns + column] = between(upper, lower, down)
    }
  }
  return made
}

function means(
  grid: Float32Array,
  old: { columns: number; rows: number },
  { left, top, stepX, stepY }: GridWindow,
  columns: number,
  rows: number,
): Float32Array {
  const integral = new IntegralImage(grid, old.columns, old.rows)
  const made = new Float32Array(columns * rows)
  for (let row = 0; row < rows; row += 1) {
    const [upper, lower] = wholeCells(top + row * stepY, stepY, old.rows)
    for (let column = 0; column < columns; column += 1) {
      const [first, last] = wholeCells(left + column * stepX, stepX, old.columns)
      made[row * columns + column] = integral.mean({ left: first, right: last, top: upper, bottom: lower })
    }
  }
  return made
}

/** The old cells that a new one touches, at least one. */
function wholeCells(start: number, step: number, length: number): [first: number, end: number] {
  const first = Math.min(Math.max(Math.floor(start), 0), length - 1)
  return [first, Math.min(Math.max(Math.ceil(start + step), first + 1), length)]
}

function axisOf(start: number, step: number, length: number, oldLength: number): Axis {
  const axis: Axis = {
    first: new Int32Array(length),
    second: new Int32Array(length),
    share: new Float32Array(length),
  }
  for (let index = 0; index < length; index += 1) {
    // Centres: that of the first old cell is at 0.5.
    const centre = Math.min(Math.max(start + (index + 0.5) * step - 0.5, 0), oldLength - 1)
    // Near enough to a centre is on it: shares of the base's sides are not exact numbers.
    const first = Math.floor(centre + 1e-6)
    axis.first[index] = first
    axis.second[index] = Math.min(first + 1, oldLength - 1)
    axis.share[index] = Math.max(0, centre - first)
  }
  return axis
}

function between(first: number, second: number, share: number): number {
  return first + (second - first) * share
}

import type { OpponentGrid } from './color-grid.ts'

/**
 * The least that colour has to rise and fall on any way from the border to each cell: its highest value on the way
 * less its lowest, summed over the three channels. Three sweeps over the grid approximate it (Zhang et al., "Minimum
 * Barrier Salient Object Detection at 80 FPS", ICCV 2015).
 *
 * @param border - Cells where ways start.
 * @param costs - What starting there costs; same length.
 */
export function barrierDistance(grid: OpponentGrid, border: Uint32Array, costs: Float32Array): Float32Array {
  const result = new Float32Array(grid.columns * grid.rows)
  for (const channel of [grid.light, grid.redGreen, grid.blueYellow]) {
    const cost = ofChannel(channel, grid.columns, grid.rows, border, costs)
    for (let cell = 0; cell < result.length; cell++) result[cell]! += cost[cell]! * cost[cell]!
  }
  return result.map(Math.sqrt)
}

function ofChannel(
  values: Float32Array,
  columns: number,
  rows: number,
  border: Uint32Array,
  costs: Float32Array,
): Float32Array {
  const ways = { values, high: values.slice(), low: values.slice(), start: new Float32Array(values.length) }
  const cost = new Float32Array(values.length).fill(Infinity)
  for (let at = 0; at < border.length; at++) {
    // Shared between the three channels, whose squares are summed.
    ways.start[border[at]!] = costs[at]! / Math.sqrt(3)
    cost[border[at]!] = costs[at]! / Math.sqrt(3)
  }
  forwards(ways, cost, columns, rows)
  backwards(ways, cost, columns, rows)
  forwards(ways, cost, columns, rows)
  return cost
}

/** From the top left, by way of the neighbours above and to the left. */
function forwards(ways: Ways, cost: Float32Array, columns: number, rows: number): void {
  for (let row = 0, cell = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, cell++) {
      if (row > 0) relax(ways, cost, cell, cell - columns)
      if (column > 0) relax(ways, cost, cell, cell - 1)
    }
  }
}

function backwards(ways: Ways, cost: Float32Array, columns: number, rows: number): void {
  for (let row = rows - 1, cell = columns * rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--, cell--) {
      if (row < rows - 1) relax(ways, cost, cell, cell + columns)
      if (column < columns - 1) relax(ways, cost, cell, cell + 1)
    }
  }
}

/** The best way known to each cell: the highest and lowest value on it, and what its start cost. */
interface Ways {
  readonly values: Float32Array
  readonly high: Float32Array
  readonly low: Float32Array
  readonly start: Float32Array
}

/** Goes to the cell by way of its neighbour, if that costs less. */
function relax(ways: Ways, cost: Float32Array, cell: number, from: number): void {
  if (cost[from] === Infinity) return
  const high = Math.max(ways.high[from]!, ways.values[cell]!)
  const low = Math.min(ways.low[from]!, ways.values[cell]!)
  const passed = Math.max(high - low, ways.start[from]!)
  if (passed >= cost[cell]!) return
  cost[cell] = passed
  ways.high[cell] = high
  ways.low[cell] = low
  ways.start[cell] = ways.start[from]!
}

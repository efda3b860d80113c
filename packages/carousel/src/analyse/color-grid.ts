/** Mean colour of each cell of a picture, row-major, sRGB-coded as the bytes are, 0..1. */
export interface ColorGrid {
  readonly columns: number
  readonly rows: number
  readonly red: Float32Array
  readonly green: Float32Array
  readonly blue: Float32Array
}

/**
 * A small grid of opponent colours, each about evenly spaced for the eye: `light` 0..1, `redGreen` and
 * `blueYellow` around 0, stretched so that a distance counts like one of lightness.
 */
export interface OpponentGrid {
  readonly columns: number
  readonly rows: number
  readonly light: Float32Array
  readonly redGreen: Float32Array
  readonly blueYellow: Float32Array
}

/** Means over blocks of cells, so that neither side is longer than `maxSide`. */
export function reduceToOpponents(grid: ColorGrid, maxSide: number): OpponentGrid {
  const step = Math.max(1, Math.max(grid.columns, grid.rows) / maxSide)
  const columns = Math.max(1, Math.round(grid.columns / step))
  const rows = Math.max(1, Math.round(grid.rows / step))
  const columnOf = blockOf(grid.columns, columns)
  const rowOf = blockOf(grid.rows, rows)
  const [light, redGreen, blueYellow, count] = planes(columns * rows)
  for (let row = 0, from = 0; row < grid.rows; row++) {
    const start = rowOf[row]! * columns
    for (let column = 0; column < grid.columns; column++, from++) {
      const to = start + columnOf[column]!
      light[to]! += grid.red[from]!
      redGreen[to]! += grid.green[from]!
      blueYellow[to]! += grid.blue[from]!
      count[to]!++
    }
  }
  for (let cell = 0; cell < light.length; cell++) {
    const red = light[cell]! / count[cell]!
    const green = redGreen[cell]! / count[cell]!
    const blue = blueYellow[cell]! / count[cell]!
    light[cell] = 0.299 * red + 0.587 * green + 0.114 * blue
    redGreen[cell] = red - green
    blueYellow[cell] = (red + green) / 2 - blue
  }
  return { columns, rows, light, redGreen, blueYellow }
}

function blockOf(cells: number, blocks: number): Uint16Array {
  return Uint16Array.from({ length: cells }, (_, cell) =>
    Math.min(blocks - 1, Math.floor((cell * blocks) / cells)),
  )
}

function planes(length: number): [Float32Array, Float32Array, Float32Array, Float32Array] {
  return [
    new Float32Array(length),
    new Float32Array(length),
    new Float32Array(length),
    new Float32Array(length),
  ]
}

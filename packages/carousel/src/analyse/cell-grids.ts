import type { ColorGrid } from './color-grid.ts'

/** Pixels to be looked at: RGB, 8 bits a channel, row-major. */
export interface Pixels {
  readonly data: Uint8Array
  readonly widthPx: number
  readonly heightPx: number
}

/** What one pass over the pixels gives. */
export interface CellGrids extends ColorGrid {
  readonly cellPx: number
  readonly luminance: Float32Array
  readonly luminanceSquare: Float32Array
  readonly edges: Float32Array
}

/** 1080 × 1350 pixels give 8 px cells; larger and smaller bases give about as many. */
const longestSideCells = 169

/** Side of a cell in pixels. Every second pixel of a row is looked at, so a cell has at least 2. */
export function cellSideFor(widthPx: number, heightPx: number): number {
  return Math.max(2, Math.round(Math.max(widthPx, heightPx) / longestSideCells))
}

/** Luminances are summed as whole numbers, which engines add faster; of this many parts. */
const whole = 2 ** 13

/** Parts of relative luminance by byte, gamma undone (WCAG 2.2, definition of relative luminance). */
const redPart = luminanceParts(0.2126)
const greenPart = luminanceParts(0.7152)
const bluePart = luminanceParts(0.0722)

function luminanceParts(share: number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    const coded = byte / 255
    return Math.round(whole * share * (coded <= 0.040_45 ? coded / 12.92 : ((coded + 0.055) / 1.055) ** 2.4))
  })
}

/** A mean step of brightness between neighbours that counts as wholly busy: foliage and crowds come near it. */
const busyStep = 32

/** Samples along each side of a cell: means of 9 are close to those of all 64, in a sixth of the time. */
const samplesAlong = 3

/** Sums per cell in one pass over samples, each beside its neighbours to the right and below for the edges. */
export function cellGrids({ data, widthPx, heightPx }: Pixels): CellGrids {
  const cellPx = cellSideFor(widthPx, heightPx)
  const columns = Math.ceil(widthPx / cellPx)
  const rows = Math.ceil(heightPx / cellPx)
  const grid = (): Float32Array => new Float32Array(columns * rows)
  const grids = {
    columns,
    rows,
    cellPx,
    red: grid(),
    green: grid(),
    blue: grid(),
    luminance: grid(),
    luminanceSquare: grid(),
    edges: grid(),
  }
  const stepPx = Math.max(1, Math.round(cellPx / samplesAlong))
  for (let row = 0; row < rows; row += 1) {
    // The last row and column are nobody's left or upper neighbour.
    const top = Math.min(row * cellPx, heightPx - 2)
    const bottom = Math.min(row * cellPx + cellPx, heightPx - 1)
    for (let column = 0; column < columns; column += 1) {
      const left = Math.min(column * cellPx, widthPx - 2)
      const right = Math.min(column * cellPx + cellPx, widthPx - 1)
      sumCell(data, widthPx * 3, left, top, right, bottom, stepPx, grids, row * columns + column)
    }
  }
  return grids
}

/** The hot loop: nothing in it allocates, all sums are whole numbers, and no byte is out of range. */
function sumCell(
  data: Uint8Array,
  stride: number,
  left: number,
  top: number,
  right: number,
  bottom: number,
  stepPx: number,
  grids: CellGrids,
  cell: number,
): void {
  let samples = 0
  let red = 0
  let green = 0
  let blue = 0
  let luminance = 0
  let square = 0
  let steps = 0
  const step = stepPx * 3
  for (let y = top; y < bottom; y += stepPx) {
    const end = y * stride + right * 3
    for (let at = y * stride + left * 3; at < end; at += step) {
      const r = data[at]!
      const g = data[at + 1]!
      const b = data[at + 2]!
      const light = redPart[r]! + greenPart[g]! + bluePart[b]!
      red += r
      green += g
      blue += b
      luminance += light
      square += light * light
      // Of green alone: it carries most of the brightness, and two bytes are read for it instead of six.
      steps += Math.abs(g - data[at + 4]!) + Math.abs(g - data[at + stride + 1]!)
      samples += 1
    }
  }
  const share = 1 / samples
  grids.red[cell] = (red * share) / 255
  grids.green[cell] = (green * share) / 255
  grids.blue[cell] = (blue * share) / 255
  grids.luminance[cell] = (luminance * share) / whole
  grids.luminanceSquare[cell] = (square * share) / (whole * whole)
  grids.edges[cell] = Math.min(1, (steps * share) / (2 * busyStep))
}

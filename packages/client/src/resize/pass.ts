import { axisFilter } from './filter.ts'
import type { Arena, Kernel } from './kernel.ts'
import { roundUp } from './kernel.ts'

/** Sizes in samples. */
export interface PassSize {
  sourceWidth: number
  sourceHeight: number
  targetWidth: number
  targetHeight: number
}

/** Planes of one size on their way to another, row by row: only as many rows are held as the filter is high. */
export interface Pass {
  /** Bytes from one plane's row to the next plane's in what `row` makes. */
  readonly stride: number
  /**
   * Makes the next row of every plane. Rows are made in order, each once.
   * @returns the address of the first plane's
   */
  row(): number
  /** Source rows that the next one needs, from above; `row` brings those that are missing. */
  sourceEnd(): number
  /** Source rows that were brought so far. */
  filtered(): number
  /** Brings source rows up to this one, and one more where that is odd. */
  filterTo(end: number): void
}

/**
 * Puts two source rows where the filter reads them: `address` has the first row of each plane, `stride` apart, and
 * `pairStride` behind them the second. The second may be missing, at the end.
 */
export type FillRows = (row: number, address: number, stride: number, pairStride: number) => void

/** @param fill brings source rows, two at a time, in order */
export function createPass(
  kernel: Kernel,
  arena: Arena,
  planes: number,
  size: PassSize,
  fill: FillRows,
): Pass {
  const { sourceWidth, sourceHeight, targetWidth, targetHeight } = size
  const across = axisFilter(sourceWidth, targetWidth, 8)
  const down = axisFilter(sourceHeight, targetHeight, 2)
  const vectors = across.length / 8
  const count = roundUp(targetWidth, 4)
  const stride = roundUp(count * 2, 32)
  const rowBytes = stride * planes
  const sourceStride = roundUp((sourceWidth + across.length) * 2, 16)
  const pairStride = sourceStride * planes
  const capacity = down.length + 2

  const input = arena.take(pairStride * 2)
  const ring = arena.take(rowBytes * capacity)
  const output = arena.take(rowBytes)
  const starts = arena.take(count * 4)
  const coefficients = arena.take(count * across.length * 2)
  const addresses = arena.take(down.length * 4)
  const columnCoefficients = arena.take(targetHeight * down.length * 2)
  // Views come last: taking memory may move it.
  const startsView = new Uint32Array(kernel.memory.buffer, starts, count)
  for (const [i, start] of across.starts.entries()) startsView[i] = start * 2
  new Int16Array(kernel.memory.buffer, coefficients).set(across.coefficients)
  new Int16Array(kernel.memory.buffer, columnCoefficients).set(down.coefficients)

  let places: Uint32Array | undefined
  let filtered = 0
  let next = 0
  const filterTo = (end: number): void => {
    for (; filtered < end; filtered += 2) {
      fill(filtered, input, sourceStride, pairStride)
      const first = ring + (filtered % capacity) * rowBytes
      // The second row of a pair follows the first: the capacity is even.
      for (let plane = 0; plane < planes; plane++) {
        kernel.filterRows(
          input + plane * sourceStride,
          pairStride,
          first + plane * stride,
          rowBytes,
          count,
          starts,
          coefficients,
          vectors,
        )
      }
    }
  }
  const sourceEnd = (): number => Math.min(sourceHeight, (down.starts[next] ?? 0) + down.length)
  return {
    stride,
    sourceEnd,
    filtered: () => filtered,
    filterTo,
    row() {
      filterTo(sourceEnd())
      const y = next++
      const start = down.starts[y] ?? 0
      // Only now: memory that is taken for another pass may move it.
      places ??= new Uint32Array(kernel.memory.buffer, addresses, down.length)
      for (let i = 0; i < down.length; i++) places[i] = ring + ((start + i) % capacity) * rowBytes
      const own = columnCoefficients + y * down.length * 2
      kernel.filterColumns(addresses, down.length, own, output, rowBytes / 2)
      return output
    },
  }
}

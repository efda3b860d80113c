import type { Pixels } from '../cell-grids.ts'
import type { Plane } from './plane.ts'

/** How a picture lies in the network's input: in the middle, `scale` times as large. */
export interface InputFit {
  readonly widthPx: number
  readonly heightPx: number
  readonly leftPx: number
  readonly topPx: number
  /** Of what the picture covers; the rest is grey. */
  readonly coveredWidthPx: number
  readonly coveredHeightPx: number
  readonly scale: number
}

/** The network halves its input five times. */
const multiple = 32

/**
 * Pixels that the network looks at, whatever the picture's shape: 192 × 224 for 4:5. A face of 10 pixels' width is
 * seen, so one of 60 in a slide of 1080 × 1350.
 */
const maxPixels = 44 * 1024
const maxSidePx = 512

/** Grey on both sides together: without it, a face that the edge cuts in halves was not seen. */
const marginPx = 8

/** The largest scale at which the picture, rounded up to whole multiples, has few enough pixels. Never enlarges. */
export function fitInput(widthPx: number, heightPx: number): InputFit {
  const longer = Math.max(widthPx, heightPx)
  for (let side = Math.min(maxSidePx, longer); ; side--) {
    const scale = side / longer
    const coveredWidthPx = Math.max(1, Math.round(widthPx * scale))
    const coveredHeightPx = Math.max(1, Math.round(heightPx * scale))
    const width = Math.ceil((coveredWidthPx + marginPx) / multiple) * multiple
    const height = Math.ceil((coveredHeightPx + marginPx) / multiple) * multiple
    if (width * height <= maxPixels) {
      const leftPx = (width - coveredWidthPx) >> 1
      const topPx = (height - coveredHeightPx) >> 1
      return { widthPx: width, heightPx: height, leftPx, topPx, coveredWidthPx, coveredHeightPx, scale }
    }
  }
}

/** Samples along each side of an input pixel: 9 suffice where all would be 36 or more. */
const samplesAlong = 3

/** Writes the picture into the input, -1..1, each pixel the mean of samples from where it lies. */
export function fillInput(
  { data, widthPx, heightPx }: Pixels,
  fit: InputFit,
  memory: Float32Array,
  to: Plane,
): void {
  memory.fill(0, to.start, to.start + to.widthPx * to.heightPx * to.stride)
  const columns = samplePlaces(fit.coveredWidthPx, widthPx, 3)
  const rows = samplePlaces(fit.coveredHeightPx, heightPx, 3 * widthPx)
  const share = 1 / (127.5 * samplesAlong * samplesAlong)
  for (let y = 0; y < fit.coveredHeightPx; y++) {
    for (let x = 0; x < fit.coveredWidthPx; x++) {
      let red = 0
      let green = 0
      let blue = 0
      for (let row = y * samplesAlong; row < (y + 1) * samplesAlong; row++) {
        for (let column = x * samplesAlong; column < (x + 1) * samplesAlong; column++) {
          const at = rows[row]! + columns[column]!
          red += data[at]!
          green += data[at + 1]!
          blue += data[at + 2]!
        }
      }
      const target = to.start + ((fit.topPx + y) * to.widthPx + fit.leftPx + x) * to.stride
      memory[target] = red * share - 1
      memory[target + 1] = green * share - 1
      memory[target + 2] = blue * share - 1
    }
  }
}

/** Offsets of the samples, evenly spread, `samplesAlong` for each pixel of the input. */
function samplePlaces(covered: number, length: number, stride: number): Uint32Array {
  const samples = covered * samplesAlong
  return Uint32Array.from({ length: samples }, (_, index) => {
    return Math.min(length - 1, Math.floor(((index + 0.5) * length) / samples)) * stride
  })
}

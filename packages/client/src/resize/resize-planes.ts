import type { Arena, Kernel } from './kernel.ts'
import { createArena } from './kernel.ts'
import type { Pass } from './pass.ts'
import { createPass } from './pass.ts'
import type { TargetSize } from './resize-pixels.ts'

/** One plane of bytes. */
export interface Plane {
  readonly bytes: Uint8Array
  readonly offset: number
  /** Bytes from row to row. */
  readonly stride: number
  readonly widthPx: number
  readonly heightPx: number
}

/** A picture as decoders have it: one plane of brightness and two of colour, which may have fewer samples. */
export interface PlanarSource {
  /** Y, Cb, Cr. */
  readonly planes: readonly [Plane, Plane, Plane]
  readonly matrix: 'bt601' | 'bt709'
  /** Whether Y has 0 to 255, as in JPEG, or 16 to 235, as in video. */
  readonly fullRange: boolean
}

/**
 * Resizes each plane by Lanczos-3, in the numbers of the file, and makes pixels of what is left: a third of the work,
 * since colour has a quarter of the samples and pixels are only made of the answer.
 * @returns opaque RGBA pixels
 */
export function resizePlanes(
  kernel: Kernel,
  source: PlanarSource,
  target: TargetSize,
): Uint8ClampedArray<ArrayBuffer> {
  const arena = createArena(kernel)
  const rowBytes = target.widthPx * 4
  const made = arena.take(rowBytes * rowsAtOnce)
  const numbers = arena.take(28)
  const [luma, blueness, redness] = source.planes.map((plane) => planePass(kernel, arena, plane, target)) as [
    Pass,
    Pass,
    Pass,
  ]
  new Int32Array(kernel.memory.buffer, numbers, 7).set(conversion(source))
  const answer = new Uint8ClampedArray(target.widthPx * target.heightPx * 4)
  const view = new Uint8Array(kernel.memory.buffer)
  for (let y = 0; y < target.heightPx; y += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, target.heightPx - y)
    for (let row = 0; row < rows; row++) {
      const to = made + row * rowBytes
      kernel.joinPlanar(luma.row(), blueness.row(), redness.row(), target.widthPx, numbers, to)
    }
    answer.set(view.subarray(made, made + rows * rowBytes), y * rowBytes)
  }
  return answer
}

/** Rows that are copied to the kernel and back together: each copy costs as much as a short row. */
const rowsAtOnce = 16

function planePass(kernel: Kernel, arena: Arena, plane: Plane, target: TargetSize): Pass {
  const { bytes, offset, stride, widthPx, heightPx } = plane
  const rows = arena.take(stride * rowsAtOnce)
  const size = {
    sourceWidth: widthPx,
    sourceHeight: heightPx,
    targetWidth: target.widthPx,
    targetHeight: target.heightPx,
  }
  let view: Uint8Array | undefined
  // Pairs of rows come from above, so that every stretch begins with its first.
  return createPass(kernel, arena, 1, size, (row, address, _, pairStride) => {
    if (row % rowsAtOnce === 0) {
      // The memory does not grow any more, now that rows are asked for.
      view ??= new Uint8Array(kernel.memory.buffer)
      const end = Math.min(heightPx, row + rowsAtOnce) - 1
      view.set(bytes.subarray(offset + row * stride, offset + end * stride + widthPx), rows)
    }
    const from = rows + (row % rowsAtOnce) * stride
    kernel.widen(from, widthPx, address)
    if (row + 1 < heightPx) kernel.widen(from + stride, widthPx, address + pairStride)
  })
}

/** For `joinPlanar`: samples are 64 times a byte, factors 8192 times a number. */
function conversion({ matrix, fullRange }: PlanarSource): number[] {
  // ITU-R BT.601 and BT.709: what red and blue count in brightness.
  const [red, blue] = matrix === 'bt601' ? [0.299, 0.114] : [0.2126, 0.0722]
  const green = 1 - red - blue
  const scale = fullRange ? 1 : 255 / 219
  const colour = fullRange ? 1 : 255 / 224
  const factors = [
    scale,
    2 * (1 - red) * colour,
    ((2 * blue * (1 - blue)) / green) * colour,
    ((2 * red * (1 - red)) / green) * colour,
    2 * (1 - blue) * colour,
  ].map((factor) => Math.round(factor * 8192))
  return [fullRange ? 0 : 16 * 64, ...factors, 128 * 64]
}

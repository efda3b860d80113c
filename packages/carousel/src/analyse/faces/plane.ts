/**
 * Values of a network at one step: row after row, pixel after pixel, in `memory` from `start` on. A pixel takes
 * `stride` numbers, a multiple of four, of which the first `channels` count.
 */
export interface Plane {
  readonly start: number
  readonly widthPx: number
  readonly heightPx: number
  readonly channels: number
  readonly stride: number
}

/** Room for a plane, in numbers. Kernels write up to eight pixels at once, so the last ones may be of no use. */
export function sizeOf({ widthPx, heightPx, stride }: Plane): number {
  return Math.ceil((widthPx * heightPx) / 8) * 8 * stride
}

/** The channels' count as the kernels want it. */
export function inFours(channels: number): number {
  return Math.ceil(channels / 4) * 4
}

/** Twice as wide and high, by linear interpolation between the centres of pixels. */
export function double(memory: Float32Array, from: Plane, to: Plane): void {
  const { stride } = from
  let at = to.start
  for (let y = 0; y < to.heightPx; y++) {
    const above = from.start + low(y) * from.widthPx * stride
    const below = from.start + Math.min(from.heightPx - 1, low(y) + 1) * from.widthPx * stride
    const down = share(y)
    for (let x = 0; x < to.widthPx; x++) {
      const left = low(x) * stride
      const right = Math.min(from.widthPx - 1, low(x) + 1) * stride - left
      const across = share(x)
      for (let upper = above + left, lower = below + left; upper < above + left + stride; upper++, lower++) {
        const top = memory[upper]! + (memory[upper + right]! - memory[upper]!) * across
        const bottom = memory[lower]! + (memory[lower + right]! - memory[lower]!) * across
        memory[at++] = top + (bottom - top) * down
      }
    }
  }
}

/** Where half a place is: the one before it, and how far behind that. */
function low(index: number): number {
  return index === 0 ? 0 : (index - 1) >> 1
}

function share(index: number): number {
  return index === 0 ? 0 : index % 2 === 0 ? 0.75 : 0.25
}

/** The same pixels with more channels, which are zero. */
export function widen(memory: Float32Array, from: Plane, to: Plane): void {
  memory.fill(0, to.start, to.start + to.widthPx * to.heightPx * to.stride)
  for (let pixel = 0; pixel < to.widthPx * to.heightPx; pixel++) {
    const source = from.start + pixel * from.stride
    const target = to.start + pixel * to.stride
    for (let channel = 0; channel < from.stride; channel++)
      memory[target + channel] = memory[source + channel]!
  }
}

/** The same pixels with one more on each side, which is zero. */
export function frame(memory: Float32Array, from: Plane, to: number): void {
  const row = from.widthPx * from.stride
  const framed = row + 2 * from.stride
  memory.fill(0, to, to + framed)
  for (let y = 0; y < from.heightPx; y++) {
    const target = to + (y + 1) * framed
    memory.fill(0, target, target + from.stride)
    memory.copyWithin(target + from.stride, from.start + y * row, from.start + (y + 1) * row)
    memory.fill(0, target + framed - from.stride, target + framed)
  }
  const last = to + (from.heightPx + 1) * framed
  memory.fill(0, last, last + framed)
}

/** Each pixel of a 3 × 3 convolution beside its neighbours: `9 × stride` numbers a pixel, from a framed plane. */
export function unfold(
  memory: Float32Array,
  framed: number,
  from: Plane,
  to: Plane,
  step: number,
  to9: number,
): void {
  const row = (from.widthPx + 2) * from.stride
  // With an even side and a step of 2, the padding is behind alone.
  const skip = step === 2 ? row + from.stride : 0
  let at = to9
  for (let y = 0; y < to.heightPx; y++) {
    for (let x = 0; x < to.widthPx; x++) {
      const source = framed + skip + y * step * row + x * step * from.stride
      for (let across = 0; across < 3; across++) {
        const start = source + across * row
        for (let offset = start; offset < start + 3 * from.stride; offset++) memory[at++] = memory[offset]!
      }
    }
  }
}

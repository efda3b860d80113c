import type { Arena, Kernel } from './kernel.ts'
import { createArena } from './kernel.ts'
import type { Light } from './light.ts'
import { placeLightTables } from './light.ts'
import type { Pass } from './pass.ts'
import { createPass } from './pass.ts'

/** RGBA pixels with straight alpha, four bytes each, rows from above. */
export interface PixelSource {
  readonly widthPx: number
  readonly heightPx: number
  /** Where it is `true` alpha is not looked at, and the answer has 255. */
  readonly opaque: boolean
  /** Row by row, in order, each asked for once. What it gives is read before the next is asked for. */
  row(y: number): Uint8Array | Uint8ClampedArray
}

/** The same where rows have to be waited for. */
export interface StripSource extends PixelSource {
  /** Rows that come together: an even number. */
  readonly stripRows: number
  /** Red and blue are the other way round; colours are filtered alike, so only the answer is turned. */
  readonly blueFirst: boolean
  /** Brings the rows from `y` on, in order. `row` is then asked for these. */
  load(y: number): void | Promise<void>
}

export interface TargetSize {
  widthPx: number
  heightPx: number
}

/**
 * Resizes by Lanczos-3, on colours multiplied by alpha. Memory: some rows of the source and the answer.
 * @returns RGBA pixels with straight alpha
 */
export function resizePixels(
  kernel: Kernel,
  source: PixelSource,
  target: TargetSize,
  light: Light,
): Uint8ClampedArray<ArrayBuffer> {
  const { write, answer } = begin(kernel, source, target, light)
  for (let y = 0; y < target.heightPx; y++) write(y)
  return answer
}

/** The same, of a source that gives its rows when they are there. */
export async function resizeStrips(
  kernel: Kernel,
  source: StripSource,
  target: TargetSize,
  light: Light,
): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const { pass, write, answer } = begin(kernel, source, target, light)
  let loaded = 0
  for (let y = 0; y < target.heightPx; y++) {
    const end = pass.sourceEnd()
    while (pass.filtered() < end) {
      if (pass.filtered() >= loaded) {
        await source.load(loaded)
        loaded += source.stripRows
      }
      pass.filterTo(Math.min(end, loaded))
    }
    write(y)
  }
  if (source.blueFirst) {
    for (let i = 0; i < answer.length; i += 4) {
      const blue = answer[i] ?? 0
      answer[i] = answer[i + 2] ?? 0
      answer[i + 2] = blue
    }
  }
  return answer
}

interface Begun {
  pass: Pass
  answer: Uint8ClampedArray<ArrayBuffer>
  /** Makes row `y` of the answer. */
  write(y: number): void
}

function begin(kernel: Kernel, source: PixelSource, target: TargetSize, light: Light): Begun {
  const arena = createArena(kernel)
  const { split, join } = conversions(kernel, arena, source.opaque, light)
  const pixels = arena.take(source.widthPx * 4)
  const made = arena.take(target.widthPx * 4)
  const size = {
    sourceWidth: source.widthPx,
    sourceHeight: source.heightPx,
    targetWidth: target.widthPx,
    targetHeight: target.heightPx,
  }
  let view = new Uint8Array()
  const pass = createPass(kernel, arena, source.opaque ? 3 : 4, size, (row, address, stride, pairStride) => {
    for (let second = 0; second < 2 && row + second < source.heightPx; second++) {
      view.set(source.row(row + second), pixels)
      split(pixels, source.widthPx, address + second * pairStride, stride)
    }
  })
  view = new Uint8Array(kernel.memory.buffer)
  const answer = new Uint8ClampedArray(target.widthPx * target.heightPx * 4)
  const rowBytes = target.widthPx * 4
  const write = (y: number): void => {
    join(pass.row(), pass.stride, target.widthPx, made)
    answer.set(view.subarray(made, made + rowBytes), y * rowBytes)
  }
  return { pass, answer, write }
}

/** Pixels → samples, and back. */
interface Conversions {
  split(source: number, count: number, red: number, stride: number): void
  join(red: number, stride: number, count: number, target: number): void
}

function conversions(kernel: Kernel, arena: Arena, opaque: boolean, light: Light): Conversions {
  // The numbers of the file need no table.
  if (opaque && light === 'srgb') return { split: kernel.splitOpaquePlain, join: kernel.joinOpaquePlain }
  const { toSample, toByte } = placeLightTables(kernel, arena, light)
  const split = opaque ? kernel.splitOpaque : kernel.splitAlpha
  const join = opaque ? kernel.joinOpaque : kernel.joinAlpha
  return {
    split: (source, count, red, stride) => split(source, count, toSample, red, stride),
    join: (red, stride, count, target) => join(red, stride, count, toByte, target),
  }
}

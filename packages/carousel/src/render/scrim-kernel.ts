import {
  advance,
  assemble,
  type Code,
  type FunctionBody,
  i32,
  load4,
  loadByte,
  loadShort,
  type Local,
  local,
  narrow,
  number,
  productHigh,
  productLow,
  repeat,
  set,
  shiftLeft,
  shiftRight,
  shiftRight4,
  spreadShort,
  store4,
  storeByte,
  sum,
  sum4,
  v128,
} from '../wasm/assemble.ts'

/**
 * Rows of pixels through three tables, with ordered dither: 0.5 ns a byte where JavaScript took 1.2. Addresses in a
 * memory of its own: tables, thresholds, then room for rows.
 */
export interface ScrimKernel {
  /** By how much each byte of red, green and blue changes at full weight, times 16: 3 × 256. */
  readonly changes: Int16Array
  /** For rows of RGB. */
  readonly room: Uint8Array
  /** Makes the tables for a weight of 0..4096. */
  weigh(weight: number): void
  /** Maps a row of at least 9 pixels that begins so many bytes into the room; `y` is its place in the picture. */
  map(start: number, widthPx: number, y: number): void
}

const channels = 3 * 256
/** Addresses. Results are 16 bits, 8 of them fractions; `bytes` are 0, 256, 512… in 32 bits. */
const results = 0
const changes = results + 2 * channels
const bytes = changes + 2 * channels
const thresholds = bytes + 4 * 256
const rows = thresholds + 64
const pageBytes = 65_536

/** @param dither thresholds of 8 × 8 pixels, row after row, 0..255 */
export function createScrimKernel(roomBytes: number, dither: ArrayLike<number>): ScrimKernel {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((rows + roomBytes) / pageBytes) })
  const module = new WebAssembly.Module(assemble([weigh(), map()]))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const kernels = exports as unknown as Kernels
  new Int32Array(memory.buffer, bytes, 256).set(Int32Array.from({ length: 256 }, (_, byte) => byte << 8))
  new Uint8Array(memory.buffer, thresholds, 64).set(dither)
  return {
    changes: new Int16Array(memory.buffer, changes, channels),
    room: new Uint8Array(memory.buffer, rows, roomBytes),
    weigh: kernels.weigh,
    map: (start, widthPx, y) => {
      const groups = (widthPx - 1) >> 3
      kernels.map(rows + start, groups, widthPx - (groups << 3), thresholds + ((y & 7) << 3))
    },
  }
}

interface Kernels {
  weigh: (weight: number) => void
  map: (at: number, groups: number, rest: number, thresholdsAt: number) => void
}

/** `result[byte] = (byte << 8) + ((change[byte] * weight) >> 8)`, for three channels. */
function weigh(): FunctionBody {
  const [weight, step, at, from, change, weights] = [0, 1, 2, 3, 4, 5].map(local) as unknown as Six
  const half = (product: Code, offset: number): Code =>
    sum4(shiftRight4(product, 8), load4(from.get, bytes + offset))
  const channel = (index: number): Code => [
    ...set(from, number(0)),
    ...repeat(step, number(256 / 8), [
      ...set(change, load4(at.get, changes)),
      ...store4(
        at.get,
        narrow(half(productLow(change.get, weights.get), 0), half(productHigh(change.get, weights.get), 16)),
      ),
      ...advance(at, number(16)),
      ...advance(from, number(32)),
    ]),
    ...(index === 2 ? [] : channel(index + 1)),
  ]
  return {
    name: 'weigh',
    parameters: [i32],
    locals: [i32, i32, i32, v128, v128],
    code: [...set(weights, spreadShort(weight.get)), ...set(at, number(results)), ...channel(0)],
  }
}

/** Eight pixels at a time, as many as the dither is wide, and then the rest, at least one. */
function map(): FunctionBody {
  const [at, groups, rest, dither, step] = [0, 1, 2, 3, 4].map(local) as unknown as Five
  const eight = Array.from({ length: 8 }, (_, index) => local(5 + index))
  const pixel = (offset: number, threshold: Code): Code =>
    [0, 1, 2].flatMap((channel) => {
      const byte = loadByte(at.get, offset + channel)
      const result = loadShort(shiftLeft(byte, 1), results + 512 * channel)
      return storeByte(at.get, offset + channel, shiftRight(sum(result, threshold), 8))
    })
  return {
    name: 'map',
    parameters: [i32, i32, i32, i32],
    locals: Array.from({ length: 9 }, () => i32),
    code: [
      ...eight.flatMap((threshold, index) => set(threshold, loadByte(dither.get, index))),
      ...repeat(step, groups.get, [
        ...eight.flatMap((threshold, index) => pixel(3 * index, threshold.get)),
        ...advance(at, number(24)),
      ]),
      ...repeat(step, rest.get, [
        ...pixel(0, loadByte(dither.get)),
        ...advance(at, number(3)),
        ...advance(dither, number(1)),
      ]),
    ],
  }
}

type Five = [Local, Local, Local, Local, Local]
type Six = [...Five, Local]

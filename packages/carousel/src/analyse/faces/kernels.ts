import {
  add4,
  advance,
  assemble,
  type Code,
  f32,
  type FunctionBody,
  i32,
  load1,
  load4,
  type Local,
  local,
  max4,
  multiply4,
  number,
  product,
  repeat,
  set,
  spread,
  store4,
  sum,
  v128,
} from '../../wasm/assemble.ts'

/**
 * The inner loops of a network, four numbers at a time. Addresses and strides are in bytes. Planes are pixel after
 * pixel, each with a multiple of four channels. Results below `floor` become `floor`: 0 rectifies, -Infinity does not.
 * Multiplications and additions are not fused, so every machine gives the same bits.
 */
export interface Kernels {
  /**
   * For groups of eight pixels: `to[pixel][output] = bias[output] + Σ from[pixel][input] · weights[input][output]`,
   * with the weights in blocks of four outputs. What lies behind the last pixel, up to eight, is overwritten.
   */
  pointwise: (
    from: number,
    fromStride: number,
    fourInputs: number,
    weights: number,
    bias: number,
    to: number,
    toStride: number,
    fourOutputs: number,
    groups: number,
    floor: number,
  ) => void
  /** A row of a 3 × 3 convolution of each channel alone. `from` has a pixel more at each end of the rows. */
  depthwise: (
    from: number,
    rowStride: number,
    fromStride: number,
    weights: number,
    bias: number,
    to: number,
    toStride: number,
    fours: number,
    pixels: number,
    floor: number,
  ) => void
  add: (left: number, right: number, to: number, fours: number, floor: number) => void
  /** A row of the greatest of each 2 × 2 pixels. */
  halve: (from: number, rowStride: number, stride: number, to: number, fours: number, pixels: number) => void
}

/** @returns Kernels that work in this memory. */
export async function createKernels(memory: WebAssembly.Memory): Promise<Kernels> {
  const bytes = assemble([pointwise(), depthwise(), add(), halve()])
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } })
  return instance.exports as unknown as Kernels
}

/** Names parameters and locals by position. */
function locals(count: number): Local[] {
  return Array.from({ length: count }, (_, index) => local(index))
}

function pointwise(): FunctionBody {
  const parameters = [i32, i32, i32, i32, i32, i32, i32, i32, i32, f32]
  const all = locals(10 + 6 + 8 + 8 + 2)
  const [from, fromStride, inputs, weights, biases, to, toStride, outputs, groups, floor] = all as Ten
  const [group, block, step, weight, bias, target] = all.slice(10) as unknown as Six
  const pixels = all.slice(16, 24)
  const totals = all.slice(24, 32)
  const [row, least] = all.slice(32) as unknown as [Local, Local]
  const four = [0, 1, 2, 3].flatMap((input) => [
    ...set(row, load4(weight.get, 16 * input)),
    ...pixels.flatMap((pixel, index) => {
      const total = totals[index]!
      return set(total, add4(total.get, multiply4(load1(pixel.get, 4 * input), row.get)))
    }),
  ])
  const startPixels = pixels.flatMap((pixel, index) =>
    set(pixel, sum(from.get, product(fromStride.get, number(index)))),
  )
  const ofBlock: Code = [
    ...startPixels,
    ...totals.flatMap((total) => set(total, load4(bias.get))),
    ...repeat(step, inputs.get, [
      ...four,
      ...advance(weight, number(64)),
      ...pixels.flatMap((pixel) => advance(pixel, number(16))),
    ]),
    ...totals.flatMap((total, index) =>
      store4(sum(target.get, product(toStride.get, number(index))), max4(total.get, least.get)),
    ),
    ...advance(bias, number(16)),
    ...advance(target, number(16)),
  ]
  const ofGroup: Code = [
    ...set(weight, weights.get),
    ...set(bias, biases.get),
    ...set(target, to.get),
    ...repeat(block, outputs.get, ofBlock),
    ...advance(from, product(fromStride.get, number(8))),
    ...advance(to, product(toStride.get, number(8))),
  ]
  return {
    name: 'pointwise',
    parameters,
    locals: [...Array.from({ length: 14 }, () => i32), ...Array.from({ length: 10 }, () => v128)],
    code: [...set(least, spread(floor.get)), ...repeat(group, groups.get, ofGroup)],
  }
}

function depthwise(): FunctionBody {
  const parameters = [i32, i32, i32, i32, i32, i32, i32, i32, i32, f32]
  const all = locals(10 + 7 + 12)
  const [from, rowStride, fromStride, weights, biases, to, toStride, fours, pixels, floor] = all as Ten
  const [block, pixel, first, second, third, target, channels] = all.slice(10) as unknown as Seven
  const taps = all.slice(17, 26)
  const [bias, total, least] = all.slice(26) as unknown as [Local, Local, Local]
  const start = (row: Local, index: number): Code =>
    set(row, sum(from.get, product(rowStride.get, number(index))))
  const tapOf = (index: number): Code => load4(sum(weights.get, product(channels.get, number(index))))
  const rows = [first, second, third]
  const products = taps.flatMap((tap, index) => {
    const across = sum(rows[Math.floor(index / 3)]!.get, product(channels.get, number(index % 3)))
    return set(total, add4(total.get, multiply4(load4(across), tap.get)))
  })
  const ofPixel: Code = [
    ...set(total, bias.get),
    ...products,
    ...store4(target.get, max4(total.get, least.get)),
    ...advance(target, toStride.get),
    ...rows.flatMap((row) => advance(row, fromStride.get)),
  ]
  const ofBlock: Code = [
    ...rows.flatMap(start),
    ...set(target, to.get),
    ...set(bias, load4(biases.get)),
    ...taps.flatMap((tap, index) => set(tap, tapOf(index))),
    ...repeat(pixel, pixels.get, ofPixel),
    ...[from, to, weights, biases].flatMap((pointer) => advance(pointer, number(16))),
  ]
  return {
    name: 'depthwise',
    parameters,
    locals: [...Array.from({ length: 7 }, () => i32), ...Array.from({ length: 12 }, () => v128)],
    code: [
      ...set(least, spread(floor.get)),
      ...set(channels, toStride.get),
      ...repeat(block, fours.get, ofBlock),
    ],
  }
}

function add(): FunctionBody {
  const all = locals(7)
  const [left, right, to, fours, floor] = all as unknown as [Local, Local, Local, Local, Local]
  const [step, least] = all.slice(5) as unknown as [Local, Local]
  return {
    name: 'add',
    parameters: [i32, i32, i32, i32, f32],
    locals: [i32, v128],
    code: [
      ...set(least, spread(floor.get)),
      ...repeat(step, fours.get, [
        ...store4(to.get, max4(add4(load4(left.get), load4(right.get)), least.get)),
        ...[left, right, to].flatMap((pointer) => advance(pointer, number(16))),
      ]),
    ],
  }
}

function halve(): FunctionBody {
  const all = locals(9)
  const [from, rowStride, stride, to, fours, pixels] = all as unknown as Six
  const [pixel, step, below] = all.slice(6) as unknown as [Local, Local, Local]
  const pair = (at: Local): Code => max4(load4(at.get), load4(sum(at.get, stride.get)))
  return {
    name: 'halve',
    parameters: [i32, i32, i32, i32, i32, i32],
    locals: [i32, i32, i32],
    code: repeat(pixel, pixels.get, [
      ...repeat(step, fours.get, [
        ...set(below, sum(from.get, rowStride.get)),
        ...store4(to.get, max4(pair(from), pair(below))),
        ...[from, to].flatMap((pointer) => advance(pointer, number(16))),
      ]),
      ...advance(from, stride.get),
    ]),
  }
}

type Six = [Local, Local, Local, Local, Local, Local]
type Seven = [...Six, Local]
type Ten = [...Seven, Local, Local, Local]

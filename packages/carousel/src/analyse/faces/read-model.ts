import { type FlatTable, readFlatBuffer } from './flat-buffer.ts'

/** One step of a network; `from` and `to` name what it reads and writes. */
export type Step<W = Weights> = { readonly from: number; readonly to: number } & (
  | { readonly kind: 'convolve' | 'depthwise'; readonly stride: number; readonly weights: W }
  | { readonly kind: 'rectify' | 'widen' | 'double' }
  | { readonly kind: 'halve' }
  | { readonly kind: 'add'; readonly other: number }
)

/** Of a convolution: `values[output][row][column][input]`, or `values[row][column][channel]` where it is depthwise. */
export interface Weights {
  readonly values: Float32Array
  readonly bias: Float32Array
  readonly size: number
  readonly inputs: number
  readonly outputs: number
}

/** A network without branches in time: steps in order, on planes of `channels[id]` channels. */
export interface Model<W = Weights> {
  readonly steps: readonly Step<W>[]
  readonly channels: ReadonlyMap<number, number>
  readonly input: number
  /** What the network is asked for, before it is flattened. */
  readonly outputs: readonly number[]
}

interface Tensor {
  readonly shape: readonly number[]
  readonly type: number
  readonly data: Uint8Array
}

/** Numbers of TensorFlow Lite's schema. */
const operators: Readonly<Record<number, string>> = {
  0: 'add',
  2: 'concatenate',
  3: 'convolve',
  4: 'depthwise',
  6: 'dequantize',
  17: 'halve',
  19: 'rectify',
  22: 'reshape',
  23: 'double',
  34: 'widen',
}
const halfFloats = 1

/**
 * Reads a TensorFlow Lite model of the few operators that the BlazeFace family has, with weights as 16- or 32-bit
 * floating point. @throws TypeError for anything else.
 */
export function readModel(bytes: Uint8Array): Model {
  const root = readFlatBuffer(bytes)
  const graph = root.tables(2)[0]
  if (graph === undefined) throw new TypeError('The model has no graph.')
  const codes = root.tables(1).map((code) => Math.max(code.byte(0), code.integer(3)))
  const buffers = root.tables(4)
  const tensors = graph.tables(0).map((tensor): Tensor => ({
    shape: tensor.integers(0),
    type: tensor.byte(1),
    data: buffers[tensor.integer(2)]!.bytes(0),
  }))
  /** What a tensor is a copy of, by `dequantize`. */
  const sources = new Map<number, number>()
  const steps: Step[] = []
  const outputs: number[] = []
  for (const operator of graph.tables(3)) {
    const code = codes[operator.integer(0)] ?? -1
    const kind = operators[code]
    const [from, ...others] = operator.integers(1)
    const to = operator.integers(2)[0]
    if (kind === undefined || from === undefined || to === undefined) {
      throw new TypeError(`The model has an operator that is not known here: ${code}.`)
    }
    if (kind === 'dequantize') sources.set(to, from)
    else if (kind === 'reshape') outputs.push(from)
    else if (kind === 'add') steps.push({ kind, from, to, other: others[0]! })
    else if (kind === 'convolve' || kind === 'depthwise') {
      steps.push({ kind, from, to, ...convolution(kind, operator, others, tensors, sources) })
    } else if (kind === 'rectify' || kind === 'widen' || kind === 'double' || kind === 'halve') {
      steps.push({ kind, from, to })
    }
  }
  const input = graph.integers(1)[0]!
  const channels = new Map(
    [input, ...steps.map(({ to }) => to)].map((id) => [id, tensors[id]!.shape.at(-1)!] as const),
  )
  return { steps, channels, input, outputs }
}

function convolution(
  kind: 'convolve' | 'depthwise',
  operator: FlatTable,
  others: readonly number[],
  tensors: readonly Tensor[],
  sources: ReadonlyMap<number, number>,
): { stride: number; weights: Weights } {
  const [values, bias] = others.map((id) => tensors[sources.get(id) ?? id]!)
  const options = operator.table(4)
  if (values === undefined || bias === undefined || options === undefined) {
    throw new TypeError('A convolution lacks its weights.')
  }
  const [outputs, size, , inputs] = values.shape as [number, number, number, number]
  return {
    stride: options.integer(1),
    weights: {
      values: floats(values),
      bias: floats(bias),
      size,
      inputs: kind === 'convolve' ? inputs : 1,
      outputs: kind === 'convolve' ? outputs : inputs,
    },
  }
}

function floats({ data, type }: Tensor): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const values = new Float32Array(data.byteLength / (type === halfFloats ? 2 : 4))
  if (type === halfFloats) {
    const bits = new Uint32Array(values.buffer)
    for (let index = 0; index < values.length; index++) {
      // IEEE 754 binary16 has its exponent 112 lower. Multiplying serves what is too small for an exponent as well.
      const half = view.getUint16(2 * index, true)
      bits[index] = ((half & 0x80_00) << 16) | ((half & 0x7f_ff) << 13)
      values[index]! *= 2 ** 112
    }
  } else {
    for (let index = 0; index < values.length; index++) values[index] = view.getFloat32(4 * index, true)
  }
  return values
}

import { createKernels, type Kernels } from './kernels.ts'
import { type PlacedStep, type PlacedWeights, type Placement, placePlanes } from './place-planes.ts'
import { double, frame, inFours, type Plane, unfold, widen } from './plane.ts'
import type { Model, Step, Weights } from './read-model.ts'

/** A network ready to run on pictures of any size that is a multiple of 32. Not for two runs at once: runs do not wait. */
export interface Network {
  /**
   * @param fill - Writes the picture: `memory` from `plane.start` on.
   * @returns What the network was asked for; valid until the next run.
   */
  run(
    widthPx: number,
    heightPx: number,
    fill: (memory: Float32Array, plane: Plane) => void,
  ): { memory: Float32Array; planes: readonly Plane[] }
}

/** Numbers of 4 bytes in a page of WebAssembly's memory. */
const pageNumbers = 16_384

export async function createNetwork(model: Model): Promise<Network> {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const kernels = await createKernels(memory)
  let start = 0
  const steps = model.steps.map((step): Step<PlacedWeights> => {
    if (!('weights' in step)) return step
    const { values, bias } = pack(step.weights, step.kind)
    const weights = { size: step.weights.size, values: start, bias: start + values.length }
    start = weights.bias + bias.length
    grow(memory, start)
    const numbers = new Float32Array(memory.buffer)
    numbers.set(values, weights.values)
    numbers.set(bias, weights.bias)
    return { ...step, weights }
  })
  // Nothing of what was read is held any longer: the weights lie in memory once.
  const ready = { ...model, steps }
  let plan: Placement | undefined
  return {
    run(widthPx, heightPx, fill) {
      if (plan?.input.widthPx !== widthPx || plan.input.heightPx !== heightPx) {
        plan = placePlanes(ready, widthPx, heightPx, start)
        grow(memory, plan.end)
      }
      const view = new Float32Array(memory.buffer)
      fill(view, plan.input)
      for (const step of plan.steps) runStep(step, view, kernels, plan.scratch)
      return { memory: view, planes: plan.outputs }
    },
  }
}

function grow(memory: WebAssembly.Memory, numbers: number): void {
  const pages = Math.ceil(numbers / pageNumbers) - memory.buffer.byteLength / 65_536
  if (pages > 0) memory.grow(pages)
}

function runStep(
  step: PlacedStep,
  memory: Float32Array,
  kernels: Kernels,
  scratch: { framed: number; unfolded: number },
): void {
  const { from, to } = step
  switch (step.kind) {
    case 'halve':
      return halve(kernels, from, to)
    case 'double':
      return double(memory, from, to)
    case 'widen':
      return widen(memory, from, to)
    case 'add': {
      const fours = (to.widthPx * to.heightPx * to.stride) / 4
      return kernels.add(4 * from.start, 4 * step.other.start, 4 * to.start, fours, step.floor)
    }
    case 'convolve': {
      const { weights } = step
      if (weights.size === 1) return pointwise(kernels, from.start, from.stride, weights, to, step.floor)
      frame(memory, from, scratch.framed)
      unfold(memory, scratch.framed, from, to, step.stride, scratch.unfolded)
      return pointwise(kernels, scratch.unfolded, 9 * from.stride, weights, to, step.floor)
    }
    case 'depthwise':
      frame(memory, from, scratch.framed)
      return depthwise(kernels, scratch.framed, from, step.weights, to, step)
  }
}

function pointwise(
  kernels: Kernels,
  start: number,
  stride: number,
  weights: PlacedWeights,
  to: Plane,
  floor: number,
): void {
  const groups = Math.ceil((to.widthPx * to.heightPx) / 8)
  kernels.pointwise(
    4 * start,
    4 * stride,
    stride / 4,
    4 * weights.values,
    4 * weights.bias,
    4 * to.start,
    4 * to.stride,
    to.stride / 4,
    groups,
    floor,
  )
}

function depthwise(
  kernels: Kernels,
  framed: number,
  from: Plane,
  weights: PlacedWeights,
  to: Plane,
  { stride, floor }: { stride: number; floor: number },
): void {
  const row = (from.widthPx + 2) * from.stride
  // With an even side and a step of 2, the padding is behind alone.
  const skip = stride === 2 ? row + from.stride : 0
  for (let y = 0; y < to.heightPx; y++) {
    kernels.depthwise(
      4 * (framed + skip + y * stride * row),
      4 * row,
      4 * stride * from.stride,
      4 * weights.values,
      4 * weights.bias,
      4 * (to.start + y * to.widthPx * to.stride),
      4 * to.stride,
      to.stride / 4,
      to.widthPx,
      floor,
    )
  }
}

function halve(kernels: Kernels, from: Plane, to: Plane): void {
  const row = from.widthPx * from.stride
  for (let y = 0; y < to.heightPx; y++) {
    const start = from.start + 2 * y * row
    const target = to.start + y * to.widthPx * to.stride
    kernels.halve(4 * start, 4 * row, 4 * from.stride, 4 * target, to.stride / 4, to.widthPx)
  }
}

/** In the order in which the kernels read: blocks of four outputs, or all channels of each of the nine places. */
function pack(
  weights: Weights,
  kind: 'convolve' | 'depthwise',
): { values: Float32Array; bias: Float32Array } {
  const { size, inputs, outputs } = weights
  const wide = inFours(outputs)
  const bias = new Float32Array(wide)
  bias.set(weights.bias)
  if (kind === 'depthwise') {
    const values = new Float32Array(size * size * wide)
    for (let place = 0; place < size * size; place++) {
      values.set(weights.values.subarray(place * outputs, (place + 1) * outputs), place * wide)
    }
    return { values, bias }
  }
  const deep = inFours(inputs)
  const values = new Float32Array(wide * size * size * deep)
  for (let output = 0; output < outputs; output++) {
    for (let place = 0; place < size * size; place++) {
      for (let input = 0; input < inputs; input++) {
        const block = Math.floor(output / 4) * size * size * deep
        const value = weights.values[(output * size * size + place) * inputs + input]!
        values[(block + place * deep + input) * 4 + (output % 4)] = value
      }
    }
  }
  return { values, bias }
}

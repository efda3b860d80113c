import { describe, expect, test } from 'vitest'
import { createRandom } from '../../testing/brush.ts'
import { createNetwork } from './network.ts'
import { placePlanes } from './place-planes.ts'
import type { Plane } from './plane.ts'
import type { Model, Step } from './read-model.ts'

/** Values of a plane without padding, `[row][column][channel]`. */
interface Grid {
  widthPx: number
  heightPx: number
  channels: number
  values: number[]
}

const random = createRandom(5)
const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, () => 2 * random() - 1)

function convolution(
  kind: 'convolve' | 'depthwise',
  size: number,
  inputs: number,
  outputs: number,
  stride = 1,
): Step {
  const deep = kind === 'convolve' ? inputs : 1
  const weights = {
    values: numbers(outputs * size * size * deep),
    bias: numbers(outputs),
    size,
    inputs: deep,
    outputs,
  }
  return { kind, from: 0, to: 1, stride, weights }
}

/** Runs one step, or several, on a random picture; compares with what the definition says. */
async function expectAsDefined(
  steps: Step[],
  channels: number[],
  widthPx = 64,
  heightPx = 32,
): Promise<void> {
  const model: Model = { steps, input: 0, outputs: [steps.at(-1)!.to], channels: new Map(channels.entries()) }
  const input: Grid = {
    widthPx,
    heightPx,
    channels: channels[0]!,
    values: [...numbers(widthPx * heightPx * channels[0]!)],
  }
  const network = await createNetwork(model)
  const { memory, planes } = network.run(widthPx, heightPx, (room, plane) => write(room, plane, input))
  const expected = steps.reduce(
    (grids, step) => grids.set(step.to, byDefinition(step, grids, channels)),
    new Map([[0, input]]),
  )
  const actual = read(memory, planes[0]!)
  const wanted = expected.get(steps.at(-1)!.to)!.values
  expect(actual).toHaveLength(wanted.length)
  expect(Math.max(...actual.map((value, at) => Math.abs(value - wanted[at]!)))).toBeLessThan(1e-4)
}

function write(memory: Float32Array, plane: Plane, grid: Grid): void {
  memory.fill(0, plane.start, plane.start + plane.widthPx * plane.heightPx * plane.stride)
  grid.values.forEach((value, at) => {
    memory[plane.start + Math.floor(at / grid.channels) * plane.stride + (at % grid.channels)] = value
  })
}

function read(memory: Float32Array, plane: Plane): number[] {
  const { start, stride, channels } = plane
  return Array.from({ length: plane.widthPx * plane.heightPx * channels }, (_, at) => {
    return memory[start + Math.floor(at / channels) * stride + (at % channels)]!
  })
}

/** One value at a time, with "same" padding: what lies outside is 0, the odd one behind. */
function byDefinition(step: Step, grids: Map<number, Grid>, counts: number[]): Grid {
  const from = grids.get(step.from)!
  const channels = counts[step.to]!
  const factor =
    step.kind === 'double' ? 2 : step.kind === 'halve' ? 0.5 : 'stride' in step ? 1 / step.stride : 1
  const widthPx = from.widthPx * factor
  const heightPx = from.heightPx * factor
  const at = (row: number, column: number, channel: number): number => {
    const inside =
      row >= 0 && column >= 0 && row < from.heightPx && column < from.widthPx && channel < from.channels
    return inside ? from.values[(row * from.widthPx + column) * from.channels + channel]! : 0
  }
  const values = Array.from({ length: widthPx * heightPx * channels }, (_, index) => {
    const channel = index % channels
    const column = Math.floor(index / channels) % widthPx
    const row = Math.floor(index / channels / widthPx)
    return valueOf(step, at, row, column, channel, from, grids)
  })
  return { widthPx, heightPx, channels, values }
}

function valueOf(
  step: Step,
  at: (row: number, column: number, channel: number) => number,
  row: number,
  column: number,
  channel: number,
  from: Grid,
  grids: Map<number, Grid>,
): number {
  switch (step.kind) {
    case 'rectify':
      return Math.max(0, at(row, column, channel))
    case 'widen':
      return at(row, column, channel)
    case 'add':
      return (
        at(row, column, channel) +
        grids.get(step.other)!.values[(row * from.widthPx + column) * from.channels + channel]!
      )
    case 'halve':
      return Math.max(...[0, 1].flatMap((y) => [0, 1].map((x) => at(2 * row + y, 2 * column + x, channel))))
    case 'double': {
      const mix = (place: number, last: number): [number, number, number] => {
        const exact = Math.max(0, (place + 0.5) / 2 - 0.5)
        return [Math.floor(exact), Math.min(last, Math.floor(exact) + 1), exact % 1]
      }
      const [above, below, down] = mix(row, from.heightPx - 1)
      const [left, right, across] = mix(column, from.widthPx - 1)
      const of = (y: number): number => at(y, left, channel) * (1 - across) + at(y, right, channel) * across
      return of(above) * (1 - down) + of(below) * down
    }
    default:
      return convolved(step, at, row, column, channel, from.channels)
  }
}

function convolved(
  step: Extract<Step, { weights: unknown }>,
  at: (row: number, column: number, channel: number) => number,
  row: number,
  column: number,
  channel: number,
  inputs: number,
): number {
  const { size, values, bias, outputs } = step.weights
  const before = Math.floor((size - step.stride) / 2)
  let sum = bias[channel]!
  for (let place = 0; place < size * size; place++) {
    const sourceRow = row * step.stride + Math.floor(place / size) - before
    const sourceColumn = column * step.stride + (place % size) - before
    if (step.kind === 'depthwise') {
      sum += at(sourceRow, sourceColumn, channel) * values[place * outputs + channel]!
      continue
    }
    for (let input = 0; input < inputs; input++) {
      sum += at(sourceRow, sourceColumn, input) * values[(channel * size * size + place) * inputs + input]!
    }
  }
  return sum
}

describe('each step gives what its definition says', () => {
  test.each<[string, Step, number[]]>([
    ['1 × 1 convolution', convolution('convolve', 1, 8, 12), [8, 12]],
    ['1 × 1 convolution of odd counts', convolution('convolve', 1, 5, 3), [5, 3]],
    ['3 × 3 convolution', convolution('convolve', 3, 3, 8), [3, 8]],
    ['3 × 3 convolution, every second pixel', convolution('convolve', 3, 3, 8, 2), [3, 8]],
    ['depthwise', convolution('depthwise', 3, 8, 8), [8, 8]],
    ['depthwise of an odd count', convolution('depthwise', 3, 6, 6), [6, 6]],
    ['depthwise, every second pixel', convolution('depthwise', 3, 8, 8, 2), [8, 8]],
    ['widen', { kind: 'widen', from: 0, to: 1 }, [6, 12]],
    ['halve', { kind: 'halve', from: 0, to: 1 }, [6, 6]],
    ['double', { kind: 'double', from: 0, to: 1 }, [6, 6]],
    ['add', { kind: 'add', from: 0, other: 0, to: 1 }, [6, 6]],
  ])('%s', (_, step, channels) => expectAsDefined([step], channels))

  test('a block whose rectifications are joined with the steps before them', () =>
    expectAsDefined(
      [
        convolution('depthwise', 3, 8, 8),
        { ...convolution('convolve', 1, 8, 8), from: 1, to: 2 },
        { kind: 'rectify', from: 2, to: 3 },
        { kind: 'add', from: 0, other: 3, to: 4 },
        { kind: 'rectify', from: 4, to: 5 },
        { kind: 'halve', from: 5, to: 6 },
      ],
      [8, 8, 8, 8, 8, 8, 8],
    ))

  test('the smallest picture', () => expectAsDefined([convolution('convolve', 1, 3, 4)], [3, 4], 1, 1))
})

test('planes that are needed at the same time do not overlap, and memory is used again', () => {
  const steps: Step<{ size: number; values: number; bias: number }>[] = Array.from(
    { length: 20 },
    (_, index) => ({
      kind: 'add',
      from: index,
      other: Math.max(0, index - 1),
      to: index + 1,
    }),
  )
  const channels = new Map(Array.from({ length: 21 }, (_, id) => [id, 4] as const))
  const placement = placePlanes({ steps, input: 0, outputs: [20], channels }, 32, 32, 100)
  for (const step of placement.steps) {
    if (step.kind !== 'add') continue
    expect(step.to.start).not.toBe(step.from.start)
    expect(step.to.start).not.toBe(step.other.start)
  }
  expect(placement.end).toBeLessThanOrEqual(100 + 4 * 32 * 32 * 4)
})

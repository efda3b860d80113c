import { inFours, type Plane, sizeOf } from './plane.ts'
import type { Model, Step } from './read-model.ts'

/** Where the weights of a step lie, in numbers. `size` is the side of the square of pixels that they cover. */
export interface PlacedWeights {
  readonly size: number
  readonly values: number
  readonly bias: number
}

/** A step with its planes. `floor` is 0 where the result is rectified at once, else -Infinity. */
export type PlacedStep = { readonly from: Plane; readonly to: Plane; readonly floor: number } & (
  | { readonly kind: 'convolve' | 'depthwise'; readonly stride: number; readonly weights: PlacedWeights }
  | { readonly kind: 'widen' | 'double' | 'halve' }
  | { readonly kind: 'add'; readonly other: Plane }
)

export interface Placement {
  readonly input: Plane
  readonly steps: readonly PlacedStep[]
  readonly outputs: readonly Plane[]
  readonly scratch: { readonly framed: number; readonly unfolded: number }
  /** The first number that is free. */
  readonly end: number
}

type AnyStep = Step<PlacedWeights>
type Kept = Exclude<AnyStep, { kind: 'rectify' }>

/** Gives each step its place in memory, from `start` on; what is no longer needed is used again. */
export function placePlanes(
  model: Model<PlacedWeights>,
  widthPx: number,
  heightPx: number,
  start: number,
): Placement {
  const steps = rectifyAtOnce(model.steps)
  const room = createRoom(start)
  const planes = new Map<number, Plane>()
  const place = (id: number, width: number, height: number): Plane => {
    const channels = model.channels.get(id)!
    const plane = { start: 0, widthPx: width, heightPx: height, channels, stride: inFours(channels) }
    const placed = { ...plane, start: room.take(sizeOf(plane)) }
    planes.set(id, placed)
    return placed
  }
  const lastUse = lastUses(steps)
  const input = place(model.input, widthPx, heightPx)
  let framed = 0
  let unfolded = 0
  const placed = steps.map(({ step, floor }, index): PlacedStep => {
    const from = planes.get(step.from)!
    const factor = scaleOf(step)
    const to = place(step.to, from.widthPx * factor, from.heightPx * factor)
    if (step.kind === 'convolve' || step.kind === 'depthwise') {
      framed = Math.max(framed, (from.widthPx + 2) * (from.heightPx + 2) * from.stride)
      if (step.kind === 'convolve' && step.weights.size > 1)
        unfolded = Math.max(unfolded, 9 * sizeOf({ ...to, stride: from.stride }))
    }
    const other = step.kind === 'add' ? planes.get(step.other)! : undefined
    for (const id of sourcesOf(step)) {
      if (lastUse.get(id) === index && !model.outputs.includes(id)) room.give(planes.get(id)!.start)
    }
    return { ...step, from, to, floor, ...(other && { other }) } as PlacedStep
  })
  const outputs = model.outputs.map((id) => planes.get(id)!)
  const scratch = { framed: room.end(), unfolded: room.end() + framed }
  return { input, steps: placed, outputs, scratch, end: scratch.unfolded + unfolded }
}

function scaleOf(step: Kept): number {
  if (step.kind === 'convolve' || step.kind === 'depthwise') return 1 / step.stride
  return step.kind === 'halve' ? 1 / 2 : step.kind === 'double' ? 2 : 1
}

function sourcesOf(step: Kept): number[] {
  return step.kind === 'add' ? [...new Set([step.from, step.other])] : [step.from]
}

function lastUses(steps: readonly { step: Kept }[]): Map<number, number> {
  return new Map(steps.flatMap(({ step }, index) => sourcesOf(step).map((id) => [id, index] as const)))
}

/** Joins a rectification with the step before it. */
function rectifyAtOnce(steps: readonly AnyStep[]): { step: Kept; floor: number }[] {
  const rectified = new Map(steps.filter(({ kind }) => kind === 'rectify').map(({ from, to }) => [from, to]))
  return steps.flatMap((step) => {
    if (step.kind === 'rectify') return []
    const to = rectified.get(step.to)
    return [to === undefined ? { step, floor: -Infinity } : { step: { ...step, to }, floor: 0 }]
  })
}

/** Hands out stretches of memory: the first that is free and long enough. */
function createRoom(start: number): { take(length: number): number; give(at: number): void; end(): number } {
  const taken = new Map<number, number>()
  let end = start
  return {
    take(length) {
      let at = start
      for (const [from, size] of [...taken].toSorted(([left], [right]) => left - right)) {
        if (from - at >= length) break
        at = from + size
      }
      taken.set(at, length)
      end = Math.max(end, at + length)
      return at
    },
    give: (at) => taken.delete(at),
    end: () => end,
  }
}

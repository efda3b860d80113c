import type { Frame, OperationEvent, ProbeEvent } from './events.ts'

/** Where events go. */
export type Emit = (event: ProbeEvent) => void

/** What a probe keeps and how much, so that a program of any length is watched within bounds. */
export const limits = {
  operations: 40_000,
  fanOuts: 5_000,
  stacks: 4_000,
  /** So many looks are taken whatever they cost: on a busy machine a clock tells little of one. */
  freeLooks: 1000,
  /** Share of the time passed that later looks may take. */
  budgetShare: 0.02,
} as const

/** The events of one thread, with its bounds. */
export interface Recorder {
  /** Milliseconds since 1970, monotonic in a thread. */
  now: () => number
  /** Numbers for operations and fan-outs. */
  nextId: () => number
  emit: Emit
  operation: (operation: OperationEvent) => void
  /** The number of a stack, told once. */
  stackId: (frames: Frame[]) => number
  /**
   * Whether work is looked at now. Once watching has cost more than its share nothing is, until it has cost half of
   * it: so that what is seen later are whole stretches of the run, in which repeats still meet.
   */
  mayLook: () => boolean
  /** Counts a piece of work that is not looked at. */
  pass: (kind: string) => void
  /** Adds the time since `startedAt` (of `performance.now()`) to what watching has cost. */
  spent: (startedAt: number) => void
  /** Whether one more fan-out is written. */
  mayFanOut: () => boolean
  /** Tells of what was only counted. */
  finish: () => void
}

/** A recorder over `emit`. */
export function createRecorder(emit: Emit): Recorder {
  const begunAt = performance.now()
  const stacks = new Map<string, number>()
  const overflow = new Map<string, number>()
  let operations = 0
  let fanOuts = 0
  let ids = 0
  let looks = 0
  let costMs = 0
  let isPausing = false
  const pass = (kind: string): void => {
    overflow.set(kind, (overflow.get(kind) ?? 0) + 1)
  }
  return {
    now: () => performance.timeOrigin + performance.now(),
    nextId: () => (ids += 1),
    emit,
    operation: (operation) => {
      operations += 1
      if (operations <= limits.operations) emit(operation)
      else pass(operation.kind)
    },
    stackId: (frames) => {
      if (frames.length === 0) return 0
      const key = frames
        .map((frame) => `${frame.name} ${frame.file}:${frame.line}:${frame.column}${frame.joins ?? ''}`)
        .join('\n')
      const known = stacks.get(key)
      if (known !== undefined) return known
      if (stacks.size >= limits.stacks) return 0
      const id = stacks.size + 1
      stacks.set(key, id)
      emit({ type: 'stack', id, frames })
      return id
    },
    mayLook: () => {
      if (operations >= limits.operations) return false
      if (looks < limits.freeLooks) return true
      const allowedMs = (performance.now() - begunAt) * limits.budgetShare
      if (costMs > allowedMs) isPausing = true
      else if (costMs < allowedMs / 2) isPausing = false
      return !isPausing
    },
    pass,
    spent: (startedAt) => {
      looks += 1
      costMs += performance.now() - startedAt
    },
    mayFanOut: () => {
      fanOuts += 1
      return fanOuts <= limits.fanOuts
    },
    finish: () => {
      for (const [kind, count] of overflow) emit({ type: 'overflow', kind, count })
      overflow.clear()
    },
  }
}

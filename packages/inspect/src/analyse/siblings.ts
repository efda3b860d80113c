import type { FanOut, Operation, Timeline } from './timeline.ts'

/**
 * Sorts work on one thing into groups that ran side by side. Two are siblings when their times overlap on behalf of
 * one asker, or when they are different branches of one fan-out. Repeats one after another are none: polling, a
 * retry, a later look.
 * @param operations in order of time
 * @param children threads and processes that the program started: those of one line are siblings too
 * @returns groups of at least two
 */
export function siblingGroups(
  operations: readonly Operation[],
  children: Timeline['children'] = [],
): Operation[][] {
  const parents = operations.map((_, index) => index)
  const find = (index: number): number => {
    let at = index
    while (parents[at] !== at) at = parents[at] ?? at
    parents[index] = at
    return at
  }
  const join = (a: number, b: number): void => {
    parents[find(b)] = find(a)
  }
  joinOverlapping(operations, join)
  joinBranches(operations, join)
  joinThreads(operations, children, join)
  const groups = collect(operations, find)
  return joinLanes(
    groups.filter((group) => group.length > 1),
    groups.filter((group) => group.length === 1).flat(),
  )
}

function joinOverlapping(operations: readonly Operation[], join: (a: number, b: number) => void): void {
  const open = new Map<string, { index: number; end: number }>()
  for (const [index, operation] of operations.entries()) {
    // The program itself may be several threads and processes; requests and timers are of one.
    const asker = operation.root === '' ? '' : `${operation.thread} ${operation.root}`
    const last = open.get(asker)
    const meets = last !== undefined && operation.start < last.end
    if (meets) join(last.index, index)
    if (!meets || operation.end > last.end) open.set(asker, { index, end: operation.end })
  }
}

function joinBranches(operations: readonly Operation[], join: (a: number, b: number) => void): void {
  const branches = new Map<FanOut, Map<number, number>>()
  const runs = new Map<FanOut, Map<Operation['frames'], number>>()
  for (const [index, operation] of operations.entries()) {
    for (const { fanOut, index: branch } of operation.memberships) {
      if (branch !== undefined) {
        const known = branches.get(fanOut) ?? new Map<number, number>()
        if (!known.has(branch)) known.set(branch, index)
        branches.set(fanOut, known)
      } else if (operation.tick === fanOut.tick) {
        // One line that was run for each branch before the fan-out was called: the branch's number is not known.
        const known = runs.get(fanOut) ?? new Map<Operation['frames'], number>()
        join(known.get(operation.frames) ?? index, index)
        known.set(operation.frames, index)
        runs.set(fanOut, known)
      }
    }
  }
  for (const known of branches.values()) {
    const [first, ...others] = known.values()
    for (const other of others) join(first ?? other, other)
  }
}

/** Threads and processes that one line started before the first of them was done. */
function joinThreads(
  operations: readonly Operation[],
  children: Timeline['children'],
  join: (a: number, b: number) => void,
): void {
  const starts = new Map(children.map((child) => [`${child.pid}-${child.worker}`, child]))
  const first = new Map<string, number>()
  for (const [index, operation] of operations.entries()) {
    const start = starts.get(operation.thread)
    const [frame] = start?.frames ?? []
    if (start === undefined || frame === undefined) continue
    const line = `${start.thread} ${frame.file}:${frame.line}`
    const other = first.get(line)
    if (other === undefined) first.set(line, index)
    else if (operations[other]?.thread !== operation.thread && start.at < (operations[other]?.end ?? 0))
      join(other, index)
  }
}

/** Lanes of a pool: what runs one after another beside others in one fan-out belongs to them. */
function joinLanes(groups: Operation[][], singles: readonly Operation[]): Operation[][] {
  const byFanOut = new Map<FanOut, Operation[]>()
  const result: Operation[][] = []
  for (const group of groups) {
    const fanOut = group[0]?.memberships[0]?.fanOut
    const known = fanOut === undefined ? undefined : byFanOut.get(fanOut)
    if (known !== undefined) {
      known.push(...group)
      continue
    }
    if (fanOut !== undefined) byFanOut.set(fanOut, group)
    result.push(group)
  }
  for (const single of singles) {
    const [membership] = single.memberships
    if (membership !== undefined && membership.index === undefined)
      byFanOut.get(membership.fanOut)?.push(single)
  }
  return result.map((group) => group.toSorted((a, b) => a.start - b.start))
}

function collect(operations: readonly Operation[], find: (index: number) => number): Operation[][] {
  const groups = new Map<number, Operation[]>()
  for (const [index, operation] of operations.entries()) {
    const group = groups.get(find(index)) ?? []
    group.push(operation)
    groups.set(find(index), group)
  }
  return [...groups.values()]
}

import type { Frame } from '../probe/events.ts'
import type { FanOut, Membership, Operation, Timeline } from './timeline.ts'

const looked = 64
/** Clocks of one thread agree; a call is told a moment after what it calls. */
const slackMs = 2

/**
 * Finds out of which fan-outs each piece of work is a branch. Three ways, the surest first: V8 names the
 * `Promise.all` and the branch on the stack; the work was begun in the same synchronous run as the fan-out and below
 * the same function; or the fan-out was the only one open in its thread, and then the branch is not known.
 */
export function assignMemberships(timeline: Timeline): void {
  const byThread = new Map<string, FanOut[]>()
  for (const fanOut of timeline.fanOuts) {
    const list = byThread.get(fanOut.thread) ?? []
    list.push(fanOut)
    byThread.set(fanOut.thread, list)
  }
  for (const operation of timeline.operations) {
    const fanOuts = byThread.get(operation.thread)
    if (fanOuts !== undefined) operation.memberships = membershipsOf(operation, fanOuts)
  }
}

function membershipsOf(operation: Operation, fanOuts: readonly FanOut[]): Membership[] {
  const at = firstAfter(fanOuts, operation.start + slackMs)
  // The ones that were called before, latest first, and those of the same run a moment later.
  const open = fanOuts
    .slice(Math.max(0, at - looked), at)
    .toReversed()
    .filter((fanOut) => fanOut.root === operation.root && (fanOut.end ?? Infinity) >= operation.start)
  const found: Membership[] = []
  // Quick branches end, and the next fan-out is called, within the slack.
  const sameRun = fanOuts
    .slice(firstAfter(fanOuts, operation.start - slackMs), at + looked)
    .find((fanOut) => isOfRun(operation, fanOut))
  if (sameRun !== undefined) found.push({ fanOut: sameRun, index: undefined })
  let branch = 0
  for (const [place, frame] of operation.frames.entries()) {
    if (frame.joins === undefined) continue
    const index = operation.branches[branch]
    branch += 1
    const awaiting = operation.frames.slice(place + 1).find(({ joins }) => joins === undefined)
    const fanOut = open.find(
      (candidate) =>
        candidate.joins === frame.joins &&
        isAwaitedBy(candidate, awaiting) &&
        !found.some((known) => known.fanOut === candidate),
    )
    if (fanOut !== undefined) found.push({ fanOut, index })
  }
  const [only] = open
  if (found.length === 0 && only !== undefined && sharesFile(operation, only))
    found.push({ fanOut: only, index: undefined })
  return found
}

function isOfRun(operation: Operation, fanOut: FanOut): boolean {
  const [called] = fanOut.frames
  return (
    fanOut.tick === operation.tick &&
    fanOut.root === operation.root &&
    fanOut.start >= operation.start &&
    called !== undefined &&
    operation.frames.some((frame) => isSameFunction(frame, called))
  )
}

function isAwaitedBy(fanOut: FanOut, awaiting: Frame | undefined): boolean {
  const [called] = fanOut.frames
  return awaiting === undefined || called === undefined || isSameFunction(called, awaiting)
}

function sharesFile(operation: Operation, fanOut: FanOut): boolean {
  return fanOut.frames.some(({ file }) => operation.frames.some((frame) => frame.file === file))
}

function isSameFunction(a: Frame, b: Frame): boolean {
  return a.name === b.name && a.file === b.file
}

/** The place of the first fan-out after a time. */
function firstAfter(fanOuts: readonly FanOut[], time: number): number {
  let low = 0
  let high = fanOuts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((fanOuts[middle]?.start ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return low
}

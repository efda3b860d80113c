import type {
  BlockEvent,
  ChildEvent,
  FanOutEvent,
  Frame,
  OperationEvent,
  ProbeEvent,
  ProcessEvent,
} from '../probe/events.ts'

/** A piece of work, with its stack and its thread. */
export interface Operation extends Omit<OperationEvent, 'type' | 'stack'> {
  thread: string
  frames: Frame[]
  /** The fan-outs it is a branch of, innermost first. */
  memberships: Membership[]
}

/** @property index undefined where the branch is not known */
export interface Membership {
  fanOut: FanOut
  index: number | undefined
}

/** A call of `Promise.all` or its kin. */
export interface FanOut extends Omit<FanOutEvent, 'type' | 'stack'> {
  thread: string
  frames: Frame[]
  /** When it was found to have settled; undefined when it never was. */
  end: number | undefined
}

/** All that was told of a run, in order of time. */
export interface Timeline {
  processes: ProcessEvent[]
  operations: Operation[]
  fanOuts: FanOut[]
  blocks: (BlockEvent & { thread: string })[]
  children: (ChildEvent & { thread: string; frames: Frame[] })[]
  unwatched: number
}

/** @param threads the events of each thread, under a name of it */
export function readTimeline(threads: ReadonlyMap<string, readonly ProbeEvent[]>): Timeline {
  const timeline: Timeline = {
    processes: [],
    operations: [],
    fanOuts: [],
    blocks: [],
    children: [],
    unwatched: 0,
  }
  for (const [thread, events] of threads) readThread(timeline, thread, events)
  timeline.operations.sort((a, b) => a.start - b.start)
  timeline.fanOuts.sort((a, b) => a.start - b.start)
  timeline.processes.sort((a, b) => a.at - b.at)
  return timeline
}

function readThread(timeline: Timeline, thread: string, events: readonly ProbeEvent[]): void {
  const stacks = new Map<number, Frame[]>()
  const fanOuts = new Map<number, FanOut>()
  for (const event of events) {
    switch (event.type) {
      case 'process':
        timeline.processes.push(event)
        break
      case 'stack':
        stacks.set(event.id, event.frames)
        break
      case 'operation': {
        const { stack, type: _, ...rest } = event
        timeline.operations.push({ ...rest, thread, frames: stacks.get(stack) ?? [], memberships: [] })
        break
      }
      case 'fanOut': {
        const { stack, type: _, ...rest } = event
        const fanOut: FanOut = { ...rest, thread, frames: stacks.get(stack) ?? [], end: undefined }
        fanOuts.set(event.id, fanOut)
        timeline.fanOuts.push(fanOut)
        break
      }
      case 'settled': {
        const fanOut = fanOuts.get(event.fanOut)
        if (fanOut !== undefined) fanOut.end = event.end
        break
      }
      case 'block':
        timeline.blocks.push({ ...event, thread })
        break
      case 'child':
        timeline.children.push({ ...event, thread, frames: stacks.get(event.stack) ?? [] })
        break
      default:
        timeline.unwatched += event.count
    }
  }
}

/** The lines of a thread's file; a line that was cut off when the process was killed is passed over. */
export function parseEvents(text: string): ProbeEvent[] {
  const events: ProbeEvent[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    try {
      events.push(JSON.parse(line) as ProbeEvent)
    } catch {
      // Cut off.
    }
  }
  return events
}

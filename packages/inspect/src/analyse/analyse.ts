import type { ProbeEvent } from '../probe/events.ts'
import type { FanOutSummary, Report, TimelineEntry } from '../report/report.ts'
import type { Found } from './duplicates.ts'
import { findDuplicates, rounded } from './duplicates.ts'
import { assignMemberships } from './memberships.ts'
import { findSharedOutputs } from './outputs.ts'
import type { Places } from './places.ts'
import { callFrame, createPlaces } from './places.ts'
import { findSharedResources } from './resources.ts'
import type { Operation, Timeline } from './timeline.ts'
import { readTimeline } from './timeline.ts'
import { findWaterfalls } from './waterfalls.ts'

const shownBars = 400
const shownFanOuts = 100

/**
 * Turns what the probes told into a report. Pure: the same events give the same report.
 * @param threads the events of each thread of each process, under a name of it
 * @param folder what the places in the program are relative to
 */
export function analyse(threads: ReadonlyMap<string, readonly ProbeEvent[]>, folder: string): Report {
  const timeline = readTimeline(threads)
  assignMemberships(timeline)
  const places = createPlaces(folder)
  const duplicates = findDuplicates(timeline, places)
  const outputs = findSharedOutputs(timeline, places)
  const waterfalls = findWaterfalls(timeline, places)
  return {
    duplicates: duplicates.map(({ finding }) => finding),
    outputs: outputs.map(({ finding }) => finding),
    resources: findSharedResources(timeline, places),
    waterfalls: waterfalls.map(({ finding }) => finding),
    fanOuts: summarise(timeline, places),
    totals: totalsOf(timeline),
    timeline: picture(timeline, places, { duplicates, outputs, waterfalls }),
  }
}

function beginningOf(timeline: Timeline): number {
  return timeline.processes[0]?.at ?? timeline.operations[0]?.start ?? 0
}

function totalsOf(timeline: Timeline): Report['totals'] {
  const count = (kind: string): number =>
    timeline.operations.filter((operation) => operation.kind === kind).length
  const lastMs = timeline.operations.reduce((last, { end }) => Math.max(last, end), beginningOf(timeline))
  return {
    durationMs: rounded(lastMs - beginningOf(timeline)),
    processes: new Set(timeline.processes.map(({ pid }) => pid)).size,
    fetches: count('fetch'),
    reads: count('read'),
    writes: count('write'),
    decodes: count('decode'),
    unwatched: timeline.unwatched,
  }
}

function summarise(timeline: Timeline, places: Places): FanOutSummary[] {
  const operations = new Map<object, number>()
  for (const { memberships } of timeline.operations)
    for (const { fanOut } of memberships) operations.set(fanOut, (operations.get(fanOut) ?? 0) + 1)
  return timeline.fanOuts
    .filter((fanOut) => operations.has(fanOut))
    .slice(0, shownFanOuts)
    .map((fanOut) => ({
      joins: fanOut.joins,
      at: places.at(fanOut.frames.find(({ joins }) => joins === undefined)),
      branches: fanOut.branches,
      durationMs: rounded((fanOut.end ?? fanOut.start) - fanOut.start),
      operations: operations.get(fanOut) ?? 0,
    }))
}

type FoundLists = Readonly<Record<'duplicates' | 'outputs' | 'waterfalls', readonly Found<unknown>[]>>

/** The work of the findings first, and of the rest the longest. */
function picture(timeline: Timeline, places: Places, found: FoundLists): TimelineEntry[] {
  const marks = new Map<Operation, NonNullable<TimelineEntry['finding']>>()
  for (const list of ['waterfalls', 'outputs', 'duplicates'] as const)
    for (const [index, { operations }] of found[list].entries())
      for (const operation of operations) marks.set(operation, { list, index })
  const weight = (operation: Operation): number =>
    (marks.has(operation) ? 1e9 : 0) + operation.end - operation.start
  const begunAt = beginningOf(timeline)
  return timeline.operations
    .filter(({ kind }) => kind !== 'dns')
    .toSorted((a, b) => weight(b) - weight(a))
    .slice(0, shownBars)
    .toSorted((a, b) => a.start - b.start)
    .map((operation) => {
      const finding = marks.get(operation)
      return {
        kind: operation.kind,
        resource: operation.resource,
        startMs: rounded(operation.start - begunAt),
        endMs: rounded(operation.end - begunAt),
        at: places.at(callFrame(operation)),
        process: operation.thread,
        ...(finding === undefined ? {} : { finding }),
      }
    })
}

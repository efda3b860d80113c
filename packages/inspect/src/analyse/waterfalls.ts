import type { Frame } from '../probe/events.ts'
import type { Waterfall } from '../report/report.ts'
import type { Found } from './duplicates.ts'
import { durationOf, rounded } from './duplicates.ts'
import type { Places } from './places.ts'
import { callFrame } from './places.ts'
import type { Operation, Timeline } from './timeline.ts'

/** Less is not worth a change, and within what a busy machine adds to two requests. */
const savesAtLeastMs = 40

interface Link {
  before: Operation
  after: Operation
  /** The lines at which the function that awaited both made them. */
  at: Frame
  isLoop: boolean
}

/**
 * Fetches that waited for another of whose answer nothing stands in them, in one function. Whether a later one was
 * only made because the earlier went well is not seen: a finding says that they could start together, not that they
 * must. Sequences that only count in the query (pages of a list, `?t=` of a poll) are none.
 */
export function findWaterfalls(timeline: Timeline, places: Places): Found<Waterfall>[] {
  const byId = new Map(
    timeline.operations.map((operation) => [`${operation.thread} ${operation.id}`, operation]),
  )
  const chains: Link[][] = []
  const endingWith = new Map<Operation, Link[]>()
  const pooled = besideOthers(timeline.operations)
  for (const after of timeline.operations) {
    const link = linkOf(after, byId)
    // A loop that runs several times at once is a pool: so many at a time are wanted, and no more.
    if (link === undefined || (link.isLoop && (pooled.has(after) || pooled.has(link.before)))) continue
    const chain = endingWith.get(link.before) ?? []
    if (chain.length === 0) chains.push(chain)
    chain.push(link)
    endingWith.delete(link.before)
    endingWith.set(after, chain)
  }
  const found = chains.flatMap((chain) => describe(chain, places))
  return merged(found).toSorted((a, b) => b.finding.savesMs - a.finding.savesMs)
}

/** What overlapped with another of the same line. */
function besideOthers(operations: readonly Operation[]): Set<Operation> {
  const found = new Set<Operation>()
  const longest = new Map<string, Operation>()
  for (const operation of operations) {
    const frame = callFrame(operation)
    if (frame === undefined) continue
    const place = `${operation.thread} ${frame.file}:${frame.line}:${frame.column}`
    const other = longest.get(place)
    if (other !== undefined && other.end > operation.start) found.add(operation).add(other)
    if (other === undefined || operation.end > other.end) longest.set(place, operation)
  }
  return found
}

function linkOf(after: Operation, byId: ReadonlyMap<string, Operation>): Link | undefined {
  if (!isGet(after)) return undefined
  for (const id of after.independentOf?.toReversed() ?? []) {
    const before = byId.get(`${after.thread} ${id}`)
    if (before === undefined || !isGet(before) || before.root !== after.root) continue
    if (before.end > after.start || pathOf(before) === pathOf(after)) continue
    // What is brought before a fan-out is for its branches: that is how it should be.
    if (fanOutsOf(before) !== fanOutsOf(after)) continue
    if (after.start - before.end > Math.max(25, durationOf(before) / 4)) continue
    const step = stepOf(before, after)
    if (step !== undefined) return { before, after, ...step }
  }
  return undefined
}

function isGet({ http, complete }: Operation): boolean {
  return complete && http?.method === 'GET' && http.status >= 200 && http.status < 300
}

function fanOutsOf({ memberships }: Operation): string {
  return memberships.map(({ fanOut }) => fanOut.id).join()
}

/** Without the query. */
function pathOf({ resource }: Operation): string {
  return resource.split('?', 1)[0] ?? ''
}

/**
 * Where two stacks part, from the outside in: one function at two of its lines is a sequence; the same lines
 * throughout are a loop. Different branches of one fan-out only look like it.
 */
function stepOf(before: Operation, after: Operation): { at: Frame; isLoop: boolean } | undefined {
  if (
    before.branches.length > 0 &&
    before.branches.join() !== after.branches.join() &&
    after.branches.length === before.branches.length
  )
    return undefined
  const a = before.frames.toReversed()
  const b = after.frames.toReversed()
  for (let place = 0; place < Math.min(a.length, b.length); place += 1) {
    const one = a[place] as Frame
    const other = b[place] as Frame
    if (one.joins !== other.joins) return undefined
    if (one.file === other.file && one.line === other.line && one.column === other.column) continue
    // The first call of a branch is made before there is a fan-out, and the next one in it.
    if (a[place + 1]?.joins !== b[place + 1]?.joins) return undefined
    return one.file === other.file && one.name === other.name && one.joins === undefined
      ? { at: other, isLoop: false }
      : undefined
  }
  const at = callFrame(after)
  return at === undefined || a.length !== b.length ? undefined : { at, isLoop: true }
}

function describe(chain: readonly Link[], places: Places): Found<Waterfall>[] {
  const [first] = chain
  if (first === undefined) return []
  // Two of a loop are chance: a first page, then its neighbour.
  if (first.isLoop && chain.length < 2) return []
  const operations = [first.before, ...chain.map(({ after }) => after)]
  const durations = operations.map(durationOf)
  const savesMs = durations.reduce((sum, ms) => sum + ms, 0) - Math.max(...durations)
  if (savesMs < savesAtLeastMs) return []
  const resources = [...new Set([operations[0]?.resource ?? '', operations.at(-1)?.resource ?? ''])]
  return [
    {
      finding: { resources, count: operations.length, savesMs: rounded(savesMs), at: places.at(first.at) },
      operations,
    },
  ]
}

/** The same lines in several branches are one finding: the branches ran side by side, so the longest counts. */
function merged(found: readonly Found<Waterfall>[]): Found<Waterfall>[] {
  const byPlace = new Map<string, Found<Waterfall>>()
  for (const one of found) {
    const known = byPlace.get(one.finding.at)
    if (known === undefined) byPlace.set(one.finding.at, one)
    else {
      known.operations.push(...one.operations)
      known.finding.savesMs = Math.max(known.finding.savesMs, one.finding.savesMs)
    }
  }
  return [...byPlace.values()]
}

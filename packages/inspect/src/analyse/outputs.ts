import type { SharedOutput } from '../report/report.ts'
import type { Found } from './duplicates.ts'
import type { Places } from './places.ts'
import { callFrame } from './places.ts'
import type { Operation, Timeline } from './timeline.ts'

/** Files that several branches wrote, or one wrote while another read; and URLs that several put at a time. */
export function findSharedOutputs(timeline: Timeline, places: Places): Found<SharedOutput>[] {
  const byKey = new Map<string, Operation[]>()
  for (const operation of timeline.operations) {
    if (!operation.complete || !(isWrite(operation) || operation.kind === 'read')) continue
    const key = `${operation.kind === 'fetch' ? 'url' : 'file'} ${operation.key}`
    const known = byKey.get(key)
    if (known === undefined) byKey.set(key, [operation])
    else known.push(operation)
  }
  const found: Found<SharedOutput>[] = []
  for (const operations of byKey.values()) {
    if (!operations.some(isWrite)) continue
    const writers = meetings(
      operations.filter(isWrite),
      (a, b) => overlap(a, b) || isLostWrite(a, b, operations),
    )
    if (writers.length > 0) found.push(describe('write-write', writers, places))
    const mixed = meetings(operations, (a, b) => isWrite(a) !== isWrite(b) && overlap(a, b))
    if (mixed.length > 0 && writers.length === 0) found.push(describe('read-write', mixed, places))
  }
  return found
}

/** Additions to a log may meet, and a file that is put in place whole is what to do. */
function isWrite(operation: Operation): boolean {
  if (operation.kind === 'write') return operation.mode === 'overwrite'
  return operation.kind === 'fetch' && operation.http?.method === 'PUT' && operation.http.status < 300
}

const compared = 200

/** All pieces of work that met another. */
function meetings(
  operations: readonly Operation[],
  meet: (a: Operation, b: Operation) => boolean,
): Operation[] {
  const met = new Set<Operation>()
  for (const [index, a] of operations.entries())
    for (const b of operations.slice(index + 1, index + compared)) {
      if (!meet(a, b)) continue
      met.add(a)
      met.add(b)
    }
  return [...met].toSorted((a, b) => a.start - b.start)
}

function overlap(a: Operation, b: Operation): boolean {
  // What runs synchronously in one thread cannot meet, whatever the clock's grain.
  return a.root === b.root && a.start < b.end && b.start < a.end && !(a.end === a.start || b.end === b.start)
}

/**
 * Two branches of one fan-out wrote different things, one after the other, and the later had not read what the
 * earlier wrote: which of them stays is chance. Branches that take turns read first, and are no finding.
 */
function isLostWrite(a: Operation, b: Operation, operations: readonly Operation[]): boolean {
  if (a.kind !== 'write' || (a.hash !== '' && a.hash === b.hash) || a.root !== b.root) return false
  const shared = a.memberships.find(
    ({ fanOut, index }) =>
      index !== undefined &&
      b.memberships.some(
        (other) => other.fanOut === fanOut && other.index !== undefined && other.index !== index,
      ),
  )
  if (shared === undefined) return false
  const [earlier, later] = a.end <= b.start ? [a, b] : [b, a]
  return !operations.some(
    (operation) =>
      operation.kind === 'read' && operation.start >= earlier.end && operation.end <= later.start,
  )
}

function describe(kind: SharedOutput['kind'], operations: Operation[], places: Places): Found<SharedOutput> {
  const [first] = operations
  const calls = [
    ...new Set(operations.map((operation) => places.at(callFrame(operation))).filter((at) => at !== '')),
  ]
  const fanOut = operations.find(({ memberships }) => memberships.length > 0)?.memberships[0]?.fanOut
  return {
    finding: {
      kind,
      resource: first?.resource ?? '',
      count: operations.length,
      at: places.at(fanOut?.frames.find(({ joins }) => joins === undefined)) || calls[0] || '',
      calls,
    },
    operations,
  }
}

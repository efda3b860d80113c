import type { SharedResource } from '../report/report.ts'
import { durationOf, rounded } from './duplicates.ts'
import type { Places } from './places.ts'
import { callFrame } from './places.ts'
import type { FanOut, Operation, Timeline } from './timeline.ts'

/** Below these, waiting is not worth a word. */
const waitedAtLeastMs = 50
const blockedAtLeastMs = 100

/** What branches queued for: connections, a server, a limit, the threads of the pool, the event loop. */
export function findSharedResources(timeline: Timeline, places: Places): SharedResource[] {
  return [
    ...findOrigins(timeline, places),
    ...findThreadPools(timeline, places),
    ...findBlockedFanOuts(timeline, places),
  ].toSorted((a, b) => b.waitedMs - a.waitedMs)
}

function findOrigins(timeline: Timeline, places: Places): SharedResource[] {
  const byOrigin = new Map<string, Operation[]>()
  for (const operation of timeline.operations) {
    if (operation.http === undefined) continue
    const known = byOrigin.get(operation.http.origin)
    if (known === undefined) byOrigin.set(operation.http.origin, [operation])
    else known.push(operation)
  }
  const found: SharedResource[] = []
  for (const [origin, operations] of byOrigin) {
    const limited = operations.filter(({ http }) => http?.status === 429)
    if (limited.length > 0)
      found.push(
        describe('rate-limit', origin, limited, maxAtOnce(operations), allowed(operations), 0, places),
      )
    const queue = connectionQueue(origin, operations, places)
    const server =
      queue === undefined && limited.length === 0 ? serverQueue(origin, operations, places) : undefined
    if (queue !== undefined) found.push(queue)
    if (server !== undefined) found.push(server)
  }
  return found
}

/** How many were under way when none was refused. */
function allowed(operations: readonly Operation[]): number {
  return maxAtOnce(operations.filter(({ http }) => http !== undefined && http.status < 400))
}

/** Requests that waited until others gave their connection back. */
function connectionQueue(
  origin: string,
  operations: readonly Operation[],
  places: Places,
): SharedResource | undefined {
  const waited = operations.filter((operation) => {
    const queuedMs = operation.http?.queuedMs ?? 0
    const sentAt = operation.start + queuedMs
    // It began to be sent as another ended: not the time that opening a connection takes.
    return (
      queuedMs > 10 &&
      operations.some(
        (other) =>
          other !== operation &&
          other.end <= sentAt + 2 &&
          other.end >= sentAt - 10 &&
          other.start <= operation.start,
      )
    )
  })
  const waitedMs = waited.reduce((sum, { http }) => sum + (http?.queuedMs ?? 0), 0)
  if (waited.length < 2 || waitedMs < waitedAtLeastMs) return undefined
  const sent = operations.map((operation) => ({
    ...operation,
    start: operation.start + (operation.http?.queuedMs ?? 0),
  }))
  const connections = maxAtOnce(sent)
  if (connections >= maxAtOnce(operations)) return undefined
  return describe('connections', origin, waited, maxAtOnce(operations), connections, waitedMs, places)
}

/**
 * Requests that were sent together and answered in waves: the first k after d, the next k after 2 d and so on. Then
 * the server does k at a time, and more at once wait there. Other differences in time say nothing of a queue.
 */
function serverQueue(
  origin: string,
  operations: readonly Operation[],
  places: Places,
): SharedResource | undefined {
  const byFanOut = new Map<FanOut, Operation[]>()
  for (const operation of operations) {
    const fanOut = operation.memberships[0]?.fanOut
    if (fanOut === undefined || !operation.complete) continue
    byFanOut.set(fanOut, [...(byFanOut.get(fanOut) ?? []), operation])
  }
  for (const group of byFanOut.values()) {
    const together = group.filter(({ start }) => start - (group[0]?.start ?? 0) < 20)
    const served = waves(together.map(durationOf).toSorted((a, b) => a - b))
    if (served === undefined) continue
    const shortest = Math.min(...together.map(durationOf))
    const waitedMs = together.reduce((sum, operation) => sum + durationOf(operation) - shortest, 0)
    if (waitedMs >= 2 * waitedAtLeastMs)
      return describe('server', origin, together, together.length, served, waitedMs, places)
  }
  return undefined
}

/**
 * Of sorted times, how many a server answers at once; undefined when they are no waves. The first wave takes as long
 * as one answer, each later one as much again, within a third; fewer than three waves could be anything.
 * Exported for its test.
 */
export function waves(durations: readonly number[]): number | undefined {
  const [shortest] = durations
  const longest = durations.at(-1)
  if (shortest === undefined || longest === undefined || shortest < 5) return undefined
  for (let size = 1; size <= durations.length / 3 + 0.5; size += 1) {
    const count = Math.ceil(durations.length / size)
    if (count < 3 || durations.length < 4) break
    const stepMs = (longest - shortest) / (count - 1)
    if (stepMs < 10 || stepMs > shortest * 1.3) continue
    const isWave = durations.every(
      (ms, index) => Math.abs(ms - shortest - stepMs * Math.floor(index / size)) < stepMs / 3,
    )
    if (isWave) return size
  }
  return undefined
}

const poolKinds = new Set(['read', 'write', 'decode', 'pool'])

/** More at once than the pool has threads, and each worth waiting for. */
function findThreadPools(timeline: Timeline, places: Places): SharedResource[] {
  const byThread = new Map<string, Operation[]>()
  for (const operation of timeline.operations) {
    if (!poolKinds.has(operation.kind) || durationOf(operation) < 10) continue
    byThread.set(operation.thread, [...(byThread.get(operation.thread) ?? []), operation])
  }
  const found: SharedResource[] = []
  for (const operations of byThread.values()) {
    const size = timeline.processes[0]?.poolSize ?? 4
    const group = operations.filter(({ memberships, kind }) => memberships.length > 0 && kind === 'pool')
    const atOnce = maxAtOnce(group)
    if (atOnce <= size) continue
    const durations = group.map(durationOf)
    const shortest = Math.min(...durations)
    const waitedMs = durations.reduce((sum, ms) => sum + ms - shortest, 0)
    if (Math.max(...durations) < 1.5 * shortest || waitedMs < 2 * waitedAtLeastMs) continue
    found.push(
      describe(
        'thread-pool',
        `the pool of ${size} threads (UV_THREADPOOL_SIZE)`,
        group,
        atOnce,
        size,
        waitedMs,
        places,
      ),
    )
  }
  return found
}

/** Fan-outs during most of which the event loop stood still: their branches ran one after another. */
function findBlockedFanOuts(timeline: Timeline, places: Places): SharedResource[] {
  const found = new Map<string, SharedResource>()
  for (const fanOut of timeline.fanOuts) {
    const { end } = fanOut
    if (end === undefined || end - fanOut.start < blockedAtLeastMs) continue
    const blocked = timeline.blocks
      .filter(({ thread }) => thread === fanOut.thread)
      .reduce(
        (sum, block) => sum + Math.max(0, Math.min(block.end, end) - Math.max(block.start, fanOut.start)),
        0,
      )
    const at = places.at(fanOut.frames.find(({ joins }) => joins === undefined))
    if (blocked < blockedAtLeastMs || blocked < (end - fanOut.start) / 2 || found.has(at)) continue
    found.set(at, {
      kind: 'event-loop',
      resource: 'the event loop',
      count: fanOut.branches,
      concurrency: fanOut.branches,
      helpsUpTo: 1,
      waitedMs: rounded(blocked),
      at,
    })
  }
  return [...found.values()]
}

function describe(
  kind: SharedResource['kind'],
  resource: string,
  operations: readonly Operation[],
  concurrency: number,
  helpsUpTo: number,
  waitedMs: number,
  places: Places,
): SharedResource {
  const fanOut = operations.find(({ memberships }) => memberships.length > 0)?.memberships[0]?.fanOut
  const [first] = operations
  return {
    kind,
    resource,
    count: operations.length,
    concurrency,
    helpsUpTo,
    waitedMs: rounded(waitedMs),
    at:
      places.at(fanOut?.frames.find(({ joins }) => joins === undefined)) ||
      (first === undefined ? '' : places.at(callFrame(first))),
  }
}

/** The most that overlap. */
function maxAtOnce(operations: readonly { start: number; end: number }[]): number {
  const changes = operations.flatMap(
    ({ start, end }) =>
      [
        [start, 1],
        [end, -1],
      ] as [number, number][],
  )
  changes.sort(([timeA, changeA], [timeB, changeB]) => timeA - timeB || changeA - changeB)
  let now = 0
  let most = 0
  for (const [, change] of changes) {
    now += change
    most = Math.max(most, now)
  }
  return most
}

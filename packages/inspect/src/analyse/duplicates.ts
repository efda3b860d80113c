import type { Duplicate } from '../report/report.ts'
import type { Places } from './places.ts'
import { callFrame, hoistName } from './places.ts'
import { siblingGroups } from './siblings.ts'
import type { Operation, Timeline } from './timeline.ts'

/** Below these sizes repeats are not worth a word, or equal by chance. */
export const thresholds = {
  /** Files smaller than this: configuration and the like. */
  readBytes: 4096,
  /** Answers of different URLs: `[]` and `{"ok":true}` are equal everywhere. */
  aliasBytes: 1024,
  /** Answers to different processes, which share no memory. */
  processBytes: 4096,
} as const

/** A finding with the work it was found in. */
export interface Found<T> {
  finding: T
  operations: Operation[]
}

/** Inputs that were brought more than once side by side, the dearest first. */
export function findDuplicates(timeline: Timeline, places: Places): Found<Duplicate>[] {
  const byContent = new Map<string, Operation[]>()
  const versions = new Map<string, number>()
  for (const operation of timeline.operations) {
    // What is read after a write is another thing than what was read before.
    if (operation.kind === 'write') versions.set(operation.key, (versions.get(operation.key) ?? 0) + 1)
    const key = contentKey(operation, versions.get(operation.key) ?? 0)
    if (key === undefined) continue
    const known = byContent.get(key)
    if (known === undefined) byContent.set(key, [operation])
    else known.push(operation)
  }
  const found: Found<Duplicate>[] = []
  for (const operations of byContent.values()) {
    if (operations.length < 2) continue
    for (const group of siblingGroups(operations, timeline.children)) {
      const isAcross = new Set(group.map(({ thread }) => thread)).size > 1
      if (isAcross && (group[0]?.bytes ?? 0) < thresholds.processBytes && group[0]?.kind === 'fetch') continue
      found.push({ finding: describe(group, places, isAcross ? timeline.children : []), operations: group })
    }
  }
  return found.toSorted(
    (a, b) => b.finding.wastedMs - a.finding.wastedMs || b.finding.repeatedMs - a.finding.repeatedMs,
  )
}

/** Equal for two pieces of work that brought the same; undefined for what is no input, or did not arrive whole. */
function contentKey(operation: Operation, version: number): string | undefined {
  if (!operation.complete) return undefined
  const { kind, key, hash, bytes, http, thread } = operation
  if (kind === 'fetch') {
    if (http === undefined || http.method !== 'GET' || http.status < 200 || http.status >= 300 || hash === '')
      return undefined
    const isAliased = bytes >= thresholds.aliasBytes && !http.busted
    return `fetch ${isAliased ? '' : key} ${hash} ${bytes} ${http.headersKey}`
  }
  // Each thread has its own memory; a file is read anew in each.
  if (kind === 'read')
    return bytes < thresholds.readBytes ? undefined : `read ${thread} ${key} ${version} ${bytes}`
  return kind === 'decode' ? `decode ${key} ${version}` : undefined
}

function describe(group: readonly Operation[], places: Places, children: Timeline['children']): Duplicate {
  const first = group[0] as Operation
  const durations = group.map(durationOf)
  const totalMs = durations.reduce((a, b) => a + b, 0)
  const fanOut =
    first.memberships[0]?.fanOut ??
    group.find(({ memberships }) => memberships.length > 0)?.memberships[0]?.fanOut
  const resources = [...new Set(group.map(({ resource }) => resource))]
  const calls = [
    ...new Set(group.map((operation) => places.at(callFrame(operation))).filter((at) => at !== '')),
  ]
  const kind = first.kind as Duplicate['kind']
  // No more can be spared than was repeated.
  const repeatedMs = totalMs - Math.max(...durations)
  const spared = (aloneMs: number): number =>
    rounded(Math.min(repeatedMs, Math.max(0, unionMs(group) - aloneMs)))
  const started = startOf(group, children, places)
  return {
    kind,
    resource: first.resource,
    count: group.length,
    bytes: group.reduce((sum, { bytes }) => sum + bytes, 0) - Math.max(...group.map(({ bytes }) => bytes)),
    wastedMs: spared(timeAloneMs(group)),
    at:
      started?.at ?? (places.at(fanOut?.frames.find(({ joins }) => joins === undefined)) || (calls[0] ?? '')),
    fanOut: started?.by ?? (fanOut === undefined ? '' : `Promise.${fanOut.joins}`),
    calls,
    hoist: hoistName(first, { fetch: 'fetch', read: 'read', decode: 'decode' }[kind]),
    criticalMs: rounded(criticalMs(group)),
    savesMs: spared(Math.min(...durations)),
    repeatedMs: rounded(repeatedMs),
    aliases: resources.slice(1, 6),
  }
}

/** The line that started the threads or processes which did the work; undefined when one did it all. */
function startOf(
  group: readonly Operation[],
  children: Timeline['children'],
  places: Places,
): { at: string; by: string } | undefined {
  const threads = new Set(group.map(({ thread }) => thread))
  const child = children.find(({ pid, worker }) => threads.has(`${pid}-${worker}`))
  const at = child === undefined ? '' : places.at(child.frames.find(({ joins }) => joins === undefined))
  return child === undefined || at === ''
    ? undefined
    : { at, by: child.worker === 0 ? 'spawn' : 'new Worker' }
}

/** The copy that ended last: the branch of it could not end before. */
function criticalMs(group: readonly Operation[]): number {
  return durationOf(group.reduce((last, operation) => (operation.end > last.end ? operation : last)))
}

/**
 * What one alone would have taken: the quickest of those there were, with its bytes on a line of its own. How long
 * the first byte takes does not depend on the others.
 */
function timeAloneMs(group: readonly Operation[]): number {
  const transfers = group.map(({ start, end, http }) => ({ start: start + (http?.firstByteMs ?? 0), end }))
  const busyMs = unionMs(transfers)
  const totalMs = transfers.reduce((sum, { start, end }) => sum + end - start, 0)
  const sharers = group[0]?.kind === 'fetch' && busyMs > 0 ? Math.max(1, totalMs / busyMs) : 1
  const waits = group.map(({ http }) => http?.firstByteMs ?? 0)
  return Math.min(...transfers.map(({ start, end }, index) => (waits[index] ?? 0) + (end - start) / sharers))
}

/** The time in which at least one was under way. */
export function unionMs(operations: readonly { start: number; end: number }[]): number {
  let total = 0
  let reached = -Infinity
  for (const { start, end } of operations.toSorted((a, b) => a.start - b.start)) {
    total += Math.max(0, end - Math.max(start, reached))
    reached = Math.max(reached, end)
  }
  return total
}

/** Milliseconds. */
export function durationOf(operation: Operation): number {
  return Math.max(0, operation.end - operation.start)
}

/** To a tenth of a millisecond. */
export function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}

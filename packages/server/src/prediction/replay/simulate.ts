import { dayMs } from '../usage-event.ts'
import type { PredictionKind } from '../usage-event.ts'
import type { Planner } from './planner.ts'
import { createWaits } from './waits.ts'
import type { Waits } from './waits.ts'
import type { Trace } from './trace.ts'

/** What one way of answering did over a trace. */
export interface SimulationResult {
  requests: number
  /** Requests by what they met. `late`: asked for while prediction still made it. */
  classes: Record<RequestClass, number>
  /** Requests answered by what prediction had made, each of them, since the last retirement. */
  prebuilt: number
  made: Tally
  byKind: Record<PredictionKind, Tally>
  /** Generations that a request waited for. */
  demandGenerations: number
  waits: Waits
  /** Keys that were asked for the first time ever. */
  newKeys: number
}

export type RequestClass = 'hit' | 'pre-generated' | 'stale' | 'collapsed' | 'late' | 'miss'

/** Made ahead; of these used, late, or wasted. Those that the end of the trace left open are `open`. */
export interface Tally {
  made: number
  used: number
  late: number
  wasted: number
  open: number
}

export interface SimulationOptions {
  /** When all stored results are retired, in milliseconds since 1970: called with the day. */
  retiresOn: (day: number) => boolean
  /** How long an answer is fresh. */
  freshMs: number
  /** What is no longer fresh is served, and made again beside it. */
  servesStale: boolean
  /** How long a generation takes. */
  serviceMs: number
  planner: Planner | undefined
  /** Only requests and decisions from here on are counted; what is before is learned from. */
  countFromMs?: number
  countUntilMs?: number
}

/** The answer to a key, if there is one. */
interface Answer {
  readyMs: number
  /** Made ahead, and in the counted time. */
  ahead: { kind: PredictionKind; isCounted: boolean; isUsed: boolean } | undefined
}

/** Runs a trace through a virtual clock. Nothing here looks ahead but the oracle's planner, which was shown the trace. */
export function simulate(trace: Trace, options: SimulationOptions): SimulationResult {
  const { planner, freshMs, serviceMs, servesStale } = options
  const countFromMs = options.countFromMs ?? Number.NEGATIVE_INFINITY
  const countUntilMs = options.countUntilMs ?? Number.POSITIVE_INFINITY
  const result = emptyResult()
  const answers = new Map<string, Map<string, Answer>>()
  const everAsked = new Uint8Array(trace.keyCount)
  let day: number | undefined

  const answersOf = (scope: string): Map<string, Answer> => {
    let inScope = answers.get(scope)
    if (inScope === undefined) answers.set(scope, (inScope = new Map()))
    return inScope
  }
  const count = (ahead: Answer['ahead'], outcome: 'used' | 'late' | 'wasted' | 'open'): void => {
    if (ahead === undefined || !ahead.isCounted || ahead.isUsed) return
    ahead.isUsed = true
    result.made[outcome]++
    result.byKind[ahead.kind][outcome]++
  }
  const plan = (nowMs: number): void => {
    if (planner === undefined) return
    for (const { key, scope, kind, heldOut } of planner.decide(nowMs)) {
      if (heldOut) continue
      const isCounted = nowMs >= countFromMs && nowMs < countUntilMs
      const inScope = answersOf(scope)
      count(inScope.get(key)?.ahead, 'wasted')
      inScope.set(key, { readyMs: nowMs + serviceMs, ahead: { kind, isCounted, isUsed: false } })
      if (isCounted) {
        result.made.made++
        result.byKind[kind].made++
      }
      planner.observe({ type: 'made', atMs: nowMs, scope, key })
    }
  }
  const retire = (atMs: number): void => {
    for (const [scope, inScope] of answers) {
      for (const { ahead } of inScope.values()) count(ahead, 'wasted')
      inScope.clear()
      planner?.observe({ type: 'retired', atMs, scope, keys: 'all' })
    }
    plan(atMs)
  }
  const meet = (
    answer: Answer | undefined,
    atMs: number,
  ): { cls: RequestClass; waitMs: number; makes: boolean } => {
    if (answer === undefined) return { cls: 'miss', waitMs: serviceMs, makes: true }
    const isAhead = answer.ahead !== undefined
    if (atMs < answer.readyMs)
      return { cls: isAhead ? 'late' : 'collapsed', waitMs: answer.readyMs - atMs, makes: false }
    if (atMs - answer.readyMs < freshMs)
      return { cls: isAhead ? 'pre-generated' : 'hit', waitMs: 0, makes: false }
    return servesStale
      ? { cls: 'stale', waitMs: 0, makes: true }
      : { cls: 'miss', waitMs: serviceMs, makes: true }
  }

  for (let index = 0; index < trace.count; index++) {
    const event = trace.event(index)
    const today = Math.floor(event.atMs / dayMs)
    if (day !== undefined && today > day)
      for (let next = day + 1; next <= today; next++) if (options.retiresOn(next)) retire(next * dayMs)
    day = today
    const isCounted = event.atMs >= countFromMs && event.atMs < countUntilMs
    const inScope = answersOf(event.scope)
    const answer = inScope.get(event.key)
    const { cls, waitMs, makes } = meet(answer, event.atMs)
    if (answer?.ahead !== undefined) count(answer.ahead, cls === 'late' ? 'late' : 'used')
    if (isCounted) {
      result.requests++
      result.classes[cls]++
      if (answer?.ahead !== undefined) result.prebuilt++
      result.waits.add(waitMs)
      if (makes) result.demandGenerations++
      if (everAsked[trace.keyNumber(index)] === 0) result.newKeys++
    }
    everAsked[trace.keyNumber(index)] = 1
    if (makes) {
      // What is served stale is replaced when the new one is ready, and answers meanwhile.
      const readyMs = cls === 'stale' ? event.atMs : event.atMs + serviceMs
      inScope.set(event.key, { readyMs, ahead: undefined })
    }
    planner?.observe({ type: 'asked', ...event })
    plan(event.atMs)
  }
  for (const inScope of answers.values()) for (const { ahead } of inScope.values()) count(ahead, 'open')
  return result
}

function emptyResult(): SimulationResult {
  const tally = (): Tally => ({ made: 0, used: 0, late: 0, wasted: 0, open: 0 })
  return {
    requests: 0,
    classes: { hit: 0, 'pre-generated': 0, stale: 0, collapsed: 0, late: 0, miss: 0 },
    prebuilt: 0,
    made: tally(),
    byKind: { rewarm: tally(), sibling: tally(), 'new-item': tally() },
    demandGenerations: 0,
    waits: createWaits(),
    newKeys: 0,
  }
}

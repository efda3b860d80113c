import type { PolicySettings } from './settings.ts'
import { topOf } from './top.ts'
import { dayMs } from './usage-event.ts'
import type { UsageEvent } from './usage-event.ts'

/** What is remembered of one key. */
export interface KnownKey {
  key: string
  family: string
  firstAtMs: number
  /** The day (since 1970) on which it was last asked for. */
  lastDay: number
  /** How often it was asked for, each ask weighted by `2^(time / half-life)`: it orders keys at any later time. */
  scaled: number
  /**
   * Each ask weighted by how late it came among all asks of the scope, and by how early: by the count of asks and not by
   * the clock, so that both rest on equally many however traffic grows. Where time does not matter, they are equally good.
   */
  late: number
  early: number
  /** There is an answer to it that was not retired. */
  present: boolean
  /** When a decision about it was taken that nothing has answered yet. */
  plannedAtMs: number | undefined
  /** A retirement waits for its re-warming. */
  retiredAtMs: number | undefined
}

/** The keys that one scope was asked for. */
export interface KnownKeys {
  readonly all: ReadonlyMap<string, KnownKey>
  /** Every key once, in the order of their first ask: to draw from. */
  readonly list: readonly KnownKey[]
  ask(event: UsageEvent): { known: KnownKey; isNew: boolean }
  /** How often it was asked for, weighted with the half-life. */
  decayed(known: KnownKey, nowMs: number): number
  /** Exact, today and the 14 days before. */
  recently(key: string): number
  /** Distinct keys of the day before today. */
  readonly distinctYesterday: number
  /** Keys asked for on the current day. */
  readonly today: ReadonlyMap<string, number>
  /** This morning's most asked for, best first, so far down as it is kept; a key's place in it is `rankOf`. */
  readonly ranking: readonly KnownKey[]
  rankOf(known: KnownKey): number | undefined
  /** Nothing was asked for on this weekday for three weeks: a shop's Saturday. */
  isQuiet(day: number): boolean
  /** Begins a day: the counts of older ones move on, and forgets the least asked above the bound. */
  turn(day: number): void
}

const exactDays = 14
const rankedKeys = 4096
/** Over so many asks a weight halves; less would be noise for a handful of keys. */
const leastAsksPerHalf = 2000
/** The first days say how many asks there are; they are not weighted. */
const countedDays = 7

export function createKnownKeys(settings: PolicySettings): KnownKeys {
  const all = new Map<string, KnownKey>()
  let list: KnownKey[] = []
  let ranking: KnownKey[] = []
  let ranks = new Map<KnownKey, number>()
  /** Days with requests, of the last weeks. */
  let activeDays: number[] = []
  /** Asks since the weights were last rebased, and over how many a weight halves. */
  let asks = 0
  let asksPerHalf = leastAsksPerHalf
  let rebased = 0
  let isWeighting = false
  const rebase = (): void => {
    // 2^500 is far from what a number holds, and 2^-500 from nothing: only the order matters.
    for (const known of list) known.late *= 2 ** -(asks / asksPerHalf)
    rebased += asks
    asks = 0
  }
  let originMs: number | undefined
  let today = new Map<string, number>()
  let currentDay: number | undefined
  const before: { day: number; counts: ReadonlyMap<string, number> }[] = []
  const weightAt = (atMs: number): number => 2 ** ((atMs - (originMs ?? atMs)) / settings.halfLifeMs)
  return {
    all,
    get list() {
      return list
    },
    get ranking() {
      return ranking
    },
    rankOf: (known) => ranks.get(known),
    get today() {
      return today
    },
    get distinctYesterday() {
      return before.at(-1)?.counts.size ?? 0
    },
    ask(event) {
      originMs ??= event.atMs
      let known = all.get(event.key)
      const isNew = known === undefined
      if (known === undefined) {
        known = {
          key: event.key,
          family: event.family,
          firstAtMs: event.atMs,
          lastDay: 0,
          scaled: 0,
          late: 0,
          early: 0,
          present: false,
          plannedAtMs: undefined,
          retiredAtMs: undefined,
        }
        all.set(event.key, known)
        list.push(known)
      }
      known.scaled += weightAt(event.atMs)
      if (isWeighting) {
        known.late += 2 ** (asks / asksPerHalf)
        known.early += 2 ** (-(rebased + asks) / asksPerHalf)
      }
      if (++asks > 500 * asksPerHalf && isWeighting) rebase()
      known.lastDay = Math.floor(event.atMs / dayMs)
      today.set(event.key, (today.get(event.key) ?? 0) + 1)
      return { known, isNew }
    },
    decayed: (known, nowMs) => known.scaled / weightAt(nowMs),
    recently: (key) => before.reduce((sum, { counts }) => sum + (counts.get(key) ?? 0), today.get(key) ?? 0),
    isQuiet(day) {
      const firstDay = Math.floor((originMs ?? Number.POSITIVE_INFINITY) / dayMs)
      return [7, 14, 21].every((ago) => day - ago >= firstDay && !activeDays.includes(day - ago))
    },
    turn(day) {
      if (currentDay !== undefined && today.size > 0) activeDays.push(currentDay)
      activeDays = activeDays.filter((active) => active >= day - 22)
      if (currentDay !== undefined && today.size > 0) before.push({ day: currentDay, counts: today })
      while (before[0] !== undefined && before[0].day < day - exactDays) before.shift()
      if (!isWeighting && originMs !== undefined && day - Math.floor(originMs / dayMs) >= countedDays) {
        isWeighting = true
        asksPerHalf = Math.max(leastAsksPerHalf, asks)
        asks = 0
      }
      currentDay = day
      today = new Map()
      ranking = topOf(list, rankedKeys, (known) => known.scaled)
      ranks = new Map(ranking.map((known, rank) => [known, rank]))
      if (list.length <= settings.maxKeysPerScope) return
      const kept = new Set(topOf(list, Math.floor(settings.maxKeysPerScope * 0.9), (known) => known.scaled))
      for (const known of list) if (!kept.has(known)) all.delete(known.key)
      list = list.filter((known) => kept.has(known))
    },
  }
}

import { describe, expect, it } from 'vitest'
import { createDraw } from './draw.ts'
import { controlTraces } from './replay/controls.ts'
import { spentShare } from './replay/definitions.ts'
import { decisionsOf } from './testing/decisions-of.ts'
import { seasonalEvents, traceOf } from './testing/seasonal-trace.ts'
import type { UsageEvent } from './usage-event.ts'
import { dayMs } from './usage-event.ts'

const seeds = [1, 2, 3]
const shop = { days: 90, perDay: 160 }

describe('the policy', () => {
  it('acts where time matters', () => {
    const decisions = decisionsOf(seasonalEvents({ ...shop, seed: 1 }))
    expect(decisions.filter(({ kind }) => kind === 'rewarm').length).toBeGreaterThan(100)
    expect(decisions.filter(({ kind }) => kind === 'sibling').length).toBeGreaterThan(100)
    expect(decisions.find(({ kind }) => kind === 'rewarm')?.reason).toMatch(
      /^asked \d+ times? in 14 days, purged just now$/u,
    )
  })

  it('deliberately leaves out about as many candidates as it is told', () => {
    const decisions = decisionsOf(seasonalEvents({ ...shop, seed: 1 }))
    const share = decisions.filter(({ heldOut }) => heldOut).length / decisions.length
    expect(share).toBeGreaterThan(0.02)
    expect(share).toBeLessThan(0.09)
  })

  it.each(seeds)('decides nothing by what has not happened yet (seed %i)', (seed) => {
    const events = seasonalEvents({ ...shop, seed })
    const cut = Math.floor(events.length * 0.7)
    const cutMs = events[cut]?.atMs ?? 0
    const before = (all: readonly UsageEvent[]): string =>
      JSON.stringify(decisionsOf(all).filter(({ atMs }) => atMs < cutMs))
    const expected = before(events)
    expect(expected.length).toBeGreaterThan(10_000)
    expect(before(scrambledAfter(events, cutMs, seed)) === expected).toBe(true)
    expect(before(events.filter(({ atMs }) => atMs < cutMs)) === expected).toBe(true)
  })

  it.each(seeds)('never makes a key that nothing led to (seed %i)', (seed) => {
    const draw = createDraw(seed)
    const events = seasonalEvents({ ...shop, seed }).flatMap((event, index) => {
      const canary = `canary-${Math.floor(draw('canary', index) * 2 ** 32).toString(36)}`
      return draw('place', index) < 0.02 ? [event, { ...event, key: canary }] : [event]
    })
    const firstAsk = new Map<string, number>()
    for (const { key, atMs } of events) if (!firstAsk.has(key)) firstAsk.set(key, atMs)
    const canaries = decisionsOf(events).filter(({ key }) => key.startsWith('canary-'))
    expect(firstAsk.size).toBeGreaterThan(800)
    expect(
      canaries.filter(({ key, atMs }) => atMs < (firstAsk.get(key) ?? Number.POSITIVE_INFINITY)),
    ).toEqual([])
  })

  it.each(seeds.flatMap((seed) => Object.keys(controlTraces).map((name) => ({ seed, name }))))(
    'spends less than 1 % of its budget on a $name trace (seed $seed)',
    ({ seed, name }) => {
      const trace = traceOf(seasonalEvents({ ...shop, seed }))
      const make = controlTraces[name as keyof typeof controlTraces]
      const { budget, spentShare: share } = spentShare(make(trace, seed), seed)
      expect(budget).toBeGreaterThan(40)
      expect(share).toBeLessThan(0.01)
      // The same measure on the trace itself is not small: the guard can fail.
      expect(spentShare(trace, seed).spentShare).toBeGreaterThan(0.2)
    },
  )

  it('gives the same decisions for the same events', () => {
    const events = seasonalEvents({ ...shop, seed: 4 })
    expect(JSON.stringify(decisionsOf(events)) === JSON.stringify(decisionsOf(events))).toBe(true)
  })
})

/** The same times from then on, with the keys of other requests and of none. */
function scrambledAfter(events: readonly UsageEvent[], cutMs: number, seed: number): UsageEvent[] {
  const draw = createDraw(seed + 100)
  const later = events.filter(({ atMs }) => atMs >= cutMs)
  return events
    .map((event, index) => {
      if (event.atMs < cutMs) return event
      const other = later[Math.floor(draw('other', index) * later.length)]
      return draw('strange', index) < 0.1
        ? { ...event, key: `9${index % 10_000}X` }
        : { ...event, key: other?.key ?? event.key, atMs: event.atMs + (index % 3) * dayMs }
    })
    .toSorted((a, b) => a.atMs - b.atMs)
}

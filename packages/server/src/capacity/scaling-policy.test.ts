import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../test/torture/random.ts'
import type { ScalingEvent } from './scaling-event.ts'
import type { ScalingDecision, ScalingOptions } from './scaling-policy.ts'
import { createScalingPolicy } from './scaling-policy.ts'

const startMs = Date.UTC(2026, 0, 5)
const hourMs = 3_600_000
const stepMs = 10_000

interface Played {
  atMs: number
  decision: ScalingDecision
}

/** Requests by their times; each is served for 30 s by a pool that obeys after a worker's start. */
function play(
  arrivalsMs: readonly number[],
  untilMs: number,
  options: Partial<ScalingOptions> = {},
  clock: (realMs: number) => number = (realMs) => realMs,
): Played[] {
  const policy = createScalingPolicy(options)
  const tell = (realMs: number, event: ScalingEvent): void =>
    policy.observe({ ...event, atMs: clock(realMs) })
  const played: Played[] = []
  let idleSinceMs: number[] = []
  let startingMs: number[] = []
  let busyUntilMs: number[] = []
  let line: number[] = []
  let next = 0
  for (let nowMs = startMs; nowMs < untilMs; nowMs += stepMs) {
    idleSinceMs.push(
      ...startingMs.filter((atMs) => atMs <= nowMs),
      ...busyUntilMs.filter((atMs) => atMs <= nowMs),
    )
    for (const atMs of busyUntilMs.filter((until) => until <= nowMs)) {
      tell(atMs, { type: 'served', atMs, model: 'm', busyMs: 30_000 })
    }
    startingMs = startingMs.filter((atMs) => atMs > nowMs)
    busyUntilMs = busyUntilMs.filter((atMs) => atMs > nowMs)
    for (; (arrivalsMs[next] ?? Infinity) <= nowMs; next += 1) {
      tell(nowMs, { type: 'arrived', atMs: nowMs, model: 'm' })
      line.push(arrivalsMs[next] ?? nowMs)
    }
    const begun = line.slice(0, idleSinceMs.length)
    line = line.slice(begun.length)
    idleSinceMs = idleSinceMs.slice(0, idleSinceMs.length - begun.length)
    for (const atMs of begun) {
      tell(nowMs, { type: 'started', atMs: nowMs, model: 'm', waitMs: nowMs - atMs })
      busyUntilMs.push(nowMs + 30_000)
    }
    tell(nowMs, {
      type: 'pool',
      atMs: nowMs,
      queued: line.length,
      busy: busyUntilMs.length,
      starting: startingMs.length,
      idleForMs: idleSinceMs.map((sinceMs) => nowMs - sinceMs),
    })
    const decision = policy.decide(clock(nowMs))
    played.push({ atMs: nowMs, decision })
    let missing = decision.desired - idleSinceMs.length - startingMs.length - busyUntilMs.length
    for (; missing > 0; missing -= 1) startingMs.push(nowMs + 150_000)
    for (; missing < 0 && startingMs.length > 0; missing += 1) startingMs.pop()
    for (; missing < 0 && idleSinceMs.length > 0; missing += 1) idleSinceMs.shift()
  }
  return played
}

/** Evenly, `perMinute` a minute, changed by the time of day where `daily`. */
function arrivals(hours: number, perMinute: number, daily = false, seed = 1): number[] {
  const random = createRandom(seed)
  const times: number[] = []
  for (let minute = 0; minute < hours * 60; minute += 1) {
    const wave = daily ? 1 + 0.9 * Math.sin((minute / 1440) * 2 * Math.PI) : 1
    const count = Math.floor(perMinute * wave + random.next())
    for (let each = 0; each < count; each += 1) times.push(startMs + minute * 60_000 + random.next() * 60_000)
  }
  return times.toSorted((a, b) => a - b)
}

const changes = (played: readonly Played[]): number =>
  played.filter(
    ({ decision }, index) => index > 0 && decision.desired !== played[index - 1]?.decision.desired,
  ).length

describe('the scaling policy', () => {
  it('decides the same whatever comes later', () => {
    const hours = 34
    const cutMs = startMs + 30 * hourMs
    const known = arrivals(hours, 12, true)
    const scrambled = [
      ...known.filter((atMs) => atMs < cutMs),
      ...arrivals(hours, 40, false, 7).filter((atMs) => atMs >= cutMs),
    ]
    const before = (played: readonly Played[]): string =>
      JSON.stringify(played.filter(({ atMs }) => atMs < cutMs))
    const first = play(known, startMs + hours * hourMs)
    const second = play(scrambled, startMs + hours * hourMs)
    expect(before(second)).toBe(before(first))
    expect(JSON.stringify(second)).not.toBe(JSON.stringify(first))
  })

  it('scales once for a constant load', () => {
    // One every two seconds, 30 s each: fifteen at work, without chance.
    const constant = Array.from({ length: 30 * 1800 }, (_, index) => startMs + index * 2000)
    const played = play(constant, startMs + 30 * hourMs)
    const settled = played.filter(({ atMs }) => atMs >= startMs + hourMs)
    const final = settled.at(-1)?.decision
    expect(final?.desired).toBeGreaterThanOrEqual(15)
    expect(final?.desired).toBeLessThanOrEqual(19)
    // Once up at the beginning; once more where the forecast takes over from the keep-alive.
    expect(changes(settled)).toBeLessThanOrEqual(1)
  })

  it('scales to the floor in silence', () => {
    const busyHours = 30
    const load = arrivals(busyHours, 20)
    for (const floor of [0, 1, 2]) {
      const played = play(load, startMs + (busyHours + 3) * hourMs, { floor })
      expect(Math.max(...played.map(({ decision }) => decision.desired))).toBeGreaterThan(8)
      expect(played.at(-1)?.decision).toMatchObject({ desired: floor, chosen: 'floor' })
    }
  })

  it.each([
    ['ahead by a day and back', 24 * hourMs],
    ['back by a day and ahead', -24 * hourMs],
    ['ahead by five hours and back', 5 * hourMs],
  ])('is not harmed by a clock that jumps %s', (_, jumpMs) => {
    const hours = 50
    const load = arrivals(hours, 20)
    const jumpAtMs = startMs + 40 * hourMs
    const jumping = (realMs: number): number =>
      realMs >= jumpAtMs && realMs < jumpAtMs + hourMs ? realMs + jumpMs : realMs
    const plain = play(load, startMs + hours * hourMs)
    const jumped = play(load, startMs + hours * hourMs, {}, jumping)
    plain.forEach(({ decision }, index) => {
      const other = jumped[index]?.decision.desired ?? 0
      expect(Math.abs(other - decision.desired)).toBeLessThanOrEqual(3)
    })
  })

  it('uses the forecast only where its own error is small', () => {
    const smooth = play(arrivals(40, 20), startMs + 40 * hourMs)
    expect(smooth.at(-1)?.decision).toMatchObject({ trusted: true })
    // Where none is used, what would be wanted without one is what is wanted.
    const doubted = smooth.filter(({ decision }) => !decision.trusted)
    expect(doubted.length).toBeGreaterThan(0)
    for (const { decision } of doubted) expect(decision.withoutForecast).toBe(decision.desired)
    expect(smooth.some(({ decision }) => decision.withoutForecast !== decision.desired)).toBe(true)
    // A batch of forty every five hours: nothing of it can be foreseen by a level, a trend or a time of day.
    const bursts = Array.from(
      { length: 8 * 40 },
      (_, index) => startMs + (1 + Math.floor(index / 40) * 5) * hourMs,
    )
    const bursty = play(bursts, startMs + 40 * hourMs)
    expect(bursty.some(({ decision }) => decision.trusted)).toBe(false)
    expect(bursty.some(({ decision }) => decision.chosen === 'keep-alive')).toBe(true)
  })

  it('counts work that comes in between two decisions at one time', () => {
    // Batches of ten, a decision after each request: a level of 300 s of work a minute.
    const [once, often] = [createScalingPolicy(), createScalingPolicy()]
    for (let atMs = startMs; atMs < startMs + hourMs; atMs += 60_000) {
      for (let each = 0; each < 10; each += 1) {
        once.observe({ type: 'arrived', atMs, model: 'm' })
        often.observe({ type: 'arrived', atMs, model: 'm' })
        often.decide(atMs)
      }
      once.decide(atMs)
    }
    const endMs = startMs + hourMs
    expect(once.decide(endMs).load).toBeGreaterThan(4)
    expect(often.decide(endMs).load).toBeGreaterThan(4)
  })

  it('never wants more than the cap', () => {
    const played = play(arrivals(20, 40), startMs + 20 * hourMs, { maxWorkers: 5 })
    expect(Math.max(...played.map(({ decision }) => decision.desired))).toBe(5)
    expect(played.some(({ decision }) => decision.chosen === 'cap')).toBe(true)
  })

  it('wants a worker for one who waits, where there is none', () => {
    const policy = createScalingPolicy({ floor: 0 })
    expect(policy.decide(startMs).desired).toBe(0)
    policy.observe({ type: 'arrived', atMs: startMs, model: 'm' })
    policy.observe({ type: 'pool', atMs: startMs, queued: 1, busy: 0, starting: 0, idleForMs: [] })
    expect(policy.decide(startMs + 1000)).toMatchObject({
      desired: 1,
      chosen: 'backlog',
      models: [{ model: 'm', desired: 1 }],
    })
  })
})

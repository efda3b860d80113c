import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Flight, FlightsOptions, Ledger, Outcome, RunOptions, Unit, Work } from './index.ts'
import { createLedger } from './index.ts'

/** What the contract needs of an implementation. `createFlights<string>` has this shape. */
export interface FlightsSubject {
  run(
    unit: Unit,
    work: (flight: Flight) => Promise<Work<string>> | Work<string>,
    options?: RunOptions<string>,
  ): Promise<Outcome<string>>
  forget(unit: Unit): void
  readonly inFlight: number
}

/** What every implementation of flights promises. `keepsValues`: a later caller may be answered `cached`. */
export function flightsContract(
  name: string,
  create: (options: FlightsOptions) => FlightsSubject,
  { keepsValues }: { keepsValues: boolean },
): void {
  describe(`${name} keeps the contract of flights`, () => {
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown): unknown => unhandled.push(reason)
    beforeEach(() => {
      unhandled.length = 0
      process.on('unhandledRejection', onUnhandled)
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    })
    afterEach(async () => {
      vi.useRealTimers()
      await turn()
      process.off('unhandledRejection', onUnhandled)
      expect(unhandled).toEqual([])
    })
    sharing(create, keepsValues)
    errors(create)
    leaving(create, keepsValues)
    releasing(create)
    joining(create)
    staying(create, keepsValues)
  })
}

/** One turn of the event loop: every promise reaction that could run has run, and unhandled ones are reported. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export const unit: Unit = { kind: 'decode', key: 'k', domain: 'd' }

/** Work that counts its runs and that a test settles by hand, each run by its place. */
export interface HandWork {
  readonly count: number
  flight(index: number): Flight
  succeed(index: number, value: string, until?: Promise<unknown>): void
  fail(index: number, error: unknown): void
  work(this: void, flight: Flight): Promise<Work<string>>
}

/** See `HandWork`. */
export function handWork(): HandWork {
  const runs: (PromiseWithResolvers<Work<string>> & { flight: Flight })[] = []
  const at = (index: number) => {
    const run = runs[index]
    if (run === undefined) throw new Error(`there is no run ${index}, only ${runs.length}`)
    return run
  }
  return {
    get count() {
      return runs.length
    },
    flight: (index: number) => at(index).flight,
    succeed: (index: number, value: string, until?: Promise<unknown>) => at(index).resolve({ value, until }),
    fail: (index: number, error: unknown) => at(index).reject(error),
    work: (flight: Flight): Promise<Work<string>> => {
      const settle = Promise.withResolvers<Work<string>>()
      runs.push({ ...settle, flight })
      return settle.promise
    },
  }
}

type Create = (options: FlightsOptions) => FlightsSubject

function sharing(create: Create, keepsValues: boolean): void {
  test('a hundred concurrent callers share one run', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const asked = Array.from({ length: 100 }, () => flights.run(unit, hand.work))
    expect(hand.count).toBe(1)
    expect(hand.flight(0).callers).toBe(100)
    expect(flights.inFlight).toBe(1)
    hand.succeed(0, 'pixels')
    const outcomes = await Promise.all(asked)
    expect(outcomes.map(({ value }) => value)).toEqual(Array.from({ length: 100 }, () => 'pixels'))
    expect(outcomes.map(({ how }) => how)).toEqual(['ran', ...Array.from({ length: 99 }, () => 'joined')])
    expect(hand.count).toBe(1)
    expect(flights.inFlight).toBe(0)
  })

  test('work starts before run returns', () => {
    const hand = handWork()
    void create({ whenAbandoned: 'finish' }).run(unit, hand.work)
    expect(hand.count).toBe(1)
  })

  test.each<[string, Unit, Unit]>([
    ['kind', unit, { ...unit, kind: 'encode' }],
    ['key', unit, { ...unit, key: 'other' }],
    ['domain', unit, { ...unit, domain: 'other' }],
    [
      'the border of kind and domain',
      { kind: 'ab', domain: 'c', key: '' },
      { kind: 'a', domain: 'bc', key: '' },
    ],
    [
      'the border of domain and key',
      { kind: '', domain: 'ab', key: 'c' },
      { kind: '', domain: 'a', key: 'bc' },
    ],
    ['lengths in the text', { kind: '1:1', domain: ':', key: 'x' }, { kind: '1', domain: ':1:', key: 'x' }],
  ])('units that differ in %s do not meet', async (_, one, other) => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const asked = [flights.run(one, hand.work), flights.run(other, hand.work)]
    expect(hand.count).toBe(2)
    hand.succeed(0, 'one')
    hand.succeed(1, 'other')
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['one', 'other'])
  })

  test.skipIf(keepsValues)('a settled run is not kept: the next caller runs anew', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    await flights.run(unit, async () => ({ value: 'first' }))
    const second = await flights.run(unit, async () => ({ value: 'second' }))
    expect(second).toMatchObject({ value: 'second', how: 'ran' })
  })

  test('forget: who waits keeps the run, who comes later starts anew', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const before = flights.run(unit, hand.work)
    flights.forget(unit)
    const after = flights.run(unit, hand.work)
    expect(hand.count).toBe(2)
    expect(hand.flight(0).signal.aborted).toBe(false)
    hand.succeed(1, 'new')
    hand.succeed(0, 'old')
    expect((await before).value).toBe('old')
    expect((await after).value).toBe('new')
    expect(flights.inFlight).toBe(0)
  })

  test('the ledger counts each run once and each joiner once, with what the run took', async () => {
    const ledger = createLedger()
    let nowMs = 0
    const flights = create({ whenAbandoned: 'abort', ledger, now: () => nowMs })
    const hand = handWork()
    const first = flights.run(unit, hand.work, { axis: 'slides' })
    nowMs = 30
    const second = flights.run(unit, hand.work, { axis: 'slides' })
    const third = flights.run(unit, hand.work)
    nowMs = 40
    hand.succeed(0, 'v')
    expect((await first).durationMs).toBe(40)
    expect((await second).durationMs).toBe(10)
    await third
    expect(counts(ledger, 'slides')).toMatchObject({ ran: 1, joined: 1, failed: 0, ranMs: 40, savedMs: 40 })
    expect(counts(ledger, 'concurrent')).toMatchObject({ ran: 0, joined: 1, ranMs: 0, savedMs: 40 })
  })
}

function counts(ledger: Ledger, axis: string) {
  return ledger.snapshot().rows.find((row) => row.axis === axis)
}

function errors(create: Create): void {
  test('an error reaches every caller that waits and is not kept', async () => {
    const ledger = createLedger()
    const flights = create({ whenAbandoned: 'abort', ledger })
    const hand = handWork()
    const asked = [1, 2, 3].map(() => flights.run(unit, hand.work))
    const error = new Error('origin is down')
    hand.fail(0, error)
    const settled = await Promise.allSettled(asked)
    expect(settled).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: error })))
    expect(flights.inFlight).toBe(0)
    expect(await flights.run(unit, async () => ({ value: 'up again' }))).toMatchObject({ how: 'ran' })
    expect(ledger.snapshot().total).toMatchObject({ ran: 2, failed: 1, joined: 2 })
  })

  test('who asks again in the very moment of the error runs anew', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const again = flights.run(unit, hand.work).catch(() => flights.run(unit, hand.work))
    hand.fail(0, new Error('once'))
    await turn()
    hand.succeed(1, 'twice')
    expect((await again).value).toBe('twice')
  })

  test('a synchronous throw is an error like any other', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const error = new Error('before any await')
    const thrown = flights.run(unit, () => {
      throw error
    })
    await expect(thrown).rejects.toBe(error)
    expect(flights.inFlight).toBe(0)
  })

  test('a synchronous result is a result like any other', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    expect(await flights.run(unit, () => ({ value: 'at once' }))).toMatchObject({
      value: 'at once',
      how: 'ran',
    })
  })

  test('work that returns its bare value is refused', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const bare = (async () => 'text') as unknown as () => Promise<Work<string>>
    await expect(flights.run(unit, bare)).rejects.toThrow(TypeError)
    expect(flights.inFlight).toBe(0)
  })

  test('a failed run that nobody waits for is nobody’s unhandled rejection', async () => {
    const flights = create({ whenAbandoned: 'finish' })
    const hand = handWork()
    const leaver = new AbortController()
    const asked = flights.run(unit, hand.work, { signal: leaver.signal })
    leaver.abort(new Error('gone'))
    await expect(asked).rejects.toThrow('gone')
    hand.fail(0, new Error('nobody hears'))
    await turn()
    expect(flights.inFlight).toBe(0)
  })
}

function leaving(create: Create, keepsValues: boolean): void {
  test('a caller whose signal is aborted already starts and joins nothing', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const reason = new Error('too late')
    await expect(flights.run(unit, hand.work, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(hand.count).toBe(0)
    expect(flights.inFlight).toBe(0)
  })

  test.each(['abort', 'finish'] as const)(
    '%s: the leader leaves, the others keep its run',
    async (whenAbandoned) => {
      const flights = create({ whenAbandoned })
      const hand = handWork()
      const leader = new AbortController()
      const first = flights.run(unit, hand.work, { signal: leader.signal })
      const second = flights.run(unit, hand.work)
      const reason = new Error('closed the tab')
      leader.abort(reason)
      await expect(first).rejects.toBe(reason)
      expect(hand.flight(0).signal.aborted).toBe(false)
      expect(hand.flight(0).callers).toBe(1)
      const third = flights.run(unit, hand.work)
      hand.succeed(0, 'shared')
      expect(await second).toMatchObject({ value: 'shared', how: 'joined' })
      expect(await third).toMatchObject({ value: 'shared', how: 'joined' })
      expect(hand.count).toBe(1)
    },
  )

  test('a joiner leaves at once, alone, and lets go of its signal', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const leader = flights.run(unit, hand.work)
    const joiner = new AbortController()
    const removed = vi.spyOn(joiner.signal, 'removeEventListener')
    const second = flights.run(unit, hand.work, { signal: joiner.signal })
    joiner.abort('bored')
    await expect(second).rejects.toBe('bored')
    expect(removed).toHaveBeenCalled()
    expect(hand.flight(0).signal.aborted).toBe(false)
    hand.succeed(0, 'v')
    expect((await leader).value).toBe('v')
  })

  test('an answered caller lets go of its signal, and an abort after that changes nothing', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const caller = new AbortController()
    const added = vi.spyOn(caller.signal, 'addEventListener')
    const removed = vi.spyOn(caller.signal, 'removeEventListener')
    const hand = handWork()
    const asked = flights.run(unit, hand.work, { signal: caller.signal })
    hand.succeed(0, 'v')
    expect((await asked).value).toBe('v')
    expect(removed.mock.calls.length).toBe(added.mock.calls.length)
    caller.abort()
    expect(hand.flight(0).signal.aborted).toBe(false)
  })

  test('abort: when all have left the run is aborted, and the next caller does not join the dying one', async () => {
    const ledger = createLedger()
    const flights = create({ whenAbandoned: 'abort', ledger })
    const hand = handWork()
    const callers = [new AbortController(), new AbortController()]
    const asked = callers.map(({ signal }) => flights.run(unit, hand.work, { signal }))
    for (const caller of callers) caller.abort(new Error('left'))
    expect(hand.flight(0).signal.aborted).toBe(true)
    const next = flights.run(unit, hand.work)
    expect(hand.count).toBe(2)
    expect(hand.flight(1).signal.aborted).toBe(false)
    expect(flights.inFlight).toBe(2)
    hand.succeed(0, 'late')
    hand.succeed(1, 'fresh')
    expect(await next).toMatchObject({ value: 'fresh', how: 'ran' })
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(flights.inFlight).toBe(0)
    expect(ledger.snapshot().total).toMatchObject({ ran: 2, failed: 1, joined: 0 })
  })

  test('finish: when all have left the run goes on, and the next caller gets it', async () => {
    const flights = create({ whenAbandoned: 'finish' })
    const hand = handWork()
    const leaver = new AbortController()
    const left = flights.run(unit, hand.work, { signal: leaver.signal })
    leaver.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    expect(hand.flight(0).signal.aborted).toBe(false)
    const next = flights.run(unit, hand.work)
    hand.succeed(0, 'finished')
    expect(await next).toMatchObject({ value: 'finished', how: 'joined' })
    expect(hand.count).toBe(1)
  })

  test.runIf(keepsValues)(
    'finish: a run that all have left is kept for who comes when it is done',
    async () => {
      const flights = create({ whenAbandoned: 'finish' })
      const hand = handWork()
      const leaver = new AbortController()
      const left = flights.run(unit, hand.work, { signal: leaver.signal })
      leaver.abort(new Error('left'))
      await expect(left).rejects.toThrow('left')
      hand.succeed(0, 'finished')
      await turn()
      expect(await flights.run(unit, hand.work)).toMatchObject({ value: 'finished', how: 'cached' })
    },
  )
}

function releasing(create: Create): void {
  test('release: the first keeps the run; those waiting and those to come run alone', async () => {
    const ledger = createLedger()
    const flights = create({ whenAbandoned: 'abort', ledger })
    const hand = handWork()
    const asked = [1, 2, 3].map(() => flights.run(unit, hand.work))
    hand.flight(0).release()
    hand.flight(0).release()
    asked.push(flights.run(unit, hand.work))
    expect(hand.count).toBe(4)
    expect([0, 1, 2, 3].map((index) => hand.flight(index).callers)).toEqual([1, 1, 1, 1])
    for (const index of [0, 1, 2, 3]) hand.succeed(index, `for ${index}`)
    const outcomes = await Promise.all(asked)
    expect(outcomes.map(({ value, how }) => [value, how])).toEqual(
      [0, 1, 2, 3].map((index) => [`for ${index}`, 'ran']),
    )
    expect(ledger.snapshot().total).toMatchObject({ ran: 4, joined: 0 })
    expect(flights.inFlight).toBe(0)
  })

  test('release after the leader left: who has waited longest keeps the run', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const leader = new AbortController()
    const first = flights.run(unit, hand.work, { signal: leader.signal })
    const second = flights.run(unit, hand.work)
    const third = flights.run(unit, hand.work)
    leader.abort(new Error('left'))
    await expect(first).rejects.toThrow('left')
    hand.flight(0).release()
    expect(hand.count).toBe(2)
    hand.succeed(0, 'for the second')
    hand.succeed(1, 'for the third')
    expect((await second).value).toBe('for the second')
    expect((await third).value).toBe('for the third')
  })

  test('a released run that its one caller leaves is aborted, and so is a lone one', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const callers = [new AbortController(), new AbortController()]
    const asked = callers.map(({ signal }) => flights.run(unit, hand.work, { signal }))
    hand.flight(0).release()
    for (const caller of callers) caller.abort(new Error('left'))
    expect([0, 1].map((index) => hand.flight(index).signal.aborted)).toEqual([true, true])
    hand.succeed(0, 'v')
    hand.fail(1, new Error('aborted'))
    await Promise.allSettled(asked)
    expect(flights.inFlight).toBe(0)
  })

  test('release as the first thing that work does, taken off the flight', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const releaseFirst = (flight: Flight): Promise<Work<string>> => {
      const { release } = flight
      release()
      return hand.work(flight)
    }
    const asked = [flights.run(unit, releaseFirst), flights.run(unit, releaseFirst)]
    expect(hand.count).toBe(2)
    hand.succeed(0, 'a')
    hand.succeed(1, 'b')
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual(['a', 'b'])
  })

  test('a released run marks its unit only while it lasts', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const first = flights.run(unit, hand.work)
    hand.flight(0).release()
    hand.succeed(0, 'private')
    await first
    const shared = [flights.run(unit, hand.work), flights.run(unit, hand.work)]
    expect(hand.count).toBe(2)
    hand.succeed(1, 'public')
    expect((await Promise.all(shared)).map(({ how }) => how)).toEqual(['ran', 'joined'])
  })
}

function joining(create: Create): void {
  test('joinTimeoutMs: a joiner that has waited that long runs alone; the leader never does', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const leader = flights.run(unit, hand.work, { joinTimeoutMs: 50 })
    const joiner = flights.run(unit, hand.work, { joinTimeoutMs: 50 })
    vi.advanceTimersByTime(49)
    expect(hand.count).toBe(1)
    vi.advanceTimersByTime(1)
    expect(hand.count).toBe(2)
    expect(hand.flight(0).callers).toBe(1)
    hand.succeed(1, 'own')
    expect(await joiner).toMatchObject({ value: 'own', how: 'ran' })
    hand.succeed(0, 'shared')
    expect(await leader).toMatchObject({ value: 'shared', how: 'ran' })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('joinTimeoutMs: an answer in time stops the clock', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const asked = [1, 2].map(() => flights.run(unit, hand.work, { joinTimeoutMs: 50 }))
    hand.succeed(0, 'v')
    await Promise.all(asked)
    expect(vi.getTimerCount()).toBe(0)
    expect(hand.count).toBe(1)
  })

  test('joinTimeoutMs: the last one to give up aborts the run that nobody wants any more', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const leader = new AbortController()
    const left = flights.run(unit, hand.work, { signal: leader.signal })
    const joiner = flights.run(unit, hand.work, { joinTimeoutMs: 50 })
    leader.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    vi.advanceTimersByTime(50)
    expect(hand.flight(0).signal.aborted).toBe(true)
    expect(hand.flight(1).signal.aborted).toBe(false)
    hand.fail(0, new Error('aborted'))
    hand.succeed(1, 'own')
    expect((await joiner).value).toBe('own')
  })

  test('joinTimeoutMs: longer than timers know is for ever, and what is no number is refused', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const asked = [undefined, 2 ** 31, Infinity].map((joinTimeoutMs) =>
      flights.run(unit, hand.work, { joinTimeoutMs }),
    )
    expect(vi.getTimerCount()).toBe(0)
    await expect(flights.run(unit, hand.work, { joinTimeoutMs: NaN })).rejects.toThrow(RangeError)
    hand.succeed(0, 'v')
    await Promise.all(asked)
    expect(hand.count).toBe(1)
  })

  test('accept: a joiner that refuses the value runs alone; the leader is not asked', async () => {
    const ledger = createLedger()
    const flights = create({ whenAbandoned: 'abort', ledger })
    const hand = handWork()
    const accept = (value: string): boolean => value === 'wanted'
    const asked = [1, 2, 3].map(() => flights.run(unit, hand.work, { accept }))
    const easy = flights.run(unit, hand.work)
    hand.succeed(0, 'other')
    expect(await easy).toMatchObject({ value: 'other', how: 'joined' })
    expect(hand.count).toBe(3)
    hand.succeed(1, 'unseen')
    hand.succeed(2, 'unseen')
    const outcomes = await Promise.all(asked)
    expect(outcomes.map(({ value, how }) => [value, how])).toEqual([
      ['other', 'ran'],
      ['unseen', 'ran'],
      ['unseen', 'ran'],
    ])
    expect(ledger.snapshot().total).toMatchObject({ ran: 3, joined: 1 })
  })

  test('accept: an error in it is that caller’s own', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const leader = flights.run(unit, hand.work)
    const accept = (): boolean => {
      throw new Error('bad predicate')
    }
    const joiner = flights.run(unit, hand.work, { accept })
    const last = flights.run(unit, hand.work)
    hand.succeed(0, 'v')
    await expect(joiner).rejects.toThrow('bad predicate')
    expect((await Promise.all([leader, last])).map(({ value }) => value)).toEqual(['v', 'v'])
  })

  test('accept: a caller that it makes leave is not answered as well', async () => {
    const ledger = createLedger()
    const flights = create({ whenAbandoned: 'abort', ledger })
    const hand = handWork()
    const leaver = new AbortController()
    const leader = flights.run(unit, hand.work)
    const accept = (): boolean => {
      leaver.abort(new Error('left'))
      return true
    }
    const joiner = flights.run(unit, hand.work, { accept })
    const unasked = vi.fn<() => boolean>(() => true)
    const other = flights.run(unit, hand.work, { signal: leaver.signal, accept: unasked })
    hand.succeed(0, 'v')
    await expect(other).rejects.toThrow('left')
    await Promise.all([leader, joiner])
    expect(unasked).not.toHaveBeenCalled()
    expect(ledger.snapshot().total).toMatchObject({ ran: 1, joined: 1 })
  })

  test('accept: a caller that leaves inside it starts nothing', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const leaver = new AbortController()
    const leader = flights.run(unit, hand.work)
    const accept = (): boolean => {
      leaver.abort(new Error('left'))
      return false
    }
    const joiner = flights.run(unit, hand.work, { accept, signal: leaver.signal })
    hand.succeed(0, 'v')
    await expect(joiner).rejects.toThrow('left')
    await leader
    expect(hand.count).toBe(1)
  })
}

function staying(create: Create, keepsValues: boolean): void {
  const how = keepsValues ? 'cached' : 'joined'

  test('until: callers are answered at once, and the unit stays in flight until it settles', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const stored = Promise.withResolvers<void>()
    const first = flights.run(unit, hand.work)
    hand.succeed(0, 'headers', stored.promise)
    expect((await first).value).toBe('headers')
    expect(flights.inFlight).toBe(1)
    expect(await flights.run(unit, hand.work)).toMatchObject({ value: 'headers', how })
    stored.resolve()
    await turn()
    expect(flights.inFlight).toBe(0)
    expect(hand.count).toBe(1)
    expect(hand.flight(0).signal.aborted).toBe(false)
  })

  test('until: its rejection ends the flight and is nobody’s unhandled rejection', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const first = flights.run(unit, async () => ({
      value: 'v',
      until: Promise.reject(new Error('disk full')),
    }))
    expect((await first).value).toBe('v')
    await turn()
    expect(flights.inFlight).toBe(0)
  })

  test('until: also where everybody had left before', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const leaver = new AbortController()
    const left = flights.run(unit, hand.work, { signal: leaver.signal })
    leaver.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    hand.succeed(0, 'late', Promise.reject(new Error('disk full')))
    await turn()
    expect(flights.inFlight).toBe(0)
  })

  test('until: released in the meantime, later callers run alone', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const stored = Promise.withResolvers<void>()
    const first = flights.run(unit, hand.work)
    hand.succeed(0, 'private', stored.promise)
    await first
    hand.flight(0).release()
    const later = flights.run(unit, hand.work)
    expect(hand.count).toBe(2)
    hand.succeed(1, 'own')
    expect(await later).toMatchObject({ value: 'own', how: 'ran' })
    stored.resolve()
    await turn()
    expect(flights.inFlight).toBe(0)
  })

  test('until: forgotten in the meantime, the next caller starts anew', async () => {
    const flights = create({ whenAbandoned: 'abort' })
    const hand = handWork()
    const first = flights.run(unit, hand.work)
    hand.succeed(0, 'old', new Promise(() => undefined))
    await first
    flights.forget(unit)
    const next = flights.run(unit, hand.work)
    hand.succeed(1, 'new')
    expect((await next).value).toBe('new')
  })
}

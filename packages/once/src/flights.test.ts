import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { flightsContract, handWork, turn, unit } from './flights.contract.ts'
import type { Flights, Unit, WaitNode } from './index.ts'
import { createFlights, createMemo, createLedger, FlightDeadlockError } from './index.ts'

flightsContract('createFlights', (options) => createFlights<string>(options), { keepsValues: false })

describe('createFlights', () => {
  test('has says whether a caller would find a run', async () => {
    const flights = createFlights<string>({ whenAbandoned: 'abort' })
    const hand = handWork()
    expect(flights.has(unit)).toBe(false)
    const asked = flights.run(unit, hand.work)
    expect(flights.has(unit)).toBe(true)
    expect(flights.has({ ...unit, key: 'other' })).toBe(false)
    hand.succeed(0, 'v')
    await asked
    expect(flights.has(unit)).toBe(false)
  })

  test('a caller that asks while a finished run is being handed out does not find it', async () => {
    const flights = createFlights<string>({ whenAbandoned: 'abort' })
    const hand = handWork()
    const inner: Promise<unknown>[] = []
    const accept = (): boolean => inner.push(flights.run(unit, hand.work)) > 0
    const asked = [flights.run(unit, hand.work), flights.run(unit, hand.work, { accept })]
    hand.succeed(0, 'finished')
    await Promise.all(asked)
    expect(hand.count).toBe(2)
    hand.succeed(1, 'new')
    expect(await inner[0]).toMatchObject({ value: 'new', how: 'ran' })
  })

  test('bytes and money reach the ledger: spent by the run, saved by the joiner', async () => {
    const ledger = createLedger()
    const flights = createFlights<string>({ whenAbandoned: 'abort', ledger })
    const work = async () => ({ value: 'v', bytes: 1000, costUsd: 0.04 })
    await Promise.all([flights.run(unit, work), flights.run(unit, work), flights.run(unit, work)])
    const { total } = ledger.snapshot()
    expect(total).toMatchObject({
      ran: 1,
      joined: 2,
      ranBytes: 1000,
      savedBytes: 2000,
      ranUsd: 0.04,
      savedUsd: 0.08,
    })
  })

  test('a value that is a thenable is handed on, not awaited', async () => {
    const flights = createFlights<Promise<string>>({ whenAbandoned: 'abort' })
    const inner = Promise.resolve('inner')
    expect((await flights.run(unit, () => ({ value: inner }))).value).toBe(inner)
  })
})

const named = (key: string): Unit => ({ kind: 'test', key, domain: '' })

describe('with a wait context', () => {
  const waitContext = new AsyncLocalStorage<WaitNode>()
  const create = (): Flights<string> => createFlights<string>({ whenAbandoned: 'abort', waitContext })

  test('work that asks for its own unit is refused, and may catch it', async () => {
    const flights = create()
    const outer = flights.run(named('a'), async () => {
      await turn()
      await expect(flights.run(named('a'), async () => ({ value: '' }))).rejects.toThrow(FlightDeadlockError)
      return { value: 'outer' }
    })
    expect((await outer).value).toBe('outer')
    expect(flights.inFlight).toBe(0)
  })

  test('a circle through a memo is refused', async () => {
    const flights = create()
    const memo = createMemo<string>({
      whenAbandoned: 'abort',
      waitContext,
      maxBytes: 100,
      sizeOf: (v) => v.length,
    })
    const asked = flights.run(named('a'), async () => {
      const inner = await memo.get(named('b'), async () =>
        flights.run(named('a'), async () => ({ value: '' })),
      )
      return { value: inner.value.value }
    })
    await expect(asked).rejects.toMatchObject({ code: 'flight_deadlock' })
    expect(flights.inFlight + memo.inFlight).toBe(0)
  })

  test('two runs that join each other: one is refused, so both end', async () => {
    const flights = create()
    const ask = (own: string, other: string) =>
      flights.run(named(own), async () => {
        await turn()
        return flights.run(named(other), async () => ({ value: other }))
      })
    const settled = await Promise.allSettled([ask('a', 'b'), ask('b', 'a')])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(flights.inFlight).toBe(0)
  })

  test('asking for another unit, twice, and joining what does not wait back is fine', async () => {
    const flights = create()
    const hand = handWork()
    const shared = flights.run(named('shared'), hand.work)
    const askers = ['x', 'y'].map((key) =>
      flights.run(named(key), async () => {
        await flights.run(named('shared'), hand.work)
        return flights.run(named('then'), async () => ({ value: key }))
      }),
    )
    hand.succeed(0, 'v')
    await shared
    await expect(Promise.all(askers)).resolves.toHaveLength(2)
    expect(hand.count).toBe(1)
  })

  test('who no longer waits is in no circle', async () => {
    const flights = create()
    const [left, askedBack] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const leaver = new AbortController()
    const slow = flights.run(named('slow'), async () => {
      await left.promise
      const back = flights.run(named('a'), async () => ({ value: '' }))
      askedBack.resolve()
      return back
    })
    const a = flights.run(named('a'), async () => {
      const inner = flights.run(named('slow'), async () => ({ value: '' }), { signal: leaver.signal })
      leaver.abort(new Error('left'))
      await expect(inner).rejects.toThrow('left')
      left.resolve()
      await askedBack.promise
      return { value: 'a' }
    })
    expect([(await a).value, (await slow).value]).toEqual(['a', 'a'])
  })
})

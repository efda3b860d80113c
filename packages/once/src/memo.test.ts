import { describe, expect, test } from 'vitest'
import { flightsContract, handWork, turn, unit } from './flights.contract.ts'
import type { Lease, Memo, MemoOptions, Unit } from './index.ts'
import { createLedger, createMemo } from './index.ts'

flightsContract(
  'createMemo',
  (options) => {
    const memo = createMemo<string>({ ...options, maxBytes: 1000, sizeOf: (value) => value.length })
    return {
      run: async (asked, work, runOptions) => {
        const { value: lease, ...outcome } = await memo.get(asked, work, runOptions)
        const { value } = lease
        lease.release()
        return { ...outcome, value }
      },
      forget: (asked) => void memo.delete(asked),
      get inFlight() {
        return memo.inFlight
      },
    }
  },
  { keepsValues: true },
)

/** A memo that remembers what it disposed of, in order. */
function watched(
  maxBytes: number,
  more: Partial<MemoOptions<string>> = {},
): { memo: Memo<string>; disposed: string[] } {
  const disposed: string[] = []
  const options = {
    whenAbandoned: 'finish' as const,
    maxBytes,
    sizeOf: (value: string) => value.length,
    ...more,
  }
  return { memo: createMemo<string>({ ...options, dispose: (value) => disposed.push(value) }), disposed }
}

const named = (key: string): Unit => ({ kind: 'decode', key, domain: '' })

async function make(memo: Memo<string>, key: string, value = key): Promise<Lease<string>> {
  return (await memo.get(named(key), async () => ({ value }))).value
}

/** Asks and gives back at once. Returns how the memo answered. */
async function use(memo: Memo<string>, key: string): Promise<string> {
  const { value: lease, how } = await memo.get(named(key), async () => ({ value: key }))
  lease.release()
  return how
}

describe('a memo keeps', () => {
  test('what was made: later callers run nothing, and the ledger counts what each hit saved', async () => {
    const ledger = createLedger()
    let nowMs = 0
    const { memo } = watched(10, { ledger, now: () => nowMs })
    const hand = handWork()
    const first = memo.get(unit, hand.work)
    nowMs = 25
    hand.succeed(0, 'pixel')
    ;(await first).value.release()
    const second = await memo.get(unit, hand.work)
    const third = await memo.get(unit, hand.work, { axis: 'ahead' })
    expect([second.how, third.how, second.durationMs, hand.count]).toEqual(['cached', 'cached', 0, 1])
    expect(second.value.value).toBe('pixel')
    expect(ledger.snapshot().rows).toMatchObject([
      { axis: 'ahead', cached: 1, savedMs: 25, savedBytes: 5 },
      { axis: 'concurrent', ran: 1, ranMs: 25, ranBytes: 5 },
      { axis: 'time', cached: 1, savedMs: 25, savedBytes: 5 },
    ])
  })

  test('nothing for a caller whose signal is aborted already, kept or not', async () => {
    const { memo } = watched(10)
    await use(memo, 'a')
    const asked = memo.get(named('a'), () => ({ value: 'never' }), { signal: AbortSignal.abort('gone') })
    await expect(asked).rejects.toBe('gone')
  })

  test('a kept value that accept refuses is replaced by one run for all who refuse it', async () => {
    const { memo, disposed } = watched(10)
    ;(await make(memo, 'k', 'old')).release()
    const hand = handWork()
    const options = { accept: (value: string) => value !== 'old' }
    const asked = [memo.get(named('k'), hand.work, options), memo.get(named('k'), hand.work, options)]
    expect(hand.count).toBe(1)
    expect((await memo.get(named('k'), hand.work)).value.value).toBe('old')
    hand.succeed(0, 'new')
    expect((await Promise.all(asked)).map(({ how }) => how)).toEqual(['ran', 'joined'])
    expect(memo.peek(named('k'))?.value).toBe('new')
    expect([memo.count, memo.bytes, disposed]).toEqual([1, 3, []])
  })

  test('nothing of a released run, but the value of a lone one that may be shared', async () => {
    const { memo, disposed } = watched(10)
    const hand = handWork()
    const asked = [memo.get(unit, hand.work), memo.get(unit, hand.work)]
    hand.flight(0).release()
    hand.succeed(0, 'a')
    const first = (await asked[0])?.value
    expect(memo.count).toBe(0)
    first?.release()
    expect(disposed).toEqual(['a'])
    hand.succeed(1, 'b')
    ;(await asked[1])?.value.release()
    expect(memo.peek(unit)?.value).toBe('b')
  })

  test('a value no longer when it is released while its until runs', async () => {
    const { memo, disposed } = watched(10)
    const hand = handWork()
    const stored = Promise.withResolvers<void>()
    const first = memo.get(unit, hand.work)
    hand.succeed(0, 'a', stored.promise)
    const lease = (await first).value
    expect(memo.count).toBe(1)
    hand.flight(0).release()
    expect(memo.count).toBe(0)
    lease.release()
    expect(disposed).toEqual([])
    stored.resolve()
    await turn()
    expect(disposed).toEqual(['a'])
  })

  test('nothing of a run that was aborted because everybody left, and disposes of it', async () => {
    const { memo, disposed } = watched(10, { whenAbandoned: 'abort' })
    const hand = handWork()
    const leaver = new AbortController()
    const left = memo.get(unit, hand.work, { signal: leaver.signal })
    leaver.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    hand.succeed(0, 'late')
    await turn()
    expect([memo.count, memo.bytes, disposed]).toEqual([0, 0, ['late']])
  })

  test('a value put in by hand, in place of the old one', async () => {
    const { memo, disposed } = watched(10)
    memo.put(unit, 'one').release()
    expect(await memo.get(unit, () => ({ value: 'never' }))).toMatchObject({ how: 'cached' })
    const lease = memo.put(unit, 'two')
    expect(memo.peek(unit)?.value).toBe('two')
    expect([memo.count, memo.bytes]).toEqual([1, 3])
    expect(disposed).toEqual([])
    lease.release()
  })
})

describe('a lease pins', () => {
  test('a value in use is neither evicted nor disposed of', async () => {
    const { memo, disposed } = watched(4)
    const aa = await make(memo, 'aa')
    for (const key of ['bb', 'cc', 'dd']) await use(memo, key)
    expect(aa.value).toBe('aa')
    expect(disposed).toEqual(['bb', 'cc'])
    expect(await use(memo, 'aa')).toBe('cached')
    aa.release()
    expect(disposed).toEqual(['bb', 'cc'])
  })

  test('what is in use may exceed the bound; giving it back evicts down to it', async () => {
    const { memo, disposed } = watched(4)
    const leases = await Promise.all(['aa', 'bb', 'cc', 'dd'].map((key) => make(memo, key)))
    expect([memo.bytes, disposed]).toEqual([8, []])
    for (const lease of leases) lease.release()
    expect([memo.bytes, disposed]).toEqual([4, ['aa', 'bb']])
  })

  test('every caller has its own lease; the last one to release it lets go', async () => {
    const { memo, disposed } = watched(4)
    const hand = handWork()
    const asked = [memo.get(unit, hand.work), memo.get(unit, hand.work)] as const
    hand.succeed(0, 'v')
    const [one, two] = await Promise.all(asked)
    memo.delete(unit)
    one.value.release()
    one.value.release()
    one.value[Symbol.dispose]()
    expect(disposed).toEqual([])
    expect(() => one.value.value).toThrow(TypeError)
    expect(two.value.value).toBe('v')
    two.value.release()
    expect(disposed).toEqual(['v'])
  })

  test('using gives it back', async () => {
    const { memo, disposed } = watched(0)
    {
      using lease = await make(memo, 'a')
      expect([lease.value, disposed]).toEqual(['a', []])
    }
    expect(disposed).toEqual(['a'])
  })

  test('a value larger than the bound is passed on, shared, not kept, and disposed of after its last lease', async () => {
    const { memo, disposed } = watched(3)
    const hand = handWork()
    const asked = [memo.get(unit, hand.work), memo.get(unit, hand.work)]
    hand.succeed(0, 'large')
    const [one, two] = (await Promise.all(asked)).map(({ value }) => value)
    expect([memo.count, memo.bytes, one?.value]).toEqual([0, 0, 'large'])
    one?.release()
    expect(disposed).toEqual([])
    two?.release()
    expect(disposed).toEqual(['large'])
  })

  test('a value that nobody waits for any more and that is too large is disposed of', async () => {
    const { memo, disposed } = watched(3)
    const hand = handWork()
    const leaver = new AbortController()
    const left = memo.get(unit, hand.work, { signal: leaver.signal })
    leaver.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    hand.succeed(0, 'large')
    await turn()
    expect(disposed).toEqual(['large'])
  })

  test('a value in its until is there for joiners even if it is not kept', async () => {
    const { memo, disposed } = watched(3)
    const hand = handWork()
    const stored = Promise.withResolvers<void>()
    const first = memo.get(unit, hand.work)
    hand.succeed(0, 'large', stored.promise)
    ;(await first).value.release()
    const second = await memo.get(unit, hand.work)
    expect([second.how, second.value.value, disposed]).toEqual(['joined', 'large', []])
    stored.resolve()
    await turn()
    expect(disposed).toEqual([])
    second.value.release()
    expect(disposed).toEqual(['large'])
  })
})

describe('delete', () => {
  test('disposes of a kept value once', async () => {
    const { memo, disposed } = watched(4)
    await use(memo, 'a')
    expect([memo.delete(named('a')), memo.delete(named('a')), memo.bytes, disposed]).toEqual([
      true,
      false,
      0,
      ['a'],
    ])
  })

  test('while it is being made: who waits gets it, it is not kept, and who asks next runs anew', async () => {
    const { memo, disposed } = watched(10)
    const hand = handWork()
    const before = memo.get(unit, hand.work)
    expect(memo.delete(unit)).toBe(false)
    const after = memo.get(unit, hand.work)
    hand.succeed(1, 'new')
    const fresh = (await after).value
    hand.succeed(0, 'old')
    const stale = (await before).value
    expect([stale.value, fresh.value, memo.peek(unit)?.value]).toEqual(['old', 'new', 'new'])
    stale.release()
    expect(disposed).toEqual(['old'])
  })

  test('reaches the runs that nobody can find as well', async () => {
    const { memo } = watched(10)
    const hand = handWork()
    const asked = [memo.get(unit, hand.work), memo.get(unit, hand.work)]
    hand.flight(0).release()
    memo.delete(unit)
    hand.succeed(0, 'a')
    hand.succeed(1, 'b')
    await Promise.all(asked)
    expect(memo.count).toBe(0)
  })

  test('clear drops and forgets everything', async () => {
    const { memo, disposed } = watched(10)
    await use(memo, 'a')
    const held = await make(memo, 'b')
    const hand = handWork()
    const pending = memo.get(unit, hand.work)
    memo.clear()
    hand.succeed(0, 'c')
    ;(await pending).value.release()
    expect([memo.count, memo.bytes, disposed]).toEqual([0, 0, ['a', 'c']])
    held.release()
    expect(disposed).toEqual(['a', 'c', 'b'])
  })
})

describe('eviction', () => {
  test('SIEVE: what was asked for again is spared once, the rest goes in order of arrival', async () => {
    const { memo, disposed } = watched(3)
    for (const key of ['a', 'b', 'c']) await use(memo, key)
    await use(memo, 'a')
    for (const key of ['d', 'e', 'f']) await use(memo, key)
    expect(disposed).toEqual(['b', 'c', 'd'])
    expect(await use(memo, 'a')).toBe('cached')
  })

  test('a scan of things asked for once does not push out what is asked for again', async () => {
    const { memo } = watched(8)
    const often = ['p', 'q', 'r', 's']
    let runsOfOften = 0
    for (let index = 0; index < 400; index += 1) {
      const once = await memo.get(named(String(index)), () => ({ value: 'x' }))
      once.value.release()
      const key = often[index % often.length] ?? ''
      const { value: lease, how } = await memo.get(named(key), () => ({ value: key }))
      lease.release()
      if (how === 'ran') runsOfOften += 1
    }
    expect(runsOfOften).toBeLessThan(40)
    expect(memo.bytes).toBeLessThanOrEqual(8)
  })
})

describe('bad sizes', () => {
  test.each([NaN, -1, Infinity])('sizeOf %d fails the ask and the value is disposed of', async (size) => {
    const { memo, disposed } = watched(10, { sizeOf: () => size })
    await expect(make(memo, 'a')).rejects.toThrow(RangeError)
    expect([disposed, memo.count, memo.inFlight]).toEqual([['a'], 0, 0])
    expect(() => memo.put(unit, 'b')).toThrow(RangeError)
    expect(disposed).toEqual(['a'])
  })

  test.each([NaN, -1])('maxBytes %d is refused', (maxBytes) => {
    expect(() => watched(maxBytes)).toThrow(RangeError)
  })
})

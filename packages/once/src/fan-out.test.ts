import { describe, expect, test } from 'vitest'
import { turn } from './flights.contract.ts'
import type { BranchResult } from './index.ts'
import { fanOut } from './index.ts'

/** Branches that a test settles by hand. */
function handBranches(count: number) {
  const settle = Array.from({ length: count }, () => Promise.withResolvers<string>())
  const started: number[] = []
  const signals: AbortSignal[] = []
  const at = (index: number) => settle[index] as PromiseWithResolvers<string>
  return {
    started,
    signals,
    branches: settle.map((_, index) => index),
    run: (_: unknown, branch: number, context: { signal: AbortSignal }) => {
      started.push(branch)
      signals.push(context.signal)
      return at(branch).promise
    },
    at,
  }
}

async function all<R>(results: AsyncIterable<BranchResult<R>>): Promise<BranchResult<R>[]> {
  const list: BranchResult<R>[] = []
  for await (const result of results) list.push(result)
  return list
}

describe('fanOut', () => {
  test('yields in order of completion, each with its index', async () => {
    const hand = handBranches(3)
    const results = fanOut('base', hand.branches, hand.run)
    const next = results.next()
    hand.at(2).resolve('c')
    expect((await next).value).toEqual({ index: 2, status: 'fulfilled', value: 'c' })
    hand.at(0).reject('no')
    expect((await results.next()).value).toEqual({ index: 0, status: 'rejected', reason: 'no' })
    hand.at(1).resolve('b')
    expect((await results.next()).value).toEqual({ index: 1, status: 'fulfilled', value: 'b' })
    expect(await results.next()).toEqual({ value: undefined, done: true })
  })

  test('gives every branch the one shared value and its own part', async () => {
    const shared = { pixels: 1 }
    const seen: unknown[] = []
    const results = fanOut(shared, ['a', 'b'], (base, branch, { index }) => {
      seen.push(base)
      return `${branch}${index}`
    })
    expect(await all(results)).toMatchObject([{ value: 'a0' }, { value: 'b1' }])
    expect(seen.every((base) => base === shared)).toBe(true)
  })

  test('a branch that throws synchronously harms no other', async () => {
    const results = await all(
      fanOut(0, [1, 2], (_, branch) => {
        if (branch === 1) throw new Error('one')
        return branch
      }),
    )
    expect(results.toSorted((a, b) => a.index - b.index)).toMatchObject([
      { index: 0, status: 'rejected' },
      { index: 1, status: 'fulfilled', value: 2 },
    ])
  })

  test('starts nothing before the iteration, and no more than concurrency at a time', async () => {
    const hand = handBranches(5)
    const results = fanOut(0, hand.branches, hand.run, { concurrency: 2 })
    await turn()
    expect(hand.started).toEqual([])
    const collected = all(results)
    for (const index of hand.branches) {
      await turn()
      expect(hand.started).toEqual([0, 1, 2, 3, 4].slice(0, index + 2))
      hand.at(index).resolve('v')
    }
    expect((await collected).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
  })

  test('no branches, no results', async () => {
    expect(await all(fanOut(0, [], () => 1))).toEqual([])
  })

  test('aborted: what runs is told, what has not started is answered with the reason', async () => {
    const hand = handBranches(4)
    const caller = new AbortController()
    const collected = all(fanOut(0, hand.branches, hand.run, { concurrency: 2, signal: caller.signal }))
    await turn()
    caller.abort('enough')
    expect(hand.signals.map(({ aborted }) => aborted)).toEqual([true, true])
    hand.at(0).resolve('done anyway')
    hand.at(1).reject('aborted')
    const results = await collected
    expect(hand.started).toEqual([0, 1])
    expect(results.toSorted((a, b) => a.index - b.index)).toEqual([
      { index: 0, status: 'fulfilled', value: 'done anyway' },
      { index: 1, status: 'rejected', reason: 'aborted' },
      { index: 2, status: 'rejected', reason: 'enough' },
      { index: 3, status: 'rejected', reason: 'enough' },
    ])
  })

  test.each([
    ['without a signal', undefined],
    ['with a signal', new AbortController().signal],
  ])('a consumer that stops early, %s, aborts the branches and waits for them', async (_, signal) => {
    const hand = handBranches(4)
    const results = fanOut(0, hand.branches, hand.run, { concurrency: 3, signal })
    const first = results.next()
    hand.at(0).resolve('first')
    await first
    await turn()
    let over = false
    const stopped = results.return().then(() => (over = true))
    await turn()
    expect(hand.signals.map(({ aborted }) => aborted)).toEqual([true, true, true, true])
    expect(over).toBe(false)
    for (const index of [1, 2, 3]) hand.at(index).reject(new Error('stopped'))
    await stopped
    expect(await results.next()).toEqual({ value: undefined, done: true })
  })

  test('runs to the end without touching the signal of its branches', async () => {
    const hand = handBranches(2)
    const collected = all(fanOut(0, hand.branches, hand.run))
    for (const index of hand.branches) hand.at(index).resolve('v')
    await collected
    expect(hand.signals.map(({ aborted }) => aborted)).toEqual([false, false])
  })

  test('refuses a shared promise, by type and at run time', () => {
    // @ts-expect-error a promise is not a value that is there
    expect(() => fanOut(Promise.resolve(1), [1], () => 1)).toThrow(TypeError)
    const thenable = (): undefined => undefined
    Reflect.set(thenable, 'then', () => undefined)
    expect(() => fanOut(thenable, [1], () => 1)).toThrow(TypeError)
  })

  test.each([0, -1, 1.5, NaN, Infinity])('refuses a concurrency of %d', (concurrency) => {
    expect(() => fanOut(0, [1], () => 1, { concurrency })).toThrow(RangeError)
  })
})

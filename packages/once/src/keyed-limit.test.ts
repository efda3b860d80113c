import { describe, expect, test } from 'vitest'
import { createKeyedLimit, createKeyedMutex, createOriginLimit } from './keyed-limit.ts'

/** Work that a test ends by hand. */
function byHand(): {
  work: () => Promise<string>
  end: (value: string) => void
  fail: (reason: Error) => void
} {
  const gate = Promise.withResolvers<string>()
  return { work: () => gate.promise, end: gate.resolve, fail: gate.reject }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a keyed mutex', () => {
  test('runs one at a time for a key, in the order asked, and other keys beside it', async () => {
    const mutex = createKeyedMutex()
    const order: string[] = []
    const hands = [byHand(), byHand(), byHand()] as const
    const started =
      (name: string, hand: ReturnType<typeof byHand>): (() => Promise<string>) =>
      () => {
        order.push(name)
        return hand.work()
      }
    const first = mutex.run('a', started('a1', hands[0]))
    const second = mutex.run('a', started('a2', hands[1]))
    const other = mutex.run('b', started('b1', hands[2]))
    await turn()
    expect(order).toEqual(['a1', 'b1'])
    expect([mutex.running('a'), mutex.waiting('a')]).toEqual([1, 1])
    hands[0].end('one')
    expect(await first).toBe('one')
    await turn()
    expect(order).toEqual(['a1', 'b1', 'a2'])
    hands[1].end('two')
    hands[2].end('three')
    expect(await Promise.all([second, other])).toEqual(['two', 'three'])
    expect([mutex.running('a'), mutex.waiting('a')]).toEqual([0, 0])
  })

  test('goes on after work that fails, at once or later', async () => {
    const mutex = createKeyedMutex()
    const thrown = mutex.run('a', () => {
      throw new Error('at once')
    })
    const rejected = mutex.run('a', async () => Promise.reject(new Error('later')))
    const fine = mutex.run('a', () => 'fine')
    await expect(thrown).rejects.toThrow('at once')
    await expect(rejected).rejects.toThrow('later')
    expect(await fine).toBe('fine')
  })

  test('an update of a shared value loses nothing', async () => {
    const mutex = createKeyedMutex()
    let list: number[] = []
    const add = async (number: number): Promise<void> => {
      const before = list
      await turn()
      list = [...before, number]
    }
    await Promise.all([1, 2, 3].map((number) => mutex.run('list', () => add(number))))
    expect(list).toEqual([1, 2, 3])
  })

  test('who aborts while waiting leaves the line; aborted already, it starts nothing', async () => {
    const mutex = createKeyedMutex()
    const hand = byHand()
    const caller = new AbortController()
    let starts = 0
    const count = (): number => (starts += 1)
    const first = mutex.run('a', hand.work)
    const waiting = mutex.run('a', count, { signal: caller.signal })
    const last = mutex.run('a', count)
    await turn()
    caller.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await expect(mutex.run('b', count, { signal: caller.signal })).rejects.toThrow('gone')
    hand.end('done')
    await first
    expect(await last).toBe(1)
    expect(mutex.running('b')).toBe(0)
  })
})

describe('a limit', () => {
  test('never runs more than it allows', async () => {
    const limit = createKeyedLimit({ concurrency: 3 })
    let now = 0
    let most = 0
    const work = async (): Promise<void> => {
      now += 1
      most = Math.max(most, now)
      await turn()
      now -= 1
    }
    await Promise.all(Array.from({ length: 20 }, () => limit.run('a', work)))
    expect(most).toBe(3)
  })

  test.each([0, 1.5, Number.NaN])('of %d is refused', (concurrency) => {
    expect(() => createKeyedLimit({ concurrency })).toThrow(RangeError)
  })

  test('of origins counts paths of one server together, and ports apart', async () => {
    const limit = createOriginLimit({ concurrency: 1 })
    const hand = byHand()
    const started: string[] = []
    const begin =
      (name: string): (() => Promise<string>) =>
      () => {
        started.push(name)
        return hand.work()
      }
    const all = [
      limit.run('http://a.test/1', begin('a1')),
      limit.run('http://a.test/2', begin('a2')),
      limit.run(new URL('http://a.test:81/1'), begin('a81')),
    ]
    await turn()
    expect(started).toEqual(['a1', 'a81'])
    hand.end('done')
    await Promise.all(all)
    expect(started).toEqual(['a1', 'a81', 'a2'])
    await expect(limit.run('no url', () => 1)).rejects.toThrow(TypeError)
  })
})

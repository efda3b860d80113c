import { describe, expect, test } from 'vitest'
import { createTurns } from './turns.ts'

describe('turns', () => {
  test('no more at a time than the limit, in order, and everything once', async () => {
    const turns = createTurns(2)
    const begun: number[] = []
    const ends: (() => void)[] = []
    const work = (index: number) => async (): Promise<number> => {
      begun.push(index)
      await new Promise<void>((resolve) => ends.push(resolve))
      return index
    }
    const results = [0, 1, 2, 3].map((index) => turns.run(work(index)))
    expect(begun).toEqual([0, 1])
    ends[1]?.()
    expect(await results[1]).toBe(1)
    await Promise.resolve()
    expect(begun).toEqual([0, 1, 2])
    ends[0]?.()
    await results[0]
    await Promise.resolve()
    expect(begun).toEqual([0, 1, 2, 3])
    for (const end of ends) end()
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3])
  })

  test('a failure ends its turn, thrown or rejected', async () => {
    const turns = createTurns(1)
    const thrown = turns.run(() => {
      throw new Error('at once')
    })
    const rejected = turns.run(async () => await Promise.reject(new Error('later')))
    const fine = turns.run(async () => await Promise.resolve('fine'))
    await expect(thrown).rejects.toThrow('at once')
    await expect(rejected).rejects.toThrow('later')
    expect(await fine).toBe('fine')
  })

  test('an abort leaves the queue at once and its work never begins; begun work keeps its turn', async () => {
    const turns = createTurns(1)
    let end = (): void => undefined
    const first = new AbortController()
    const second = new AbortController()
    const begun: string[] = []
    const running = turns.run(async () => {
      begun.push('first')
      await new Promise<void>((resolve) => (end = resolve))
    }, first.signal)
    const waiting = turns.run(async () => {
      begun.push('second')
      await Promise.resolve()
    }, second.signal)
    const third = turns.run(async () => {
      begun.push('third')
      await Promise.resolve()
    })
    second.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    first.abort(new Error('gone too'))
    await expect(running).rejects.toThrow('gone too')
    expect(begun).toEqual(['first'])
    end()
    await third
    expect(begun).toEqual(['first', 'third'])
    await expect(turns.run(async () => await Promise.resolve(), first.signal)).rejects.toThrow('gone too')
  })
})

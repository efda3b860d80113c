import { expect, it } from 'vitest'
import { remembered } from './remembered.ts'

function counting(limits: { maxTexts: number; maxLength: number }): {
  read: (text: string) => { text: string }
  reads: string[]
} {
  const reads: string[] = []
  const read = remembered(limits, (text) => {
    reads.push(text)
    if (text === 'bad') throw new RangeError(text)
    return { text }
  })
  return { read, reads }
}

it('reads a text once, and every other by itself', () => {
  const { read, reads } = counting({ maxTexts: 10, maxLength: 10 })
  expect(read('a')).toBe(read('a'))
  expect(read('b')).toEqual({ text: 'b' })
  expect(reads).toEqual(['a', 'b'])
})

it('remembers no failure', () => {
  const { read, reads } = counting({ maxTexts: 10, maxLength: 10 })
  for (let times = 0; times < 2; times += 1) expect(() => read('bad')).toThrow(RangeError)
  expect(reads).toEqual(['bad', 'bad'])
})

it('keeps neither long texts nor too many', () => {
  const { read, reads } = counting({ maxTexts: 2, maxLength: 3 })
  for (const text of ['long', 'long', 'a', 'b', 'a', 'c', 'a']) read(text)
  // `c` is one too many, and the rest is forgotten for it.
  expect(reads).toEqual(['long', 'long', 'a', 'b', 'c', 'a'])
})

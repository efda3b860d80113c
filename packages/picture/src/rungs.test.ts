import fc from 'fast-check'
import { expect, it } from 'vitest'
import { chooseRung, neededPx, rungFor, rungs, rungsOf, srcsetOf, withWidth } from './rungs.ts'

it('delivers nothing wider than the picture, and the large rung on demand only', () => {
  expect(rungsOf()).toEqual([384, 640, 1080])
  expect(rungsOf(300)).toEqual([300])
  expect(rungsOf(640)).toEqual([384, 640])
  expect(rungsOf(1024)).toEqual([384, 640, 1024])
  expect(rungsOf(4000)).toEqual([384, 640, 1080])
  expect(rungsOf(4000, true)).toEqual([384, 640, 1080, 2048])
  expect(rungsOf(1536, true)).toEqual([384, 640, 1080, 1536])
})

it('needs device pixels, two a CSS pixel at most, and one where data is saved', () => {
  expect(neededPx({ cssPx: 300 })).toBe(300)
  expect(neededPx({ cssPx: 300, pixelRatio: 1.5 })).toBe(450)
  expect(neededPx({ cssPx: 300, pixelRatio: 3.5 })).toBe(600)
  expect(neededPx({ cssPx: 300, pixelRatio: 0.5 })).toBe(300)
  expect(neededPx({ cssPx: 300, pixelRatio: 3, saveData: true })).toBe(300)
  expect(neededPx({ cssPx: 0 })).toBe(1)
})

it('takes the narrowest that is wide enough, or nearly', () => {
  expect(rungFor(1)).toBe(384)
  expect(rungFor(390)).toBe(384)
  expect(rungFor(420)).toBe(640)
  expect(rungFor(900)).toBe(1080)
  expect(rungFor(900, rungs, true)).toBe(640)
  expect(rungFor(5000)).toBe(1080)
  expect(rungFor(100, [])).toBeUndefined()
})

it('fetches nothing where a wider rung is here, and one for all where others need it', () => {
  expect(chooseRung({ neededPx: 300, widths: rungs })).toEqual({ widthPx: 384, from: 'server' })
  expect(chooseRung({ neededPx: 300, widths: rungs, held: [1080, 640] })).toEqual({
    widthPx: 640,
    from: 'held',
  })
  expect(chooseRung({ neededPx: 800, widths: rungs, held: [384] })).toEqual({
    widthPx: 1080,
    from: 'server',
  })
  expect(chooseRung({ neededPx: 300, widths: rungs, others: [900] })).toEqual({
    widthPx: 1080,
    from: 'shared',
  })
  expect(chooseRung({ neededPx: 900, widths: rungs, others: [300] })).toEqual({
    widthPx: 1080,
    from: 'server',
  })
  // Nothing is wider than the widest: what is here is then as good as it gets.
  expect(chooseRung({ neededPx: 5000, widths: rungs, held: [1080] })).toEqual({ widthPx: 1080, from: 'held' })
  expect(chooseRung({ neededPx: 5, widths: [] })).toBeUndefined()
})

it('never fetches what is held, nor more than the widest needed, whatever is asked', () => {
  const width = fc.integer({ min: 1, max: 4000 })
  fc.assert(
    fc.property(
      width,
      fc.subarray([...rungs]),
      fc.array(width, { maxLength: 5 }),
      fc.boolean(),
      (needed, held, others, saveData) => {
        const choice = chooseRung({ neededPx: needed, widths: rungs, held, others, saveData })
        if (choice === undefined) throw new Error('there are widths')
        expect(held.includes(choice.widthPx)).toBe(choice.from === 'held')
        const widest = Math.max(...[needed, ...others].map((each) => rungFor(each, rungs, saveData) ?? 0))
        if (choice.from !== 'held') expect(choice.widthPx).toBeLessThanOrEqual(widest)
        expect(choice.widthPx).toBeGreaterThanOrEqual(rungFor(needed, rungs, saveData) ?? 0)
      },
    ),
  )
})

it('prints addresses with their widths', () => {
  expect(withWidth('/images/abc', 384)).toBe('/images/abc?w=384&format=auto')
  expect(withWidth('/images/abc.png', 384)).toBe('/images/abc.png?w=384')
  expect(withWidth('https://a.b/images/abc?format=webp&w=9#x', 640)).toBe(
    'https://a.b/images/abc?format=webp&w=640',
  )
  expect(srcsetOf('/images/abc', [384, 500], (url) => `${url}&sig=x`)).toBe(
    '/images/abc?w=384&format=auto&sig=x 384w, /images/abc?w=500&format=auto&sig=x 500w',
  )
})

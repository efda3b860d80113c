import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Piece, WrappedLine } from './wrap.ts'
import { wrapEvenly, wrapGreedily } from './wrap.ts'

const pieceOf = (width: number, more: Partial<Piece> = {}): Piece => ({
  start: 0,
  end: 0,
  width,
  gap: 0.25,
  ascent: 1,
  descent: 0.2,
  cost: 0,
  required: false,
  ...more,
})
const limit = 10
const widthOf = (pieces: readonly Piece[], { from, to }: WrappedLine): number =>
  pieces.slice(from, to).reduce((sum, piece) => sum + piece.width + piece.gap, 0) - (pieces[to - 1]?.gap ?? 0)
const pieces = fc.array(
  fc
    .record({ width: fc.double({ min: 0.2, max: 12, noNaN: true }), required: fc.boolean() })
    .map(({ width, required }) => pieceOf(width, { required: required && width < 1 })),
  { maxLength: 40 },
)

/** Every way to end `count` lines. */
function* ways(pieceCount: number, count: number, from = 0): Generator<WrappedLine[]> {
  if (count === 1) {
    yield [{ from, to: pieceCount }]
    return
  }
  for (let to = from + 1; to <= pieceCount - count + 1; to++) {
    for (const rest of ways(pieceCount, count - 1, to)) yield [{ from, to }, ...rest]
  }
}

describe('wrapping', () => {
  it('evenly takes as many lines as greedily, in the limit, with every piece once', () => {
    fc.assert(
      fc.property(pieces, (all) => {
        const lines = wrapEvenly(all, limit)
        expect(lines.length).toBe(wrapGreedily(all, limit).length)
        let next = 0
        for (const line of lines) {
          expect(line.from).toBe(next)
          next = line.to
          if (line.to - line.from > 1) expect(widthOf(all, line)).toBeLessThanOrEqual(limit + 1e-9)
          expect(all.slice(line.from, line.to - 1).some((piece) => piece.required)).toBe(false)
        }
        expect(next).toBe(all.length)
      }),
    )
  })

  it('up to five lines are as even as any way that ends in two words or more', () => {
    const few = fc.array(
      fc.double({ min: 0.5, max: 4, noNaN: true }).map((width) => pieceOf(width)),
      { minLength: 4, maxLength: 12 },
    )
    fc.assert(
      fc.property(few, (all) => {
        const lines = wrapEvenly(all, limit)
        fc.pre(lines.length > 1 && lines.length <= 4)
        const target = Math.min(limit, widthOf(all, { from: 0, to: all.length }) / lines.length)
        const costOf = (way: readonly WrappedLine[]): number => {
          const last = way.at(-1)
          const widow =
            last !== undefined && last.to - last.from === 1 && widthOf(all, last) < limit / 2 ? 0.5 : 0
          return way.reduce((sum, line) => sum + ((target - widthOf(all, line)) / limit) ** 2, widow)
        }
        const allowed = [...ways(all.length, lines.length)].filter((way) =>
          way.every((line) => line.to - line.from === 1 || widthOf(all, line) <= limit),
        )
        expect(costOf(lines)).toBeCloseTo(Math.min(...allowed.map(costOf)), 9)
      }),
    )
  })

  it('ends a line rather where it disturbs less', () => {
    const all = [pieceOf(4), pieceOf(1, { gap: 0, cost: 1 }), pieceOf(1), pieceOf(5)]
    expect(wrapEvenly(all, 9).map((line) => line.to)).not.toContain(2)
  })

  it('fills long texts as in a book, without a single short word at the end', () => {
    const all = Array.from({ length: 61 }, () => pieceOf(2.2))
    const lines = wrapEvenly(all, limit)
    expect(lines.length).toBeGreaterThan(5)
    const last = lines.at(-1)
    expect((last?.to ?? 0) - (last?.from ?? 0)).toBeGreaterThan(1)
  })
})

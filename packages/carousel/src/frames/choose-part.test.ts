import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BaseAnalysis } from '../analyse/base-analysis.ts'
import type { Face } from '../frame.ts'
import { choosePart } from './choose-part.ts'

/** A base without anything that stands out, but for what the test puts there. */
function base(
  widthPx: number,
  heightPx: number,
  content: { faces?: Face[]; salient?: (column: number, row: number) => boolean } = {},
): BaseAnalysis {
  const cellPx = 8
  const columns = Math.ceil(widthPx / cellPx)
  const rows = Math.ceil(heightPx / cellPx)
  const grid = new Float32Array(columns * rows)
  const saliency = grid.map((_, cell) =>
    content.salient?.(cell % columns, Math.floor(cell / columns)) === true ? 1 : 0,
  )
  return {
    columns,
    rows,
    cellPx,
    widthPx,
    heightPx,
    luminance: grid,
    luminanceSquare: grid,
    edges: grid,
    skin: grid,
    saliency,
    faces: content.faces ?? [],
    durationMs: 0,
  }
}

const square = { widthPx: 1080, heightPx: 1080 }
const portrait = { widthPx: 1080, heightPx: 1350 }

test('is the whole where the shapes agree', () => {
  expect(choosePart(base(2160, 2700), portrait)).toEqual({ left: 0, top: 0, width: 1, height: 1 })
})

test('is in the middle where nothing stands out, on a cell', () => {
  const part = choosePart(base(1080, 1350), square)
  expect(part).toMatchObject({ left: 0, width: 1, height: 0.8 })
  expect((part.top * 1350) % 8).toBeCloseTo(0)
  expect(Math.abs(part.top - 0.1)).toBeLessThan(8 / 1350)
})

test('goes to what draws the eye', () => {
  const low = choosePart(base(1080, 1350, { salient: (_, row) => row > 150 }), square)
  expect(low.top + low.height).toBeCloseTo(1)
  const left = choosePart(base(2000, 1000, { salient: (column) => column < 20 }), portrait)
  expect(left.left).toBe(0)
})

test('keeps a face, whatever else draws the eye', () => {
  const face = { leftPx: 1700, topPx: 300, widthPx: 200, heightPx: 200, likelihood: 0.9 }
  const part = choosePart(base(2000, 1000, { faces: [face], salient: (column) => column < 40 }), portrait)
  expect(part.left * 2000).toBeLessThanOrEqual(1700)
  expect((part.left + part.width) * 2000).toBeGreaterThanOrEqual(1900)
})

test('keeps the larger of two faces that do not fit together', () => {
  const large = { leftPx: 100, topPx: 300, widthPx: 300, heightPx: 300, likelihood: 0.9 }
  const small = { leftPx: 1900, topPx: 300, widthPx: 60, heightPx: 60, likelihood: 0.9 }
  const part = choosePart(base(2000, 1000, { faces: [small, large] }), portrait)
  expect(part.left * 2000).toBeLessThanOrEqual(100)
})

describe('any part', () => {
  test('lies in its base, has the shape of its slide, spans one side, and is the same again', () => {
    const side = fc.integer({ min: 200, max: 3000 })
    fc.assert(
      fc.property(side, side, side, side, (widthPx, heightPx, slideWidth, slideHeight) => {
        const analysis = base(widthPx, heightPx, { salient: (column, row) => (column * 7 + row) % 5 === 0 })
        const slide = { widthPx: slideWidth, heightPx: slideHeight }
        const part = choosePart(analysis, slide)
        expect(part.left).toBeGreaterThanOrEqual(0)
        expect(part.top).toBeGreaterThanOrEqual(0)
        // Half a pixel is the rounding of cells to pixels.
        expect(part.left + part.width).toBeLessThanOrEqual(1 + 0.51 / widthPx)
        expect(part.top + part.height).toBeLessThanOrEqual(1 + 0.51 / heightPx)
        expect(Math.max(part.width, part.height)).toBe(1)
        expect((part.width * widthPx) / (part.height * heightPx)).toBeCloseTo(slideWidth / slideHeight, 6)
        expect(choosePart(analysis, slide)).toEqual(part)
      }),
      { numRuns: 50 },
    )
  })
})

import { expect, test } from 'vitest'
import type { FrameAnalysis } from '../frame.ts'
import { handFrame } from './testing/hand-frame.ts'
import { subjectOf } from './subject.ts'

const widthPx = 480
const heightPx = 576

/** Salient in one square, with edges where it is sharp. */
function analysisWith(squares: readonly { left: number; top: number; isSharp: boolean }[]): FrameAnalysis {
  const { analysis } = handFrame(widthPx, heightPx, () => [128, 128, 128])
  const { columns, cellPx } = analysis
  for (const { left, top, isSharp } of squares) {
    for (let row = top / cellPx; row < (top + 96) / cellPx; row += 1) {
      for (let column = left / cellPx; column < (left + 96) / cellPx; column += 1) {
        analysis.saliency[row * columns + column] = 0.9
        if (isSharp) analysis.edges[row * columns + column] = 0.4
      }
    }
  }
  return analysis
}

const upper = { leftPx: 0, topPx: 0, widthPx, heightPx: heightPx / 2 }
const lower = { ...upper, topPx: heightPx / 2 }

test('the share of a subject is what lies in a region', () => {
  const { shareIn } = subjectOf(analysisWith([{ left: 192, top: 384, isSharp: true }]))
  expect(shareIn(upper)).toBe(0)
  expect(shareIn(lower)).toBeCloseTo(1, 5)
  expect(shareIn({ ...lower, widthPx: 240 })).toBeCloseTo(0.5, 5)
})

test('what is blurred counts for less than what is sharp', () => {
  const { shareIn } = subjectOf(
    analysisWith([
      { left: 48, top: 48, isSharp: false },
      { left: 288, top: 384, isSharp: true },
    ]),
  )
  expect(shareIn(upper)).toBeLessThan(shareIn(lower) / 2)
  expect(shareIn(upper)).toBeGreaterThan(0)
})

test('where everything is salient, or nothing, there is no subject', () => {
  const { analysis } = handFrame(widthPx, heightPx, () => [128, 128, 128])
  expect(subjectOf(analysis).shareIn(lower)).toBe(0)
  analysis.saliency.fill(0.8)
  expect(subjectOf(analysis).shareIn(lower)).toBe(0)
})

test('a thing that stands alone reaches into a region by its height, however thin it is', () => {
  const analysis = analysisWith([{ left: 192, top: 384, isSharp: false }])
  const { reachInto } = subjectOf(analysis)
  expect(reachInto({ ...upper, heightPx: 384 })).toBe(0)
  expect(reachInto({ ...upper, heightPx: 432 })).toBeCloseTo(48 / 432, 5)
  // Beside it is beside it.
  expect(reachInto({ ...lower, widthPx: 144 })).toBe(0)
  const busy = subjectOf(
    analysisWith([0, 96, 192, 288, 384].map((left) => ({ left, top: 384, isSharp: true }))),
  )
  expect(busy.reachInto(lower)).toBeLessThan(0.5)
})

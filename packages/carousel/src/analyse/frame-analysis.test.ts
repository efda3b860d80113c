import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RectPx } from '../slide.ts'
import { analysePixels } from './analyse-base.ts'
import type { BaseAnalysis } from './base-analysis.ts'
import type { Pixels } from './cell-grids.ts'
import { cellSideFor } from './cell-grids.ts'
import { frameAnalysisOf } from './frame-analysis.ts'

type Color = readonly [red: number, green: number, blue: number]

function picture(widthPx: number, heightPx: number, color: (x: number, y: number) => Color): Pixels {
  const data = new Uint8Array(widthPx * heightPx * 3)
  for (let y = 0, at = 0; y < heightPx; y += 1) {
    for (let x = 0; x < widthPx; x += 1, at += 3) data.set(color(x, y), at)
  }
  return { data, widthPx, heightPx }
}

function analysed(pixels: Pixels, faces: BaseAnalysis['faces'] = []): BaseAnalysis {
  return { ...analysePixels(pixels), faces, durationMs: 0 }
}

const whole = { left: 0, top: 0, width: 1, height: 1 }
const all = (pixels: Pixels): RectPx => ({
  leftPx: 0,
  topPx: 0,
  widthPx: pixels.widthPx,
  heightPx: pixels.heightPx,
})

describe('a region', () => {
  test('of one colour has its relative luminance and no deviation', () => {
    const grey = picture(1080, 1350, () => [119, 119, 119])
    const { statistics } = frameAnalysisOf(analysed(grey), whole, 1080, 1350)
    // WCAG 2.2: ((119 / 255 + 0.055) / 1.055) ^ 2.4
    const { luminance, deviation, edges, skin } = statistics(all(grey))
    expect(luminance).toBeCloseTo(0.1845, 3)
    expect(deviation).toBeCloseTo(0, 3)
    expect(edges).toBe(0)
    expect(skin).toBeLessThan(0.2)
  })

  test('half black and half white has the mean, and the deviation between the halves', () => {
    const halves = picture(1080, 1350, (x) => (x < 544 ? [0, 0, 0] : [255, 255, 255]))
    const { statistics } = frameAnalysisOf(analysed(halves), whole, 1080, 1350)
    const both = statistics({ leftPx: 544 - 160, topPx: 0, widthPx: 320, heightPx: 1350 })
    expect(both.luminance).toBeCloseTo(0.5, 2)
    expect(both.deviation).toBeCloseTo(0.5, 2)
    const left = statistics({ leftPx: 0, topPx: 0, widthPx: 536, heightPx: 1350 })
    expect([left.luminance, left.deviation, left.edges]).toEqual([0, 0, 0])
  })

  test('with stripes is busy, a smooth one is not', () => {
    const stripes = picture(1080, 1350, (x, y) => {
      const level = y < 680 ? (x % 4 < 2 ? 40 : 200) : Math.round(x / 8)
      return [level, level, level]
    })
    const { statistics } = frameAnalysisOf(analysed(stripes), whole, 1080, 1350)
    const upper = statistics({ leftPx: 0, topPx: 0, widthPx: 1080, heightPx: 672 })
    const lower = statistics({ leftPx: 0, topPx: 696, widthPx: 1080, heightPx: 640 })
    expect(upper.edges).toBeGreaterThan(0.8)
    expect(lower.edges).toBeLessThan(0.05)
  })

  test.each([
    ['fair', [229, 185, 160]],
    ['tanned', [190, 130, 95]],
    ['dark', [95, 60, 42]],
  ] as const)('of %s skin is likely skin; sky, leaves and grey are not', (_, color) => {
    const skinOf = (plain: Color): number => {
      const pixels = picture(400, 400, () => plain)
      return frameAnalysisOf(analysed(pixels), whole, 400, 400).statistics(all(pixels)).skin
    }
    expect(skinOf(color)).toBeGreaterThan(0.5)
    for (const other of [
      [110, 160, 220],
      [70, 110, 50],
      [128, 128, 128],
      [250, 250, 250],
    ] as const) {
      expect(skinOf(other)).toBeLessThan(0.2)
    }
  })

  test('says which share of a face it covers', () => {
    const face = { leftPx: 100, topPx: 100, widthPx: 100, heightPx: 100, likelihood: 0.8 }
    const grey = picture(400, 400, () => [90, 90, 90])
    const { statistics, faces } = frameAnalysisOf(analysed(grey, [face]), whole, 400, 400)
    expect(faces).toEqual([face])
    expect(statistics({ leftPx: 0, topPx: 0, widthPx: 400, heightPx: 90 }).faces).toBe(0)
    expect(statistics({ leftPx: 0, topPx: 0, widthPx: 150, heightPx: 400 }).faces).toBeCloseTo(0.4)
    expect(statistics({ leftPx: 0, topPx: 0, widthPx: 400, heightPx: 400 }).faces).toBeCloseTo(0.8)
  })

  test('has the means of its cells, whatever it is, also beyond the frame', () => {
    const noise = picture(203, 187, (x, y) => {
      const level = (Math.imul(x * 31 + y * 17, 2_654_435_761) >>> 24) & 0xff
      return [level, 255 - level, (level * 7) & 0xff]
    })
    const analysis = frameAnalysisOf(analysed(noise), whole, 203, 187)
    const side = fc.integer({ min: -50, max: 260 })
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        (x, y, w, h) => {
          const region = { leftPx: x, topPx: y, widthPx: w, heightPx: h }
          const cells = cellsUnder(region, analysis)
          const mean = (grid: Float32Array): number =>
            cells.reduce((sum, cell) => sum + (grid[cell] ?? Number.NaN), 0) / cells.length
          const statistics = analysis.statistics(region)
          expect(statistics.luminance).toBeCloseTo(mean(analysis.luminance), 4)
          expect(statistics.edges).toBeCloseTo(mean(analysis.edges), 4)
          expect(statistics.skin).toBeCloseTo(mean(analysis.skin), 4)
          expect(statistics.saliency).toBeCloseTo(mean(analysis.saliency), 4)
          expect(statistics.deviation).toBeGreaterThanOrEqual(0)
          expect(statistics.deviation).toBeLessThanOrEqual(0.5 + 1e-6)
        },
      ),
    )
  })
})

describe('a frame', () => {
  test('that is a cut of whole cells has the very cells of its base', () => {
    const slope = picture(1080, 1350, (x, y) => [x & 0xff, y & 0xff, (x + y) & 0xff])
    const base = analysed(slope)
    expect(base.cellPx).toBe(8)
    const part = { left: 0, top: 80 / 1350, width: 1, height: 1080 / 1350 }
    const cut = frameAnalysisOf(base, part, 1080, 1080)
    expect([cut.columns, cut.rows]).toEqual([135, 135])
    const from = 10 * 135
    expect(cut.luminance).toEqual(base.luminance.slice(from, from + 135 * 135))
    expect(cut.edges).toEqual(base.edges.slice(from, from + 135 * 135))
  })

  test.each([
    [270, 338],
    [1080, 1350],
    [2160, 2700],
  ])('has about the same luminances when its base was %i × %i pixels', (widthPx, heightPx) => {
    const ramp = picture(widthPx, heightPx, (x, y) => {
      const level = Math.round((255 * (x / widthPx + y / heightPx)) / 2)
      return [level, level, level]
    })
    const frame = frameAnalysisOf(analysed(ramp), whole, 1080, 1350)
    expect([frame.columns, frame.rows]).toEqual([135, 169])
    const centre = frame.statistics({ leftPx: 500, topPx: 635, widthPx: 80, heightPx: 80 })
    expect(centre.luminance).toBeCloseTo(0.2158, 2)
  })

  test('far smaller than its base loses no bright spot between its cells', () => {
    const spot = picture(1600, 1600, (x, y) => (x < 20 && y < 20 ? [255, 255, 255] : [0, 0, 0]))
    const frame = frameAnalysisOf(analysed(spot), whole, 200, 200)
    expect(frame.luminance[0]).toBeGreaterThan(0.05)
  })
})

test('a base of any size has about as many cells', () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 8192 }), fc.integer({ min: 200, max: 8192 }), (width, height) => {
      const cellPx = cellSideFor(width, height)
      const cells = Math.max(width, height) / cellPx
      expect(cells).toBeLessThan(260)
      expect(cellPx === 2 || cells > 100).toBe(true)
    }),
  )
})

/** Indexes of the cells that a region touches, clipped to the grid; at least one. */
function cellsUnder(
  region: RectPx,
  { columns, rows, cellPx }: { columns: number; rows: number; cellPx: number },
): number[] {
  const range = (start: number, length: number, count: number): [number, number] => {
    const first = Math.min(Math.max(Math.floor(start / cellPx), 0), count - 1)
    return [first, Math.min(Math.max(Math.ceil((start + length) / cellPx), first + 1), count)]
  }
  const [left, right] = range(region.leftPx, region.widthPx, columns)
  const [top, bottom] = range(region.topPx, region.heightPx, rows)
  const cells: number[] = []
  for (let row = top; row < bottom; row += 1) {
    for (let column = left; column < right; column += 1) cells.push(row * columns + column)
  }
  return cells
}

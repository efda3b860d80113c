import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contrastOf, luminanceOf } from '../color.ts'
import { handFrame } from '../layout/testing/hand-frame.ts'
import { applyScrim } from './apply-scrim.ts'
import { worstPixel } from './pixels.ts'
import { leastStrength, scrimCurve, weightAt } from './scrim.ts'

const black = { r: 0, g: 0, b: 0 }
const white = { r: 255, g: 255, b: 255 }
const byte = fc.integer({ min: 0, max: 255 })

describe('the strength of a scrim', () => {
  test('is none where the photograph does already', () => {
    const need = { inkLuminance: 1, worst: { r: 40, g: 40, b: 40 }, leastContrast: 4.5 }
    expect(leastStrength([need], black, 'dark', 0)).toBe(0)
  })

  test('suffices for any pixel, in either tone, and is the least that does', () => {
    fc.assert(
      fc.property(
        byte,
        byte,
        byte,
        fc.constantFrom(3, 4.5),
        fc.boolean(),
        (r, g, b, leastContrast, isDark) => {
          const tone = isDark ? 'dark' : 'light'
          const inkLuminance = isDark ? 1 : 0
          const need = { inkLuminance, worst: { r, g, b }, leastContrast }
          const color = isDark ? black : white
          const strength = leastStrength([need], color, tone, 0)
          const contrastAt = (asked: number): number => {
            const curve = scrimCurve(asked, color, tone)
            return contrastOf(
              inkLuminance,
              luminanceOf({ r: curve.red[r]!, g: curve.green[g]!, b: curve.blue[b]! }),
            )
          }
          expect(contrastAt(strength)).toBeGreaterThanOrEqual(leastContrast)
          if (strength > 0) expect(contrastAt(strength * 0.8)).toBeLessThan(leastContrast * 1.09)
        },
      ),
    )
  })

  test('never brightens for light ink, never darkens for dark ink, and keeps the order of tones', () => {
    for (const strength of [0.1, 0.4, 0.8]) {
      const dark = scrimCurve(strength, { r: 20, g: 24, b: 40 }, 'dark').blue
      const light = scrimCurve(strength, { r: 250, g: 246, b: 240 }, 'light').blue
      for (let value = 1; value < 256; value += 1) {
        expect(dark[value]).toBeLessThanOrEqual(value + 1e-9)
        expect(light[value]).toBeGreaterThanOrEqual(value - 1e-9)
        expect(dark[value]).toBeGreaterThanOrEqual(dark[value - 1]! - 1e-9)
        expect(light[value]).toBeGreaterThanOrEqual(light[value - 1]! - 1e-9)
      }
    }
  })
})

describe('a scrim on pixels', () => {
  const rows = { start: 100, end: 200, before: 80, after: 0 }

  test('leaves rows outside of its profile alone', () => {
    const frame = handFrame(64, 200, () => [200, 180, 160])
    const data = frame.data.slice()
    applyScrim({ ...frame, data }, scrimCurve(0.5, black, 'dark'), rows)
    expect(Buffer.compare(data.subarray(0, 64 * 3 * 19), frame.data.subarray(0, 64 * 3 * 19))).toBe(0)
    expect(data[64 * 3 * 199]).toBeLessThan(120)
  })

  test('has no edge: rows differ by at most two levels of 255 over a plain sky', () => {
    const frame = handFrame(64, 400, () => [210, 214, 220])
    const data = frame.data.slice()
    applyScrim({ ...frame, data }, scrimCurve(0.6, black, 'dark'), {
      start: 320,
      end: 400,
      before: 240,
      after: 0,
    })
    const meanOf = (y: number): number =>
      data.subarray(y * 192, y * 192 + 192).reduce((sum, value) => sum + value, 0) / 192
    for (let y = 1; y < 400; y += 1) expect(Math.abs(meanOf(y) - meanOf(y - 1))).toBeLessThan(2)
  })

  test('is dithered: over a slow gradient a row has two neighbouring levels rather than a step', () => {
    const frame = handFrame(64, 400, () => [210, 210, 210])
    const data = frame.data.slice()
    applyScrim({ ...frame, data }, scrimCurve(0.05, black, 'dark'), {
      start: 390,
      end: 400,
      before: 390,
      after: 0,
    })
    const mixed = Array.from({ length: 400 }, (_, y) => new Set(data.subarray(y * 192, y * 192 + 192)).size)
    expect(mixed.filter((levels) => levels === 2).length).toBeGreaterThan(200)
    expect(Math.max(...mixed)).toBe(2)
  })

  test('falls to nothing across columns as well', () => {
    const frame = handFrame(300, 16, () => [255, 255, 255])
    const data = frame.data.slice()
    const columns = { start: 0, end: 100, before: 0, after: 100 }
    applyScrim(
      { ...frame, data },
      scrimCurve(0.5, black, 'dark'),
      { start: 0, end: 16, before: 0, after: 0 },
      columns,
    )
    expect(data[50 * 3]).toBeLessThan(140)
    expect(data[220 * 3]).toBe(255)
  })
})

test('weights run from 0 to 1 and back', () => {
  const profile = { start: 10, end: 20, before: 5, after: 10 }
  expect([4, 10, 19, 30].map((at) => weightAt(profile, at))).toEqual([0, 1, 1, 0])
  expect(weightAt(profile, 8)).toBeGreaterThan(weightAt(profile, 6))
})

test('the worst pixel is one, wherever it lies, unless ink covers it', () => {
  const frame = handFrame(50, 40, (x, y) => (x === 33 && y === 21 ? [255, 250, 240] : [30, 30, 30]))
  const rect = { leftPx: 20, topPx: 10, widthPx: 20, heightPx: 20 }
  expect(worstPixel(frame, [rect], 'dark')?.color).toEqual({ r: 255, g: 250, b: 240 })
  expect(worstPixel(frame, [rect], 'light')?.color).toEqual({ r: 30, g: 30, b: 30 })
  const data = new Uint8Array(20 * 20 * 4)
  data[(11 * 20 + 13) * 4 + 3] = 255
  expect(worstPixel(frame, [rect], 'dark', { data, rect })?.color).toEqual({ r: 30, g: 30, b: 30 })
})

test('a scrim is its curve, by the weight of the row, to within a level, at any width; the rest is copied', () => {
  const rows = { start: 100, end: 200, before: 80, after: 0 }
  for (const widthPx of [9, 16, 61, 200]) {
    const frame = handFrame(widthPx, 240, (x, y) => [(x * 37) % 256, (y * 11) % 256, (x * y) % 256])
    const made = new Uint8Array(frame.data.length)
    const curve = scrimCurve(0.6, { r: 10, g: 20, b: 40 }, 'dark')
    applyScrim({ ...frame, data: made }, curve, rows, undefined, frame.data)
    const inPlace = frame.data.slice()
    applyScrim({ ...frame, data: inPlace }, curve, rows)
    expect(Buffer.compare(made, inPlace)).toBe(0)
    let furthest = 0
    for (let at = 0; at < made.length; at += 1) {
      const before = frame.data[at]!
      const after = [curve.red, curve.green, curve.blue][at % 3]![before]!
      const weight = weightAt(rows, Math.floor(at / (widthPx * 3)))
      furthest = Math.max(furthest, Math.abs(made[at]! - (before + (after - before) * weight)))
    }
    expect(furthest).toBeGreaterThan(0)
    expect(furthest).toBeLessThan(1.1)
  }
})

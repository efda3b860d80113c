import fc from 'fast-check'
import { expect, test } from 'vitest'
import { luminanceOf } from '../color.ts'
import type { RectPx } from '../slide.ts'
import type { InkMask, Pixels } from './pixels.ts'
import { worstPixel } from './pixels.ts'

// More than three groups of those that are looked at together, and a rest.
const widthPx = 58
const heightPx = 6

/** Of every pixel in the rectangles that no ink covers, the brightest or the darkest. */
function worstByLooking(
  { data }: Pixels,
  rects: readonly RectPx[],
  tone: 'dark' | 'light',
  mask?: InkMask,
): number | undefined {
  const found: number[] = []
  for (const rect of rects) {
    for (let y = rect.topPx; y < rect.topPx + rect.heightPx; y += 1) {
      for (let x = rect.leftPx; x < rect.leftPx + rect.widthPx; x += 1) {
        const at = (y * widthPx + x) * 3
        if ((mask?.data[(y * widthPx + x) * 4 + 3] ?? 0) > 0) continue
        found.push(luminanceOf({ r: data[at] ?? 0, g: data[at + 1] ?? 0, b: data[at + 2] ?? 0 }))
      }
    }
  }
  if (found.length === 0) return undefined
  return tone === 'dark' ? Math.max(...found) : Math.min(...found)
}

const rect = fc
  .tuple(fc.nat(widthPx - 1), fc.nat(heightPx - 1), fc.nat(widthPx), fc.nat(heightPx))
  .map(([leftPx, topPx, width, height]) => ({
    leftPx,
    topPx,
    widthPx: Math.min(width, widthPx - leftPx),
    heightPx: Math.min(height, heightPx - topPx),
  }))

test('the worst pixel is the one that looking at all of them finds, with ink and without', () => {
  const bytes = widthPx * heightPx
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: bytes * 3, maxLength: bytes * 3 }),
      fc.uint8Array({ minLength: bytes * 4, maxLength: bytes * 4, max: 1 }),
      fc.array(rect, { maxLength: 3 }),
      fc.constantFrom('dark', 'light'),
      fc.boolean(),
      (data, ink, rects, tone, masked) => {
        const pixels = { data, widthPx, heightPx }
        const mask = masked ? { data: ink, rect: { leftPx: 0, topPx: 0, widthPx, heightPx } } : undefined
        const expected = worstByLooking(pixels, rects, tone, mask)
        const worst = worstPixel(pixels, rects, tone, mask)
        if (expected === undefined) expect(worst).toBeUndefined()
        else {
          expect(worst?.luminance).toBeCloseTo(expected, 12)
          expect(luminanceOf(worst?.color ?? { r: 0, g: 0, b: 0 })).toBeCloseTo(expected, 12)
        }
      },
    ),
  )
})

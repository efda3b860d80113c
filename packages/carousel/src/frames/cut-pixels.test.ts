import { describe, expect, test } from 'vitest'
import type { DecodedBase } from '../decode/decoded-base.ts'
import { cutPixels } from './cut-pixels.ts'

/** Each pixel says where it is: red its column, green its row. */
function decoded(widthPx: number, heightPx: number): DecodedBase {
  const data = new Uint8Array(widthPx * heightPx * 3)
  for (let y = 0, at = 0; y < heightPx; y += 1) {
    for (let x = 0; x < widthPx; x += 1, at += 3) data.set([x & 0xff, y & 0xff, 7], at)
  }
  const facts = { format: 'png', widthPx, heightPx, hasAlpha: false, orientation: 1, frames: 1 } as const
  return { data, widthPx, heightPx, scale: 1, facts, durationMs: 0 }
}

const whole = { left: 0, top: 0, width: 1, height: 1 }

describe('a frame', () => {
  test('of the whole at its own size is the base itself, not a copy', async () => {
    const base = decoded(100, 120)
    expect(await cutPixels(base, whole, { widthPx: 100, heightPx: 120 }, undefined)).toBe(base.data)
  })

  test.each([
    ['rows', { left: 0, top: 0.25, width: 1, height: 0.5 }, { widthPx: 100, heightPx: 60 }, [0, 30]],
    ['columns', { left: 0.4, top: 0, width: 0.5, height: 1 }, { widthPx: 50, heightPx: 120 }, [40, 0]],
  ] as const)('that cuts %s off has the very pixels, in memory of its own', async (_, part, size, [x, y]) => {
    const base = decoded(100, 120)
    const cut = await cutPixels(base, part, size, undefined)
    expect(cut.length).toBe(size.widthPx * size.heightPx * 3)
    expect(cut.buffer).not.toBe(base.data.buffer)
    expect(cut.buffer.byteLength).toBe(cut.length)
    expect([...cut.subarray(0, 6)]).toEqual([x, y, 7, x + 1, y, 7])
    const last = (size.widthPx * size.heightPx - 1) * 3
    expect([...cut.subarray(last)]).toEqual([x + size.widthPx - 1, y + size.heightPx - 1, 7])
  })

  test.each([
    [50, 60],
    [400, 480],
  ])('is scaled to %i × %i', async (widthPx, heightPx) => {
    const base = decoded(100, 120)
    const cut = await cutPixels(base, whole, { widthPx, heightPx }, undefined)
    expect(cut.length).toBe(widthPx * heightPx * 3)
    const centre = (Math.floor(heightPx / 2) * widthPx + Math.floor(widthPx / 2)) * 3
    expect(Math.abs((cut[centre] ?? 0) - 50)).toBeLessThan(3)
    expect(Math.abs((cut[centre + 1] ?? 0) - 60)).toBeLessThan(3)
    // A copy that `slice` copies again.
    expect(cut.slice(0, 3).buffer).not.toBe(cut.buffer)
  })
})

import { describe, expect, test } from 'vitest'
import { resolveSize } from './size.ts'

describe('resolveSize', () => {
  test.each([
    [{}, 1024, 1024],
    [{ size: '1024x768' }, 1024, 768],
    [{ size: '64x4096' }, 64, 4096],
    [{ size: '4096x2048' }, 4096, 2048],
    [{ w: 333, h: 777 }, 333, 777],
    [{ ar: '1:1' }, 1024, 1024],
    [{ ar: '16:9' }, 1368, 768],
    [{ ar: '9:16' }, 768, 1368],
  ])('%j is %i × %i', (asked, widthPx, heightPx) => {
    expect(resolveSize(asked)).toEqual({ widthPx, heightPx })
  })

  test.each([
    [{ size: '0x0' }, 'size'],
    [{ size: '63x64' }, 'size'],
    [{ size: '20000x20000' }, 'size'],
    [{ size: '4096x4096' }, 'size'],
    [{ size: 'big' }, 'size'],
    [{ size: '1024X768' }, 'size'],
    [{ size: '-64x64' }, 'size'],
    [{ size: '1e3x1e3' }, 'size'],
    [{ w: 512 }, 'h'],
    [{ h: 512 }, 'w'],
    [{ w: Number.NaN, h: 512 }, 'w'],
    [{ w: 512.5, h: 512 }, 'w'],
    [{ ar: '0:1' }, 'ar'],
    [{ ar: '999:1' }, 'ar'],
    [{ size: '512x512', w: 512, h: 512 }, 'size'],
    [{ size: '512x512', ar: '1:1' }, 'size'],
  ])('%j is refused, naming %s', (asked, param) => {
    expect(() => resolveSize(asked)).toThrowError(
      expect.objectContaining({ code: 'invalid_request', facts: expect.objectContaining({ param }) }),
    )
  })

  test('an aspect ratio comes to one megapixel with sides that are multiples of 8', () => {
    for (const ar of ['2:3', '3:2', '4:5', '5:4', '21:9', '1:2', '7:11']) {
      const { widthPx, heightPx } = resolveSize({ ar })
      expect(widthPx % 8).toBe(0)
      expect(heightPx % 8).toBe(0)
      expect(Math.abs(widthPx * heightPx - 1024 ** 2) / 1024 ** 2).toBeLessThan(0.02)
    }
  })
})

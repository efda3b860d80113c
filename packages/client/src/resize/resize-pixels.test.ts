import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { beforeAll, describe, expect, it, test } from 'vitest'
import type { Kernel } from './kernel.ts'
import { loadKernel } from './kernel.ts'
import type { Light } from './light.ts'
import { resizePixels } from './resize-pixels.ts'
import type { Pixels } from './testing/gold.ts'
import { goldResize, psnr, testPicture, zonePlate } from './testing/gold.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await loadKernel(readFileSync(new URL('kernel.wasm', import.meta.url)))
})

function resize(source: Pixels, widthPx: number, heightPx: number, light: Light, opaque = true): Pixels {
  const rowBytes = source.widthPx * 4
  const row = (y: number): Uint8Array | Uint8ClampedArray =>
    source.data.subarray(y * rowBytes, (y + 1) * rowBytes)
  const { widthPx: width, heightPx: height } = source
  const data = resizePixels(
    kernel,
    { widthPx: width, heightPx: height, opaque, row },
    { widthPx, heightPx },
    light,
  )
  return { widthPx, heightPx, data }
}

/** What libvips makes of the same pixels, in the numbers of the file. */
async function byLibvips(source: Pixels, widthPx: number, heightPx: number): Promise<Pixels> {
  const raw = { width: source.widthPx, height: source.heightPx, channels: 4 as const }
  const data = await sharp(source.data, { raw })
    .removeAlpha()
    .resize(widthPx, heightPx, { kernel: 'lanczos3', fit: 'fill', fastShrinkOnLoad: false })
    .ensureAlpha()
    .raw()
    .toBuffer()
  return { widthPx, heightPx, data }
}

describe('pixels', () => {
  it.each<[string, [number, number], [number, number]]>([
    ['a quarter', [640, 480], [160, 120]],
    ['an odd share', [601, 397], [173, 211]],
    ['two fifths', [540, 675], [200, 250]],
    ['larger', [60, 40], [203, 99]],
    ['one axis', [300, 200], [300, 37]],
    ['a panorama', [8000, 24], [500, 6]],
    ['one pixel from one', [1, 1], [1, 1]],
    ['one pixel from many', [37, 23], [1, 1]],
    ['many from one', [1, 1], [33, 9]],
  ])('%s: within rounding of 64-bit Lanczos-3, and as near as libvips is', async (_, [w, h], [W, H]) => {
    const source = testPicture(w, h)
    for (const light of ['srgb', 'linear'] as const) {
      const gold = goldResize(source, W, H, light)
      const made = resize(source, W, H, light)
      const difference = made.data.map((value, i) => Math.abs(value - (gold.data[i] ?? 0)))
      expect(Math.max(...difference)).toBeLessThanOrEqual(2)
      expect(psnr(made, gold)).toBeGreaterThan(50)
      if (light === 'srgb') {
        expect(psnr(made, gold)).toBeGreaterThanOrEqual(psnr(await byLibvips(source, W, H), gold))
      }
    }
  })

  it('of the same size stay as they are, in both lights', () => {
    const source = testPicture(121, 67)
    for (const light of ['srgb', 'linear'] as const) {
      expect(psnr(resize(source, 121, 67, light), source)).toBe(Infinity)
    }
  })

  it('of one colour keep it, to the edge', () => {
    for (const value of [0, 1, 13, 128, 254, 255]) {
      const source = { widthPx: 97, heightPx: 61, data: new Uint8Array(97 * 61 * 4).fill(value) }
      for (let i = 3; i < source.data.length; i += 4) source.data[i] = 255
      const { data } = resize(source, 20, 17, 'linear')
      expect(new Set(data)).toEqual(new Set([value, 255]))
    }
  })

  it('with alpha: no colour leaks out of what cannot be seen', () => {
    const source = testPicture(200, 120, false)
    for (const light of ['srgb', 'linear'] as const) {
      const gold = goldResize(source, 61, 37, light)
      const made = resize(source, 61, 37, light, false)
      // Of nearly transparent pixels the colour is a quotient of two small numbers.
      const visible = made.data.map((value, i) =>
        (gold.data[i | 3] ?? 0) < 16 ? (gold.data[i] ?? 0) : value,
      )
      expect(psnr({ ...made, data: visible }, gold)).toBeGreaterThan(45)
      const alpha = made.data.map((value, i) => (i % 4 === 3 ? Math.abs(value - (gold.data[i] ?? 0)) : 0))
      expect(Math.max(...alpha)).toBeLessThanOrEqual(1)
    }
    const hidden = new Uint8Array(64 * 64 * 4)
    for (let i = 0; i < hidden.length; i += 4) hidden.set(i % 8 === 0 ? [255, 0, 0, 0] : [0, 0, 255, 255], i)
    const { data } = resize({ widthPx: 64, heightPx: 64, data: hidden }, 16, 16, 'srgb', false)
    expect(new Set(data.filter((_, i) => i % 4 === 0))).toEqual(new Set([0]))
  })

  it('are the same bytes each time, whatever was made between', () => {
    const source = testPicture(333, 222)
    const hashOf = ({ data }: Pixels): string => createHash('sha256').update(data).digest('hex')
    const first = hashOf(resize(source, 100, 77, 'linear'))
    resize(testPicture(50, 900), 700, 3, 'srgb', false)
    expect(hashOf(resize(source, 100, 77, 'linear'))).toBe(first)
  })

  it('take no more memory for a taller picture', () => {
    resize(testPicture(400, 100), 100, 25, 'linear')
    const before = kernel.memory.buffer.byteLength
    resize(testPicture(400, 4000), 100, 1000, 'linear')
    expect(kernel.memory.buffer.byteLength).toBe(before)
  })
})

test('a zone plate becomes no rings that gold does not have', () => {
  const source = zonePlate(512)
  const gold = goldResize(source, 128, 128, 'srgb')
  const made = resize(source, 128, 128, 'srgb')
  // Outside of what 128 pixels can hold all is grey: what is not is alias.
  const alias = ({ data }: Pixels): number => {
    let squares = 0
    for (let i = 0; i < 128 * 128; i++) {
      const radius = Math.hypot((i % 128) - 63.5, Math.floor(i / 128) - 63.5)
      if (radius > 40 && radius < 62) squares += ((data[i * 4] ?? 0) - 127.5) ** 2
    }
    return squares
  }
  expect(alias(made)).toBeLessThan(1.1 * alias(gold))
})

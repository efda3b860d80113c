import sharp from 'sharp'
import { expect, test } from 'vitest'
import { withOrientation } from './testing/exif.ts'
import { turnPixels, turnSize } from './turn.ts'

test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i is turned as libvips turns it', async (orientation) => {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 50 }
  const create = { width: 24, height: 16, channels: 3 as const, background: '#468', noise }
  const jpeg = await sharp({ create }).jpeg({ quality: 100 }).toBuffer()
  const stored = await sharp(jpeg).ensureAlpha().raw().toBuffer()
  const size = { widthPx: 24, heightPx: 16 }
  const shown = sharp(withOrientation(jpeg, orientation)).rotate().ensureAlpha().raw()
  const { data, info } = await shown.toBuffer({ resolveWithObject: true })
  expect(turnSize(size, orientation)).toEqual({ widthPx: info.width, heightPx: info.height })
  expect(Buffer.from(turnPixels(new Uint8ClampedArray(stored), size, orientation)).equals(data)).toBe(true)
})

import fc from 'fast-check'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { jpegOrientation } from './jpeg-orientation.ts'
import { withOrientation } from './testing/exif.ts'

const plain = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#777' } })
  .jpeg()
  .toBuffer()

it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i is read', async (orientation) => {
  const turned = withOrientation(plain, orientation)
  expect((await sharp(turned).metadata()).orientation).toBe(orientation)
  expect(jpegOrientation(turned)).toBe(orientation)
})

it('is 1 where nothing, or nonsense, is said', () => {
  expect(jpegOrientation(plain)).toBe(1)
  for (const value of [0, 9, 65_535]) expect(jpegOrientation(withOrientation(plain, value))).toBe(1)
  expect(jpegOrientation(new Uint8Array())).toBe(1)
})

it('never reads outside of the bytes, whatever they are', () => {
  const turned = withOrientation(plain, 6)
  fc.assert(
    fc.property(
      fc.nat(60),
      fc.array(fc.tuple(fc.nat(59), fc.nat(255)), { maxLength: 8 }),
      (length, changes) => {
        const bytes = Uint8Array.from(turned.subarray(0, length))
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        expect(jpegOrientation(bytes)).toBeGreaterThan(0)
        expect(jpegOrientation(bytes)).toBeLessThan(9)
      },
    ),
  )
})

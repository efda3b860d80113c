import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { inspectPicture, verifyPicture } from './inspect-picture.ts'
import { PictureError } from './picture-error.ts'
import { declaredPng, testFile, testImage } from './testing/test-pictures.ts'

const formats = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof PictureError) return error.code
    throw error
  }
  return 'no error'
}

describe('inspectPicture', () => {
  test.each(formats)('reads the header of a %s', async (format) => {
    const facts = { format, widthPx: 120, heightPx: 80, hasAlpha: false, orientation: 1, frames: 1 }
    // libvips writes and reads every GIF with transparency.
    const expected = format === 'gif' ? { ...facts, hasAlpha: expect.any(Boolean) } : facts
    expect(await inspectPicture(await testFile(format))).toEqual(expected)
  })

  test.each(['png', 'webp', 'avif'] as const)('sees the transparency of a %s', async (format) => {
    expect(await inspectPicture(await testFile(format, { alpha: true }))).toMatchObject({ hasAlpha: true })
  })

  test.each(['jpeg', 'png', 'webp', 'tiff'] as const)(
    'gives the size of a turned %s as shown',
    async (format) => {
      const turned = await testImage().withMetadata({ orientation: 6 }).toFormat(format).toBuffer()
      expect(await inspectPicture(turned)).toMatchObject({ widthPx: 80, heightPx: 120, orientation: 6 })
    },
  )

  test('counts frames and gives the size of one', async () => {
    const frames = [await testFile('png'), await testImage().negate().png().toBuffer()]
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer()
    expect(await verifyPicture(gif)).toMatchObject({ widthPx: 120, heightPx: 80, frames: 2 })
  })

  test('a picture of one pixel is a picture', async () => {
    const one = { widthPx: 1, heightPx: 1 }
    for (const format of formats) {
      expect(await verifyPicture(await testFile(format, one))).toMatchObject(one)
    }
  })

  test.each([
    ['nothing', ''],
    ['HTML', '<!doctype html><html><body>502 Bad Gateway</body></html>'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'],
    ['JSON', '{"error":"busy"}'],
    ['PDF', '%PDF-1.7\n'],
    ['a WAVE file, which is RIFF too', 'RIFF\x24\0\0\0WAVEfmt '],
  ])('%s is not an image', async (_what, text) => {
    expect(await codeOf(inspectPicture(Buffer.from(text, 'latin1')))).toBe('NOT_AN_IMAGE')
  })

  test('the library refuses SVG by itself, should bytes get past the first look', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')
    await expect(sharp(svg).metadata()).rejects.toThrow('unsupported image format')
  })

  test('a file that declares 30,000 × 30,000 is refused before anything is decoded', async () => {
    expect(await codeOf(inspectPicture(declaredPng(30_000, 30_000)))).toBe('IMAGE_TOO_LARGE')
    expect(await codeOf(verifyPicture(declaredPng(30_000, 30_000)))).toBe('IMAGE_TOO_LARGE')
  })

  test('the limit counts pixels as declared, to the pixel', async () => {
    const bytes = await testFile('png')
    expect(await inspectPicture(bytes, { maxPixels: 120 * 80 })).toMatchObject({ widthPx: 120 })
    expect(await codeOf(inspectPicture(bytes, { maxPixels: 120 * 80 - 1 }))).toBe('IMAGE_TOO_LARGE')
    expect(await codeOf(verifyPicture(bytes, { maxPixels: 120 * 80 - 1 }))).toBe('IMAGE_TOO_LARGE')
  })

  test.each(['jpeg', 'png', 'webp'] as const)(
    'sees in the structure of a %s that its end is missing',
    async (format) => {
      const bytes = await testFile(format)
      for (const missing of [1, 2, 20, bytes.length >> 1]) {
        expect(await codeOf(inspectPicture(bytes.subarray(0, -missing)))).toBe('TRUNCATED')
      }
    },
  )
})

describe('verifyPicture', () => {
  test.each(formats)('a whole %s passes, and any end cut off is found', async (format) => {
    const bytes = await testFile(format)
    expect(await verifyPicture(bytes)).toMatchObject({ format })
    for (const missing of [3, 20, 200, bytes.length >> 1, bytes.length - 13]) {
      const code = await codeOf(verifyPicture(bytes.subarray(0, -missing)))
      expect(['TRUNCATED', 'DECODE_FAILED'], `${missing} bytes missing`).toContain(code)
    }
  })

  test.each(['jpeg', 'png', 'avif', 'gif'] as const)(
    'damage in the middle of a %s is found',
    async (format) => {
      const bytes = Uint8Array.from(await testFile(format, { widthPx: 300, heightPx: 200 }))
      const middle = bytes.length >> 1
      bytes.fill(0x5a, middle, middle + 64)
      expect(['TRUNCATED', 'DECODE_FAILED']).toContain(await codeOf(verifyPicture(bytes)))
    },
  )

  test('a PNG with a right header and not enough rows is found', async () => {
    expect(['TRUNCATED', 'DECODE_FAILED']).toContain(await codeOf(verifyPicture(declaredPng(500, 500))))
  })

  test.each(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const)(
    'whatever byte of a %s is changed: facts or a PictureError, nothing else',
    async (format) => {
      const bytes = await testFile(format, { widthPx: 16, heightPx: 16 })
      const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          const changed = Uint8Array.from(bytes)
          for (const [at, mask] of changes) changed[at] = (changed[at] ?? 0) ^ mask
          const facts = await verifyPicture(changed, { maxPixels: 1_000_000 }).catch(
            (error: unknown) => error,
          )
          if (facts instanceof Error) expect(facts).toBeInstanceOf(PictureError)
        }),
        { numRuns: 60 },
      )
    },
  )
})

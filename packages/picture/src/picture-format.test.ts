import { describe, expect, test } from 'vitest'
import {
  extensionOf,
  formatOfExtension,
  formatOfMediaType,
  mediaTypeOf,
  pictureFormats,
} from './picture-format.ts'
import { sniffFormat } from './sniff-format.ts'
import { testFile } from './testing/test-pictures.ts'

describe('names of formats', () => {
  test.each(pictureFormats)('%s has a media type and an extension that lead back to it', (format) => {
    expect(formatOfMediaType(mediaTypeOf(format))).toBe(format)
    expect(formatOfExtension(extensionOf(format))).toBe(format)
  })

  test('media types come with parameters and in any case', () => {
    expect(formatOfMediaType('IMAGE/PNG; charset=binary')).toBe('png')
    expect(formatOfMediaType('image/jpg')).toBe('jpeg')
    expect(formatOfMediaType('text/html')).toBeUndefined()
    expect(formatOfMediaType('')).toBeUndefined()
  })

  test('jpg and jpeg are one extension', () => {
    expect(extensionOf('jpeg')).toBe('jpg')
    expect(formatOfExtension('JPEG')).toBe('jpeg')
    expect(formatOfExtension('gif')).toBeUndefined()
    expect(formatOfExtension('toString')).toBeUndefined()
  })
})

describe('sniffFormat', () => {
  test.each(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const)(
    'knows %s by its bytes',
    async (format) => {
      const bytes = await testFile(format)
      expect(sniffFormat(bytes)).toBe(format)
      // A window into a larger buffer, as sockets give it.
      const larger = new Uint8Array(bytes.length + 7)
      larger.set(bytes, 7)
      expect(sniffFormat(larger.subarray(7))).toBe(format)
    },
  )

  test('HEIC is not AVIF, although the container is the same', () => {
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')
    expect(sniffFormat(heic)).toBeUndefined()
    // The minor version is not a brand.
    expect(sniffFormat(Buffer.from('\0\0\0\x18ftypheicavifmif1heic', 'latin1'))).toBeUndefined()
    expect(sniffFormat(Buffer.from('\0\0\0\x18ftypmif1\0\0\0\0miafavif', 'latin1'))).toBe('avif')
  })
})

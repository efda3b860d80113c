import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { inspectPicture, verifyPicture } from './inspect-picture.ts'
import { makeVariant } from './make-variant.ts'
import { markPicture } from './mark-picture.ts'
import { pictureFormats } from './picture-format.ts'
import { colourAt, declaredPng, testFile, testImage } from './testing/test-pictures.ts'
import { isSourceItself, resolveVariant } from './variant-spec.ts'
import type { AskedVariant } from './variant-spec.ts'

const sourceFormats = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const

async function variantOf(source: Uint8Array, asked: AskedVariant): ReturnType<typeof makeVariant> {
  return await makeVariant(source, resolveVariant(await inspectPicture(source), asked))
}

function distance(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? 0))))
}

describe('makeVariant', () => {
  test.each(sourceFormats.flatMap((from) => pictureFormats.map((to) => [from, to] as const)))(
    'makes %s into %s of the right size and content',
    async (from, to) => {
      const source = await testFile(from, { widthPx: 240, heightPx: 160 })
      const made = await variantOf(source, { w: 120, format: to })
      expect(made).toMatchObject({ widthPx: 120, heightPx: 80, format: to })
      expect(await verifyPicture(made.bytes)).toMatchObject({ format: to, widthPx: 120, heightPx: 80 })
      const expected = await sharp(source).resize(120, 80).png().toBuffer()
      const mean = async (bytes: Uint8Array): Promise<number[]> =>
        (await sharp(bytes).removeAlpha().stats()).channels.map((channel) => channel.mean)
      expect(distance(await mean(made.bytes), await mean(expected))).toBeLessThan(3)
    },
  )

  test.each(pictureFormats)('the same spec gives the same %s, byte for byte', async (format) => {
    const source = await testFile('png', { widthPx: 200, heightPx: 120 })
    const [one, two] = await Promise.all([
      variantOf(source, { w: 100, format }),
      variantOf(source, { w: 100, format }),
    ])
    expect(Buffer.compare(one.bytes, two.bytes)).toBe(0)
  })

  test.each<[AskedVariant, number, number]>([
    [{ w: 60, h: 60 }, 60, 60],
    [{ w: 60, h: 60, fit: 'inside' }, 60, 40],
    [{ w: 60, h: 60, fit: 'contain' }, 60, 60],
    [{ w: 60, h: 60, fit: 'fill' }, 60, 60],
    [{ w: 300, h: 300 }, 300, 300],
    [{ w: 300, h: 300, fit: 'inside' }, 120, 80],
    [{ w: 240, h: 160 }, 240, 160],
    [{ w: 1 }, 1, 1],
    [{}, 120, 80],
  ])('%o of 120 × 80 is %i × %i', async (asked, widthPx, heightPx) => {
    const made = await variantOf(await testFile('png'), { ...asked, format: 'webp' })
    expect(made).toMatchObject({ widthPx, heightPx })
    expect(await inspectPicture(made.bytes)).toMatchObject({ widthPx, heightPx })
  })

  test('a spec that is not canonical makes what its canonical one makes', async () => {
    const source = await testFile('png')
    const loose = await makeVariant(source, { widthPx: 60, fit: 'cover', format: 'jpeg', quality: 80 })
    const canonical = await makeVariant(source, {
      widthPx: 60,
      heightPx: 40,
      fit: 'inside',
      format: 'jpeg',
      quality: 80,
    })
    expect(Buffer.compare(loose.bytes, canonical.bytes)).toBe(0)
  })

  test('contain pads JPEG with white and PNG with nothing; cover crops around the centre', async () => {
    const red = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#c00' } })
      .composite([
        { input: { create: { width: 10, height: 20, channels: 3, background: '#00c' } }, left: 0, top: 0 },
      ])
      .png()
      .toBuffer()
    const jpeg = await variantOf(red, { w: 80, h: 80, fit: 'contain', format: 'jpeg' })
    expect(distance(await colourAt(jpeg.bytes, 40, 5), [255, 255, 255])).toBeLessThan(4)
    const png = await variantOf(red, { w: 20, h: 20, fit: 'contain' })
    expect((await colourAt(png.bytes, 10, 0))[3]).toBe(0)
    const cover = await variantOf(red, { w: 20, h: 20 })
    expect(distance((await colourAt(cover.bytes, 2, 10)).slice(0, 3), [204, 0, 0])).toBeLessThan(2)
  })

  test.each([2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is applied and then gone', async (orientation) => {
    const upright = await testFile('png', { widthPx: 64, heightPx: 40 })
    const turned = await sharp(upright).withMetadata({ orientation }).png().toBuffer()
    const made = await variantOf(turned, {})
    const turnedSize = orientation >= 5 ? { widthPx: 40, heightPx: 64 } : { widthPx: 64, heightPx: 40 }
    expect(made).toMatchObject(turnedSize)
    expect(await inspectPicture(made.bytes)).toMatchObject({ ...turnedSize, orientation: 1 })
    const expected = await sharp(turned).autoOrient().raw().toBuffer()
    expect(Buffer.compare(await sharp(made.bytes).raw().toBuffer(), expected)).toBe(0)
  })

  test('an inside size of a turned picture is measured as shown', async () => {
    const turned = await testImage().withMetadata({ orientation: 6 }).jpeg().toBuffer()
    expect(await variantOf(turned, { w: 40 })).toMatchObject({ widthPx: 40, heightPx: 60 })
  })

  test('CMYK becomes sRGB', async () => {
    const cmyk = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#20a040' } })
      .toColourspace('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer()
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
    for (const format of pictureFormats) {
      const made = await variantOf(cmyk, { format })
      expect((await sharp(made.bytes).metadata()).space).toBe('srgb')
      expect(distance(await colourAt(made.bytes, 16, 16), [0x20, 0xa0, 0x40])).toBeLessThan(40)
    }
  })

  test('a wide-gamut profile is converted, not dropped', async () => {
    const p3 = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#d04020' } })
      .withIccProfile('p3')
      .png()
      .toBuffer()
    expect((await sharp(p3).metadata()).hasProfile).toBe(true)
    const made = await variantOf(p3, { format: 'png', w: 8 })
    expect((await sharp(made.bytes).metadata()).hasProfile).toBe(false)
    expect(distance((await colourAt(made.bytes, 4, 4)).slice(0, 3), [0xd0, 0x40, 0x20])).toBeLessThan(4)
  })

  test('sixteen bits a channel become eight', async () => {
    const deep = await testImage().toColourspace('rgb16').png().toBuffer()
    expect((await sharp(deep).metadata()).depth).toBe('ushort')
    const made = await variantOf(deep, { w: 60 })
    expect(await sharp(made.bytes).metadata()).toMatchObject({ depth: 'uchar', space: 'srgb' })
    const eight = await variantOf(await testFile('png'), { w: 60 })
    expect(distance(await colourAt(made.bytes, 30, 20), await colourAt(eight.bytes, 30, 20))).toBeLessThan(3)
  })

  test('a transparent palette PNG lies on white in JPEG and stays transparent elsewhere', async () => {
    const palette = await sharp({
      create: { width: 32, height: 32, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    })
      .composite([
        { input: { create: { width: 16, height: 32, channels: 4, background: '#00f' } }, left: 0, top: 0 },
      ])
      .png({ palette: true })
      .toBuffer()
    expect(await sharp(palette).metadata()).toMatchObject({ isPalette: true, hasAlpha: true })
    const jpeg = await variantOf(palette, { format: 'jpeg' })
    expect(distance(await colourAt(jpeg.bytes, 28, 16), [255, 255, 255])).toBeLessThan(6)
    for (const format of ['png', 'webp', 'avif'] as const) {
      const made = await variantOf(palette, { format, w: 16 })
      expect((await colourAt(made.bytes, 14, 8))[3]).toBe(0)
      expect((await colourAt(made.bytes, 2, 8))[3]).toBe(255)
    }
  })

  test('an animation gives its first frame', async () => {
    const red = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#f00' } })
      .png()
      .toBuffer()
    const blue = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#00f' } })
      .png()
      .toBuffer()
    const gif = await sharp([red, blue], { join: { animated: true } })
      .gif()
      .toBuffer()
    const made = await variantOf(gif, { format: 'png' })
    expect(made).toMatchObject({ widthPx: 20, heightPx: 20 })
    expect((await colourAt(made.bytes, 10, 10)).slice(0, 3)).toEqual([255, 0, 0])
  })

  test.each(pictureFormats)('the mark goes along into %s, and nothing else does', async (format) => {
    const original = await testImage()
      .withExif({ IFD0: { ImageDescription: 'secret prompt', Artist: 'somebody' } })
      .withIccProfile('p3')
      .jpeg()
      .toBuffer()
    const unmarked = await variantOf(original, { format, w: 60 })
    const metadata = await sharp(unmarked.bytes).metadata()
    expect([metadata.exif, metadata.xmp, metadata.icc, metadata.iptc]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    const mark = { digitalSourceType: 'trainedAlgorithmicMedia', creatorTool: 'Darkroom' } as const
    const made = await variantOf(await markPicture(original, mark), { format, w: 60 })
    expect(await inspectPicture(made.bytes)).toMatchObject(mark)
    expect(Buffer.from(made.bytes).includes('secret')).toBe(false)
    // And into a variant of the variant.
    const again = await variantOf(made.bytes, { format: 'avif', w: 30 })
    expect(await inspectPicture(again.bytes)).toMatchObject(mark)
  })

  test('what is asked again of a variant is that variant itself', async () => {
    const made = await variantOf(await testFile('png'), { w: 60, format: 'webp' })
    const facts = await inspectPicture(made.bytes)
    expect(isSourceItself(facts, resolveVariant(facts, { w: 60, format: 'webp' }))).toBe(true)
  })

  test('refuses sources as inspectPicture does, and sides that a format cannot have', async () => {
    const spec = { fit: 'inside', format: 'webp', quality: 80 } as const
    await expect(makeVariant(Buffer.from('<svg/>'), spec)).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' })
    await expect(makeVariant(declaredPng(30_000, 30_000), spec)).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    })
    const cut = (await testFile('gif')).subarray(0, -40)
    await expect(makeVariant(cut, spec)).rejects.toMatchObject({ name: 'PictureError' })
    const long = await testFile('png', { widthPx: 16_400, heightPx: 1 })
    await expect(makeVariant(long, spec)).rejects.toMatchObject({ code: 'UNSUPPORTED_VARIANT' })
    await expect(makeVariant(long, { ...spec, format: 'avif' })).rejects.toMatchObject({
      code: 'UNSUPPORTED_VARIANT',
    })
    expect(await makeVariant(long, { ...spec, format: 'jpeg' })).toMatchObject({ widthPx: 16_400 })
    await expect(makeVariant(await testFile('png'), { ...spec, quality: 0 })).rejects.toMatchObject({
      code: 'UNSUPPORTED_VARIANT',
    })
  })

  test('a caller that leaves is answered with its own reason', async () => {
    const source = await testFile('png', { widthPx: 600, heightPx: 600 })
    const spec = resolveVariant(await inspectPicture(source), { format: 'avif' })
    await expect(makeVariant(source, spec, { signal: AbortSignal.abort('left') })).rejects.toBe('left')
    const controller = new AbortController()
    const made = makeVariant(source, spec, { signal: controller.signal })
    controller.abort(new Error('left later'))
    await expect(made).rejects.toThrow('left later')
  })
})

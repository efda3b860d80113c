import sharp from 'sharp'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inspectPicture, verifyPicture } from './inspect-picture.ts'
import { markPicture, stripMetadata } from './mark-picture.ts'
import {
  pixelsOf,
  pngChunk,
  pngChunkTypes,
  testFile,
  testImage,
  withJpegSegments,
  withPngChunks,
} from './testing/test-pictures.ts'
import { concatBytes } from './container/container.ts'

const mark = {
  digitalSourceType: 'trainedAlgorithmicMedia',
  creatorTool: 'Darkroom (openai:gpt-image-1)',
} as const

async function animatedWebp(): Promise<Uint8Array> {
  const frames = [
    await testFile('png', { alpha: true }),
    await testImage({ alpha: true }).negate().png().toBuffer(),
  ]
  return await sharp(frames, { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer()
}

/** Adobe's segment alone says that the components are RGB and not YCbCr; sharp writes neither it nor JFIF. */
async function rgbJpeg(): Promise<Uint8Array> {
  return withJpegSegments(await testFile('jpeg'), [[0xee, 'Adobe\0\x64\0\0\0\0\0']])
}

async function jfifJpeg(): Promise<Uint8Array> {
  return withJpegSegments(await testFile('jpeg'), [
    [0xfe, 'a comment before the header'],
    [0xe0, 'JFIF\0\x01\x02\0\0\x01\0\x01\0\0'],
  ])
}

/** Every kind of file whose metadata is edited. */
const files: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  'a baseline JPEG': async () => await testImage().jpeg().toBuffer(),
  'a progressive JPEG': async () => await testImage().jpeg({ progressive: true }).toBuffer(),
  'a CMYK JPEG': async () => await testImage().toColourspace('cmyk').jpeg().toBuffer(),
  'an RGB JPEG': rgbJpeg,
  'a JPEG with a JFIF header': jfifJpeg,
  'a grey JPEG': async () => await testImage().toColourspace('b-w').jpeg().toBuffer(),
  'a JPEG with restart markers': async () =>
    await testImage({ widthPx: 300 }).jpeg({ mozjpeg: true }).toBuffer(),
  'a PNG': async () => await testFile('png'),
  'a transparent PNG': async () => await testFile('png', { alpha: true }),
  'a palette PNG': async () => await testImage({ alpha: true }).png({ palette: true }).toBuffer(),
  'a 16-bit PNG': async () => await testImage().toColourspace('rgb16').png().toBuffer(),
  'an interlaced PNG': async () => await testImage().png({ progressive: true }).toBuffer(),
  'a lossy WebP': async () => await testImage().webp().toBuffer(),
  'a lossless WebP': async () => await testImage().webp({ lossless: true }).toBuffer(),
  'a transparent lossy WebP': async () => await testImage({ alpha: true }).webp().toBuffer(),
  'a transparent lossless WebP': async () =>
    await testImage({ alpha: true }).webp({ lossless: true }).toBuffer(),
  'an animated WebP': animatedWebp,
  'a JPEG of one pixel': async () => await testFile('jpeg', { widthPx: 1, heightPx: 1 }),
  'a WebP of odd length': async () => await testFile('webp', { widthPx: 3, heightPx: 1 }),
}

describe('markPicture', () => {
  test.each(Object.entries(files))('marks %s without touching a pixel', async (_name, make) => {
    const bytes = await make()
    const before = await inspectPicture(bytes)
    const marked = await markPicture(bytes, mark)
    expect(await verifyPicture(marked)).toEqual({ ...before, ...mark })
    const [was, is] = await Promise.all([pixelsOf(bytes), pixelsOf(marked)])
    expect(is.info).toEqual(was.info)
    expect(Buffer.compare(is.data, was.data)).toBe(0)
    expect(marked.length - bytes.length).toBeLessThan(1024)
  })

  test.each(Object.entries(files))(
    'marking %s again replaces the mark and adds nothing',
    async (_name, make) => {
      const once = await markPicture(await make(), mark)
      expect(Buffer.compare(await markPicture(once, mark), once)).toBe(0)
      const other = await markPicture(once, { digitalSourceType: 'algorithmicMedia' })
      expect((await inspectPicture(other)).digitalSourceType).toBe('algorithmicMedia')
      expect(Buffer.from(other).includes('trainedAlgorithmicMedia')).toBe(false)
      expect(Buffer.from(other).includes('gpt-image-1')).toBe(false)
    },
  )

  test.each(['jpeg', 'png', 'webp'] as const)(
    'keeps the colour profile and the orientation of a %s',
    async (format) => {
      const bytes = await testImage()
        .withIccProfile('p3')
        .withExif({ IFD0: { Artist: 'somebody', Orientation: '6' } })
        .withMetadata({ orientation: 6 })
        .toFormat(format)
        .toBuffer()
      const before = await sharp(bytes).metadata()
      expect(before).toMatchObject({ orientation: 6, hasProfile: true })
      const marked = await markPicture(bytes, mark)
      const after = await sharp(marked).metadata()
      expect(after).toMatchObject({ orientation: 6, hasProfile: true })
      expect(after.icc?.equals(before.icc ?? Buffer.of())).toBe(true)
      expect(Buffer.from(marked).includes('somebody')).toBe(false)
      expect(after.exif?.length).toBeLessThan(40)
    },
  )

  test('a prompt in a PNG is gone, in whichever chunk it was', async () => {
    const secret = 'secret prompt'
    const text = (head: string): Uint8Array => Buffer.from(`${head}${secret}`, 'latin1')
    const bytes = withPngChunks(await testFile('png'), [
      pngChunk('tEXt', text('parameters\0')),
      pngChunk('zTXt', concatBytes([Buffer.from('prompt\0\0'), deflateSync(text(''))])),
      pngChunk('iTXt', text('XML:com.adobe.xmp\0\0\0\0\0')),
      pngChunk('caBX', text('jumb')),
      pngChunk('prVt', text('')),
    ])
    const trailed = concatBytes([bytes, text('')])
    const marked = await markPicture(trailed, mark)
    expect(Buffer.from(marked).includes(secret)).toBe(false)
    const types = pngChunkTypes(marked)
    expect(types.slice(0, 2)).toEqual(['IHDR', 'iTXt'])
    expect(types.filter((type) => !['pHYs', 'IDAT'].includes(type))).toEqual(['IHDR', 'iTXt', 'IEND'])
    expect(Buffer.compare((await pixelsOf(marked)).data, (await pixelsOf(bytes)).data)).toBe(0)
  })

  test('a prompt in a JPEG is gone, in whichever segment it was', async () => {
    const secret = 'secret prompt'
    const bytes = withJpegSegments(await testFile('jpeg'), [
      [0xe1, `Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0${secret}`],
      [0xe1, `http://ns.adobe.com/xmp/extension/\0${secret}`],
      [0xe2, `MPF\0${secret}`],
      [0xe0, `JFXX\0${secret}`],
      [0xeb, `JP\0${secret}`],
      [0xed, `Photoshop 3.0\0${secret}`],
      [0xfe, secret],
    ])
    const trailed = concatBytes([bytes, Buffer.from(secret)])
    const marked = await markPicture(trailed, mark)
    expect(Buffer.from(marked).includes(secret)).toBe(false)
    expect(Buffer.compare((await pixelsOf(marked)).data, (await pixelsOf(bytes)).data)).toBe(0)
  })

  test('a JFIF header stays, and comes first', async () => {
    const marked = await markPicture(await jfifJpeg(), mark)
    expect(Buffer.from(marked.subarray(2, 11)).toString('latin1')).toBe('\xff\xe0\0\x10JFIF\0')
  })

  test('a prompt in a WebP is gone, with its flags', async () => {
    const bytes = await testImage()
      .withExif({ IFD0: { ImageDescription: 'secret prompt' } })
      .webp()
      .toBuffer()
    expect(Buffer.from(bytes).includes('secret prompt')).toBe(true)
    const stripped = await stripMetadata(concatBytes([bytes, Buffer.from('secret prompt')]))
    expect(Buffer.from(stripped).includes('secret')).toBe(false)
    const metadata = await sharp(stripped).metadata()
    expect([metadata.exif, metadata.xmp]).toEqual([undefined, undefined])
  })

  test.each(['avif', 'gif', 'tiff'] as const)(
    '%s is refused: it would have to be encoded again',
    async (format) => {
      await expect(markPicture(await testFile(format), mark)).rejects.toMatchObject({
        code: 'UNSUPPORTED_FORMAT',
      })
    },
  )

  test('what is no whole picture is refused', async () => {
    await expect(markPicture(Buffer.from('<html>'), mark)).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' })
    await expect(markPicture(new Uint8Array(), mark)).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' })
    const cut = (await testFile('png')).subarray(0, -5)
    await expect(markPicture(cut, mark)).rejects.toMatchObject({ code: 'TRUNCATED' })
  })
})

describe('stripMetadata', () => {
  test.each(['jpeg', 'png', 'webp'] as const)('keeps the mark of a %s', async (format) => {
    const marked = await markPicture(await testFile(format), mark)
    expect(Buffer.compare(await stripMetadata(marked), marked)).toBe(0)
    expect((await stripMetadata(await testFile(format))).includes(0)).toBe(true)
    expect(await inspectPicture(await stripMetadata(await testFile(format)))).not.toHaveProperty(
      'digitalSourceType',
    )
  })
})

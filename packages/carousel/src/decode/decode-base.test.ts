import { inspectPicture } from '@darkroom/picture'
import type { Sharp } from 'sharp'
import sharp from 'sharp'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { testPhoto } from '../testing/test-bases.ts'
import { decodeBase } from './decode-base.ts'
import type { DecodedBase } from './decoded-base.ts'

const sides = { widthPx: 320, heightPx: 400 }

async function decoded(bytes: Uint8Array, scale = 1): Promise<DecodedBase> {
  return decodeBase(bytes, await inspectPicture(bytes), scale, undefined)
}

/** The plain picture, as it should come out. */
async function reference(): Promise<Uint8Array> {
  return await testPhoto(sides.widthPx, sides.heightPx).raw().toBuffer()
}

/** Mean difference of a byte, 0..255. */
function difference(one: Uint8Array, other: Uint8Array): number {
  if (one.length !== other.length) return Infinity
  let sum = 0
  for (let at = 0; at < one.length; at += 1) sum += Math.abs((one[at] ?? 0) - (other[at] ?? 0))
  return sum / one.length
}

const photo = (): Sharp => testPhoto(sides.widthPx, sides.heightPx)

describe('a base comes out upright, in sRGB, opaque, 8 bits a channel', () => {
  const forms: readonly (readonly [name: string, make: () => Promise<Uint8Array>, tolerance: number])[] = [
    ['JPEG', () => photo().jpeg({ quality: 95 }).toBuffer(), 2],
    ['PNG', () => photo().png().toBuffer(), 0],
    ['WebP', () => photo().webp({ lossless: true }).toBuffer(), 0],
    ['AVIF', () => photo().avif({ quality: 90, effort: 0 }).toBuffer(), 3],
    ['TIFF', () => photo().tiff({ compression: 'lzw' }).toBuffer(), 0],
    ['16 bits', () => photo().toColourspace('rgb16').png().toBuffer(), 1],
    // Colours that ink cannot print come back duller.
    ['CMYK', () => photo().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(), 25],
    ['Display P3', () => photo().withIccProfile('p3').png().toBuffer(), 2],
    ['the first frame of an animation', animation, 0],
    ['opaque, with a channel of transparency', () => photo().ensureAlpha().png().toBuffer(), 0],
  ]
  test.each(forms)('%s', async (_, make, tolerance) => {
    const base = await decoded(await make())
    expect([base.widthPx, base.heightPx]).toEqual([sides.widthPx, sides.heightPx])
    expect(difference(base.data, await reference())).toBeLessThanOrEqual(tolerance)
  })

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i', async (orientation) => {
    const turned = await disoriented(orientation)
    const base = await decoded(turned)
    expect([base.widthPx, base.heightPx]).toEqual([sides.widthPx, sides.heightPx])
    expect(difference(base.data, await reference())).toBeLessThan(2)
    const small = await decoded(turned, 0.5)
    expect([small.widthPx, small.heightPx]).toEqual([160, 200])
  })

  test('grayscale, in three channels', async () => {
    const base = await decoded(await photo().greyscale().png().toBuffer())
    const grey = await photo().greyscale().raw().toBuffer()
    expect(base.data.length).toBe(grey.length * 3)
    expect(
      difference(
        base.data,
        base.data.map((_, at) => grey[Math.floor(at / 3)] ?? 0),
      ),
    ).toBe(0)
  })

  test('grayscale of 16 bits with transparency', async () => {
    const file = await photo().greyscale().ensureAlpha(0.5).toColourspace('grey16').png().toBuffer()
    const base = await decoded(file)
    expect(base.data.length).toBe(sides.widthPx * sides.heightPx * 3)
  })

  test('transparent, on white', async () => {
    const clear = { create: { width: 300, height: 300, channels: 4, background: '#f000' } } as const
    const base = await decoded(await sharp(clear).png().toBuffer())
    expect(base.data.every((byte) => byte === 255)).toBe(true)
  })
})

describe('the scale', () => {
  test.each([0.5, 0.3, 0.2, 0.1])('%f of a JPEG looks like the whole, made smaller', async (scale) => {
    const large = testPhoto(1280, 1600)
    const base = await decoded(await large.clone().jpeg({ quality: 95 }).toBuffer(), scale)
    const expected = await large.clone().resize(base.widthPx, base.heightPx, { fit: 'fill' }).raw().toBuffer()
    expect([base.widthPx, base.heightPx]).toEqual([1280 * scale, 1600 * scale].map(Math.round))
    expect(difference(base.data, expected)).toBeLessThan(3)
  })

  test('is never written into by who gets the pixels by mistake: slice copies', async () => {
    const base = await decoded(await photo().png().toBuffer())
    base.data.slice().fill(0)
    expect(difference(base.data, await reference())).toBe(0)
  })
})

describe('what is damaged', () => {
  test('is an error of the picture', async () => {
    const bytes = await photo().png().toBuffer()
    const facts = await inspectPicture(bytes)
    const torn = bytes.slice(0, bytes.length / 2)
    await expect(decodeBase(torn, facts, 1, undefined)).rejects.toMatchObject({ name: 'PictureError' })
  })

  test('is not decoded for a caller that has left', async () => {
    const bytes = await photo().png().toBuffer()
    const reason = new Error('left')
    const facts = await inspectPicture(bytes)
    await expect(decodeBase(bytes, facts, 1, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

async function animation(): Promise<Uint8Array> {
  const first = await photo().png().toBuffer()
  const second = await photo().negate().png().toBuffer()
  return await sharp([first, second], { join: { animated: true } })
    .webp({ lossless: true, loop: 0, delay: [100, 100] })
    .toBuffer()
}

/** The picture stored so that only its EXIF orientation makes it upright again (TIFF 6.0, Orientation). */
async function disoriented(orientation: number): Promise<Uint8Array> {
  const undo: Readonly<Record<number, (image: Sharp) => Sharp>> = {
    1: (image) => image,
    2: (image) => image.flop(),
    3: (image) => image.rotate(180),
    4: (image) => image.flip(),
    // sharp flops before it turns, whatever comes first here.
    5: (image) => image.flop().rotate(-90),
    6: (image) => image.rotate(-90),
    7: (image) => image.flop().rotate(90),
    8: (image) => image.rotate(90),
  }
  const stored = await (undo[orientation] ?? ((image) => image))(photo()).png().toBuffer()
  return await sharp(stored).jpeg({ quality: 95 }).withMetadata({ orientation }).toBuffer()
}

describe('a JPEG is shrunk while it is read', () => {
  afterEach(() => void vi.unstubAllEnvs())

  const shrunk: readonly (readonly [widthPx: number, heightPx: number, scale: number])[] = [
    [640, 800, 0.5],
    [641, 799, 0.5],
    [640, 800, 0.45],
    [1280, 1600, 0.25],
    [1280, 1600, 0.21],
  ]
  test.each(shrunk)('%i × %i at %d, as where no file can be written', async (widthPx, heightPx, scale) => {
    const bytes = await testPhoto(widthPx, heightPx).jpeg({ quality: 95 }).toBuffer()
    const quick = await decoded(bytes, scale)
    vi.stubEnv('TMPDIR', '/nowhere/at/all')
    const slow = await decoded(bytes, scale)
    expect([quick.widthPx, quick.heightPx]).toEqual([slow.widthPx, slow.heightPx])
    expect(difference(quick.data, slow.data)).toBeLessThan(1)
    // Not the same: libjpeg has no Lanczos.
    if (process.platform === 'linux') expect(difference(quick.data, slow.data)).toBeGreaterThan(0)
  })

  test('a truncated one is told as such', async () => {
    const bytes = await testPhoto(640, 800).jpeg({ quality: 95 }).toBuffer()
    const facts = await inspectPicture(bytes)
    const half = decodeBase(bytes.subarray(0, bytes.length / 2), facts, 0.5, undefined)
    await expect(half).rejects.toMatchObject({ code: 'TRUNCATED' })
  })
})

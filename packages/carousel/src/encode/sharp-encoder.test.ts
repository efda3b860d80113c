import { inspectPicture, markPicture, mediaTypeOf } from '@darkroom/picture'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { createCarouselMaker } from '../carousel-maker.ts'
import type { SlideFormat } from '../carousel-request.ts'
import type { SlideText } from '../slide.ts'
import { slidesOf } from '../testing/collect.ts'
import { photoBytes, testSlides } from '../testing/test-bases.ts'

const size = { widthPx: 400, heightPx: 500 }
const formats: readonly SlideFormat[] = ['jpeg', 'png', 'webp', 'avif']

describe.each(formats)('as %s', (format) => {
  test('a slide is of that format and size, and marked as its base is', async () => {
    await using maker = createCarouselMaker({ findFaces: false })
    const creatorTool = 'Darkroom (test)'
    const plain = await photoBytes()
    const marked = await markPicture(plain, { digitalSourceType: 'trainedAlgorithmicMedia', creatorTool })
    for (const [base, digitalSourceType] of [
      [marked, 'trainedAlgorithmicMedia'],
      [plain, undefined],
    ] as const) {
      const [slide] = await slidesOf(maker.make({ base, slides: testSlides(2), size, format }))
      expect(slide).toMatchObject({ ...size, format, mediaType: mediaTypeOf(format) })
      const facts = await inspectPicture(slide?.bytes ?? new Uint8Array())
      expect(facts).toMatchObject({ ...size, format, hasAlpha: false })
      expect(facts.digitalSourceType).toBe(digitalSourceType)
    }
  })
})

test('a JPEG keeps nothing of its base but the mark', async () => {
  await using maker = createCarouselMaker({ findFaces: false })
  const secret = await sharp(await photoBytes())
    .withExif({ IFD0: { Copyright: 'secret place' } })
    .toBuffer()
  const [slide] = await slidesOf(maker.make({ base: secret, slides: testSlides(2), size }))
  const bytes = slide?.bytes ?? new Uint8Array()
  expect((await sharp(bytes).metadata()).isProgressive).toBe(false)
  expect(Buffer.from(bytes).includes('secret')).toBe(false)
})

test('a JPEG keeps colour at full resolution where small text is coloured', async () => {
  await using maker = createCarouselMaker({ findFaces: false })
  const base = await photoBytes()
  const slides: SlideText[] = [
    { kind: 'hook', title: 'Plain', body: 'White or black on the photograph.' },
    { kind: 'cta', title: 'A button', label: 'In colour' },
  ]
  const chromaOf = async (color: string): Promise<(string | undefined)[]> => {
    const made = await slidesOf(maker.make({ base, slides, brand: { color }, size }))
    return Promise.all(made.map(async ({ bytes }) => (await sharp(bytes).metadata()).chromaSubsampling))
  }
  expect(await chromaOf('#e5484d')).toEqual(['4:2:0', '4:4:4'])
  expect(await chromaOf('#d8d8d8')).toEqual(['4:2:0', '4:2:0'])
})

test('a lower quality takes fewer bytes', async () => {
  await using maker = createCarouselMaker({ findFaces: false })
  const base = await photoBytes()
  const bytesAt = async (quality: number): Promise<number> => {
    const [slide] = await slidesOf(maker.make({ base, slides: testSlides(2), size, quality }))
    return slide?.bytes.length ?? 0
  }
  expect(await bytesAt(40)).toBeLessThan(await bytesAt(90))
})

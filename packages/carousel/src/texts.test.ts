import { afterAll, describe, expect, test } from 'vitest'
import { createCarouselMaker } from './carousel-maker.ts'
import type { SlideKind } from './slide.ts'
import { slideKinds } from './slide.ts'
import { slidesOf } from './testing/collect.ts'
import { photoBytes } from './testing/test-bases.ts'

const maker = createCarouselMaker({ findFaces: false })
afterAll(async () => maker.close())

const base = photoBytes()

const texts: readonly (readonly [what: string, text: string])[] = [
  ['only emoji', '🎉🥳👩🏽‍🚀🇮🇩'],
  ['markup', '</svg><script>alert(1)</script>'],
  ['control characters', 'a\0b\u0007\u001b[31mc'],
  ['one character', 'I'],
  ['one long word', 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen'],
  ['no spaces at all', 'x'.repeat(400)],
  ['many lines', 'a\n'.repeat(60)],
  ['Arabic', 'ستة أشياء تنقص ورشتك'],
  ['Hebrew', 'שישה דברים שחסרים בסדנה'],
  ['Devanagari', 'आपकी कार्यशाला में छह चीज़ें नहीं हैं'],
  ['Thai', 'หกสิ่งที่เวิร์กช็อปของคุณขาดไป'],
  ['Chinese', '你的工坊缺少的六样东西'],
  ['Japanese', 'あなたの工房に足りない六つのもの'],
  ['Korean', '당신의 작업실에 없는 여섯 가지'],
  ['Indonesian', 'Enam hal yang kurang di bengkel Anda'],
  ['Greek and Cyrillic', 'Έξι πράγματα · Шесть вещей'],
]

describe.each(texts)('%s', (_, text) => {
  test('makes a slide of every kind, on which nothing is missing and everything can be read', async () => {
    const slides = slideKinds.map((kind: SlideKind) => ({ kind, title: text, body: text, label: 'Go' }))
    const size = { widthPx: 540, heightPx: 675 }
    for (const { fit } of await slidesOf(maker.make({ base: await base, slides, size }))) {
      expect(fit.missingGlyphs).toEqual([])
      expect(fit.contrastRatio).toBeGreaterThanOrEqual(3)
      expect(fit.lines).toBeGreaterThan(0)
      expect(fit.region.widthPx).toBeLessThanOrEqual(size.widthPx)
      expect(fit.fits).toBe(!fit.truncated)
    }
  })
})

test('5,000 characters end in an ellipsis, and the slide says so', async () => {
  const long = 'Light from the side shows the line. '.repeat(139).slice(0, 5000)
  const slides = slideKinds.map((kind) => ({ kind, title: long, body: long }))
  for (const { fit } of await slidesOf(maker.make({ base: await base, slides }))) {
    expect(fit).toMatchObject({ fits: false, truncated: true, missingGlyphs: [] })
  }
})

test('what no font has is reported', async () => {
  const slides = [
    { kind: 'hook', title: 'a\u{10ffff}b' },
    { kind: 'cta', title: 'c' },
  ] as const
  const [hook, call] = await slidesOf(maker.make({ base: await base, slides }))
  expect(hook?.fit.missingGlyphs).toHaveLength(1)
  expect(call?.fit.missingGlyphs).toEqual([])
})

test.each([
  [1080, 1350],
  [1080, 1080],
  [1080, 1920],
  [1200, 627],
  [200, 200],
  [4096, 200],
  [200, 4096],
  [333, 517],
])('slides of %i × %i', async (widthPx, heightPx) => {
  const slides = slideKinds.map((kind) => ({ kind, title: 'A title', body: 'A body', label: 'Go' }))
  for (const slide of await slidesOf(maker.make({ base: await base, slides, size: { widthPx, heightPx } }))) {
    expect(slide).toMatchObject({ widthPx, heightPx })
    const { leftPx, topPx, widthPx: width, heightPx: height } = slide.fit.region
    expect(leftPx).toBeGreaterThanOrEqual(0)
    expect(topPx).toBeGreaterThanOrEqual(0)
    expect(leftPx + width).toBeLessThanOrEqual(widthPx)
    expect(topPx + height).toBeLessThanOrEqual(heightPx)
  }
})

import { describe, expect, test } from 'vitest'
import type { CarouselRequest } from './carousel-request.ts'
import { carouselLimits, checkedRequest } from './checked-request.ts'
import { themes } from './layout/themes.ts'
import type { SlideText } from './slide.ts'
import { failureOf } from './testing/collect.ts'
import { testSlides } from './testing/test-bases.ts'

const base = new Uint8Array([1])
const request = (changes: Partial<Record<keyof CarouselRequest, unknown>>): CarouselRequest =>
  ({ base, slides: testSlides(3), ...changes }) as CarouselRequest

/** Slides of which the second has this instead. */
function withSlide(slide: unknown): CarouselRequest {
  return request({ slides: [...testSlides(2).slice(0, 1), slide, ...testSlides(2).slice(1)] })
}

test('leaves nothing open', () => {
  expect(checkedRequest(request({}))).toEqual({
    origin: { kind: 'bytes', bytes: base },
    slides: testSlides(3),
    size: { widthPx: 1080, heightPx: 1350 },
    format: 'jpeg',
    quality: 88,
    design: { theme: themes[0], brand: { handle: undefined } },
    only: [0, 1, 2],
    domain: 'default',
  })
})

describe('is refused, naming the parameter', () => {
  const bad: readonly (readonly [what: string, request: CarouselRequest, code: string, param: string])[] = [
    ['no slides', request({ slides: [] }), 'SLIDES_INVALID', 'slides'],
    ['one slide', request({ slides: testSlides(1) }), 'SLIDES_INVALID', 'slides'],
    ['21 slides', request({ slides: testSlides(21) }), 'SLIDES_INVALID', 'slides'],
    ['slides that are none', request({ slides: 'hook' }), 'SLIDES_INVALID', 'slides'],
    ['slides of holes', request({ slides: Array.from({ length: 3 }) }), 'SLIDE_INVALID', 'slides[0]'],
    ['a slide that is none', withSlide(null), 'SLIDE_INVALID', 'slides[1]'],
    ['an unknown kind', withSlide({ kind: 'intro', title: 'A' }), 'SLIDE_INVALID', 'slides[1].kind'],
    [
      'a kind of every object',
      withSlide({ kind: 'toString', title: 'A' }),
      'SLIDE_INVALID',
      'slides[1].kind',
    ],
    ['no title', withSlide({ kind: 'point' }), 'SLIDE_INVALID', 'slides[1].title'],
    ['an empty title', withSlide({ kind: 'point', title: '' }), 'SLIDE_INVALID', 'slides[1].title'],
    [
      'a blank title',
      withSlide({ kind: 'point', title: ' \u200b\u00a0\n' }),
      'SLIDE_INVALID',
      'slides[1].title',
    ],
    [
      'a title of controls',
      withSlide({ kind: 'point', title: '\0\u0007' }),
      'SLIDE_INVALID',
      'slides[1].title',
    ],
    ['emphasis of nothing', withSlide({ kind: 'point', title: '****' }), 'SLIDE_INVALID', 'slides[1].title'],
    ['a title of numbers', withSlide({ kind: 'point', title: 7 }), 'SLIDE_INVALID', 'slides[1].title'],
    [
      'more than 5,000 characters',
      withSlide({ kind: 'point', title: 'A', body: 'a'.repeat(5001) }),
      'SLIDE_INVALID',
      'slides[1].body',
    ],
    ['a small side', request({ size: { widthPx: 199, heightPx: 1000 } }), 'SIZE_INVALID', 'size'],
    ['a large side', request({ size: { widthPx: 4097, heightPx: 1000 } }), 'SIZE_INVALID', 'size'],
    ['too many pixels', request({ size: { widthPx: 4096, heightPx: 4096 } }), 'SIZE_INVALID', 'size'],
    ['half a pixel', request({ size: { widthPx: 1080.5, heightPx: 1350 } }), 'SIZE_INVALID', 'size'],
    ['a size of nothing', request({ size: null }), 'SIZE_INVALID', 'size'],
    ['a size of one side', request({ size: { widthPx: 1080 } }), 'SIZE_INVALID', 'size'],
    ['an unknown format', request({ format: 'gif' }), 'FORMAT_INVALID', 'format'],
    ['a format of every object', request({ format: 'constructor' }), 'FORMAT_INVALID', 'format'],
    ['a quality of nothing', request({ quality: 0 }), 'FORMAT_INVALID', 'quality'],
    ['a quality of NaN', request({ quality: Number.NaN }), 'FORMAT_INVALID', 'quality'],
    ['an unknown theme', request({ theme: 'baroque' }), 'THEME_UNKNOWN', 'theme'],
    ['a theme of nothing', request({ theme: null }), 'THEME_UNKNOWN', 'theme'],
    ['a theme of numbers', request({ theme: 5 }), 'THEME_UNKNOWN', 'theme'],
    ['a brand that is none', request({ brand: 'acme' }), 'BRAND_INVALID', 'brand'],
    ['a colour by name', request({ brand: { color: 'red' } }), 'BRAND_INVALID', 'brand.color'],
    ['a handle too long', request({ brand: { handle: 'a'.repeat(101) } }), 'BRAND_INVALID', 'brand.handle'],
    ['a logo of no bytes', request({ brand: { logo: new Uint8Array() } }), 'BRAND_INVALID', 'brand.logo'],
    [
      'a font by name',
      request({ brand: { fonts: { title: 'Arial' } } }),
      'BRAND_INVALID',
      'brand.fonts.title',
    ],
    ['fonts that are none', request({ brand: { fonts: 'Arial' } }), 'BRAND_INVALID', 'brand.fonts'],
    ['a page mark of words', request({ brand: { pageMark: 'no' } }), 'BRAND_INVALID', 'brand.pageMark'],
    ['a swipe cue of nothing', request({ brand: { swipeCue: null } }), 'BRAND_INVALID', 'brand.swipeCue'],
    ['no index', request({ only: [] }), 'SLIDES_INVALID', 'only'],
    ['an index of nothing', request({ only: [undefined] }), 'SLIDES_INVALID', 'only'],
    ['an index too high', request({ only: [3] }), 'SLIDES_INVALID', 'only'],
    ['an index below 0', request({ only: [-1] }), 'SLIDES_INVALID', 'only'],
  ]
  test.each(bad)('%s', async (_, wrong, code, param) => {
    expect(await failureOf(() => checkedRequest(wrong))).toMatchObject({ name: 'CarouselError', code, param })
  })
})

test.each([undefined, null, 'hook'])('a request that is %j is refused', async (wrong) => {
  const ask = wrong as unknown as CarouselRequest
  expect(await failureOf(() => checkedRequest(ask))).toMatchObject({ code: 'SLIDES_INVALID' })
})

test('a handle has one line', () => {
  expect(checkedRequest(request({ brand: { handle: ' @a\n b\r\n' } })).design.brand.handle).toBe('@a b')
})

describe('text', () => {
  const title = (text: string): string | undefined =>
    checkedRequest(withSlide({ kind: 'point', title: text } satisfies SlideText)).slides[1]?.title

  test.each([
    ['of 5,000 characters is taken', 'a'.repeat(5000), 'a'.repeat(5000)],
    ['of emoji alone is taken', '🎉👩‍👩‍👧', '🎉👩‍👩‍👧'],
    ['keeps markup as text', '</svg><script>alert(1)</script>', '</svg><script>alert(1)</script>'],
    ['loses control characters', 'a\0b\u0007c\u009fd', 'abcd'],
    ['keeps its lines', 'a\r\nb\rc\u2028d\ne', 'a\nb\nc\nd\ne'],
    ['keeps joiners and marks of direction', 'نمی\u200cخواهم \u2067a\u2069', 'نمی\u200cخواهم \u2067a\u2069'],
    ['loses half of a surrogate pair', 'a\ud83d', 'a\ufffd'],
    ['loses the space around it', '  a  ', 'a'],
  ])('%s', (_, text, expected) => {
    expect(title(text)).toBe(expected)
  })

  test('that is blank is as if it were not there', () => {
    const [, slide] = checkedRequest(withSlide({ kind: 'cta', title: 'A', body: ' ', label: '' })).slides
    expect(slide).toEqual({ kind: 'cta', title: 'A' })
  })
})

test('indexes are ascending and each once', () => {
  expect(checkedRequest(request({ only: [2, 0, 2] })).only).toEqual([0, 2])
})

test('says its limits', () => {
  expect(carouselLimits).toMatchObject({ minSlides: 2, maxSlides: 20, maxTextLength: 5000 })
})

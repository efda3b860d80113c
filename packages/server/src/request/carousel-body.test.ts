import { describe, expect, test } from 'vitest'
import { carouselFingerprint, parseCarouselBody } from './carousel-body.ts'
import { parseSlideChange } from './slide-change.ts'

const slides = [
  { kind: 'hook', title: 'Hello' },
  { kind: 'cta', title: 'Go', label: 'Now' },
]

describe('the body of a carousel', () => {
  test('spelled-out defaults and other spellings are the same ask', () => {
    const short = parseCarouselBody({ base: { prompt: 'fox' }, slides }, { hasFile: false })
    const long = parseCarouselBody(
      {
        base: { prompt: '  fox\n', seed: 0, size: '1024x1024' },
        slides: [{ kind: 'hook', title: ' Hello\r\n', body: '' }, slides[1]],
        size: '1080x1350',
        format: 'jpeg',
        theme: short.theme,
        brand: {},
        scope: 'default',
        tags: [],
      },
      { hasFile: false },
    )
    expect(carouselFingerprint(long, undefined)).toBe(carouselFingerprint(short, undefined))
  })

  test('another word, another file, another base is another ask', () => {
    const fingerprints = [
      carouselFingerprint(
        parseCarouselBody({ base: { prompt: 'fox' }, slides }, { hasFile: false }),
        undefined,
      ),
      carouselFingerprint(
        parseCarouselBody({ base: { url: 'https://a.example/' }, slides }, { hasFile: false }),
        undefined,
      ),
      carouselFingerprint(parseCarouselBody({ slides }, { hasFile: true }), 'a'),
      carouselFingerprint(parseCarouselBody({ slides }, { hasFile: true }), 'b'),
      carouselFingerprint(parseCarouselBody({ slides: slides.toReversed() }, { hasFile: true }), 'b'),
    ]
    expect(new Set(fingerprints).size).toBe(fingerprints.length)
  })

  test('line breaks of a slide stay: they are part of what is drawn', () => {
    const ask = parseCarouselBody(
      { base: { prompt: 'a\nb' }, slides: [{ kind: 'hook', title: 'One\r\nTwo' }, slides[1]] },
      { hasFile: false },
    )
    expect(ask.slides[0]?.title).toBe('One\nTwo')
    expect(ask.base).toMatchObject({ prompt: { prompt: 'a b' } })
  })

  test.each([
    [{ size: '199x1024' }, 'base.size'],
    [{ w: 1024, h: 100 }, 'base.w'],
    [{ ar: '100:1' }, 'base.ar'],
  ])('a base of %j is refused before it is drawn', (size, param) => {
    expect(() => parseCarouselBody({ base: { prompt: 'fox', ...size }, slides }, { hasFile: false })).toThrow(
      expect.objectContaining({ code: 'invalid_request', facts: expect.objectContaining({ param }) }),
    )
  })

  test('quality says nothing of a PNG', () => {
    const ask = parseCarouselBody({ slides, format: 'png', quality: 5 }, { hasFile: true })
    expect(ask.quality).toBeUndefined()
  })
})

describe('a change of a slide', () => {
  test('keeps what is absent apart from what is removed', () => {
    expect(parseSlideChange({ title: ' New ' })).toEqual({ title: 'New' })
    expect(parseSlideChange({ body: null, label: '' })).toEqual({ body: null, label: null })
  })
})

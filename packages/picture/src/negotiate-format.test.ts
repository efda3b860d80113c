import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { negotiateFormat } from './negotiate-format.ts'
import { pictureFormats } from './picture-format.ts'

/** What real clients send, and the corners of RFC 9110 §12.5.1. */
const cases: readonly [accept: string | undefined | null, expected: string | undefined][] = [
  [undefined, 'jpeg'],
  [null, 'jpeg'],
  ['', 'jpeg'],
  ['*/*', 'jpeg'],
  ['image/*', 'jpeg'],
  // Chrome, Firefox and Safari, for an <img>.
  ['image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'webp'],
  ['image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5', 'webp'],
  [
    'image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5',
    'webp',
  ],
  // A browser's address line.
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', 'webp'],
  ['image/webp', 'webp'],
  ['image/avif', 'avif'],
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/jpg', 'jpeg'],
  ['IMAGE/WebP', 'webp'],
  // The client's own order wins over ours.
  ['image/avif, image/webp;q=0.9', 'avif'],
  ['image/webp;q=0.3, image/png;q=0.7', 'png'],
  ['image/webp;q=0.8, */*', 'jpeg'],
  // At equal q a name beats a wildcard: only a name proves that the client decodes it.
  ['image/webp, */*', 'webp'],
  ['image/webp;q=0.5, image/*;q=0.5', 'webp'],
  // A refusal, and the more specific range deciding whatever the order.
  ['image/jpeg;q=0, */*', 'png'],
  ['*/*, image/jpeg;q=0, image/png;q=0', 'webp'],
  ['image/*;q=0, */*', undefined],
  ['image/webp;q=0, image/avif;q=0.000, image/jpeg;q=0.001', 'jpeg'],
  ['text/html', undefined],
  ['image/gif, image/svg+xml', undefined],
  ['*/*;q=0', undefined],
  // Parameters, quoted commas, spaces.
  ['image/webp;level=1;q=0.2, image/png ; q=0.4', 'png'],
  ['text/x;a="image/avif, image/png", image/webp;q=0.1', 'webp'],
  ['text/x;a="\\", image/png;q=1", image/webp;q=0.1', 'webp'],
  // What cannot be read is passed over; nothing readable is nothing said.
  ['image/webp;q=2, image/png;q=0.5', 'png'],
  ['image/webp;q=high', 'jpeg'],
  [',,;,', 'jpeg'],
  ['image', 'jpeg'],
]

describe('negotiateFormat', () => {
  test.each(cases)('%s → %s', (accept, expected) => {
    expect(negotiateFormat(accept)).toBe(expected)
  })

  test('a transparent picture becomes PNG where JPEG would have been a guess, and only there', () => {
    expect(negotiateFormat('*/*', { hasAlpha: true })).toBe('png')
    expect(negotiateFormat(undefined, { hasAlpha: true })).toBe('png')
    expect(negotiateFormat('image/jpeg', { hasAlpha: true })).toBe('jpeg')
    expect(negotiateFormat('image/webp,*/*', { hasAlpha: true })).toBe('webp')
  })

  test('answers any header with a format or nothing, and reads no order into commas', () => {
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'image/*;,q=0.15" \\webpngavifj'.split('')), maxLength: 80 }),
    )
    fc.assert(
      fc.property(junk, (accept) => {
        expect([...pictureFormats, undefined]).toContain(negotiateFormat(accept))
      }),
      { numRuns: 1000 },
    )
    const range = fc.tuple(
      fc.constantFrom('image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/*', '*/*', 'text/html'),
      fc.constantFrom('', ';q=0', ';q=0.5', ';q=1'),
    )
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), (ranges) => {
        const texts = ranges.map(([type, q]) => type + q)
        expect(negotiateFormat(texts.toReversed().join(', '))).toBe(negotiateFormat(texts.join(', ')))
      }),
      { numRuns: 1000 },
    )
  })
})

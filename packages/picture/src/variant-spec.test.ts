import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encoderVersion } from './encoder.ts'
import { sizeInside } from './fit-geometry.ts'
import { PictureError } from './picture-error.ts'
import { pictureFormats } from './picture-format.ts'
import { isSourceItself, resolveVariant, variantKey } from './variant-spec.ts'
import type { AskedVariant, VariantSource, VariantSpec } from './variant-spec.ts'

const source: VariantSource = { widthPx: 1024, heightPx: 768, format: 'jpeg' }

const side = fc.integer({ min: 1, max: 5000 })
const sources: fc.Arbitrary<VariantSource> = fc.record({
  widthPx: side,
  heightPx: side,
  format: fc.constantFrom('jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'),
})
const asks: fc.Arbitrary<AskedVariant> = fc.record(
  {
    w: side,
    h: side,
    fit: fc.constantFrom('cover', 'contain', 'inside', 'fill'),
    format: fc.constantFrom(...pictureFormats),
    q: fc.integer({ min: 1, max: 100 }),
  },
  { requiredKeys: [] },
)

function askOf({ widthPx, heightPx, fit, format, quality }: VariantSpec): AskedVariant {
  return {
    ...(widthPx === undefined ? {} : { w: widthPx }),
    ...(heightPx === undefined ? {} : { h: heightPx }),
    fit,
    format,
    q: quality,
  }
}

describe('resolveVariant', () => {
  test.each<[string, AskedVariant, VariantSpec]>([
    ['nothing asked is the source', {}, { fit: 'inside', format: 'jpeg', quality: 80 }],
    [
      'one side brings the other',
      { w: 512 },
      { widthPx: 512, heightPx: 384, fit: 'inside', format: 'jpeg', quality: 80 },
    ],
    ['one side never enlarges', { h: 2000 }, { fit: 'inside', format: 'jpeg', quality: 80 }],
    [
      'a box is covered',
      { w: 300, h: 300 },
      { widthPx: 300, heightPx: 300, fit: 'cover', format: 'jpeg', quality: 80 },
    ],
    [
      'inside keeps the shape',
      { w: 300, h: 300, fit: 'inside' },
      { widthPx: 300, heightPx: 225, fit: 'inside', format: 'jpeg', quality: 80 },
    ],
    [
      'a box of the same shape is no crop',
      { w: 512, h: 384 },
      { widthPx: 512, heightPx: 384, fit: 'inside', format: 'jpeg', quality: 80 },
    ],
    [
      'a box of the source size is the source',
      { w: 1024, h: 768, fit: 'fill' },
      { fit: 'inside', format: 'jpeg', quality: 80 },
    ],
    [
      'a box enlarges',
      { w: 2048, h: 1536 },
      { widthPx: 2048, heightPx: 1536, fit: 'fill', format: 'jpeg', quality: 80 },
    ],
    ['quality is nothing to PNG', { format: 'png', q: 5 }, { fit: 'inside', format: 'png', quality: 100 }],
    ['each format has its default', { format: 'avif' }, { fit: 'inside', format: 'avif', quality: 68 }],
  ])('%s', (_what, asked, spec) => {
    expect(resolveVariant(source, asked)).toEqual(spec)
  })

  test('GIF and TIFF leave as PNG', () => {
    expect(resolveVariant({ ...source, format: 'gif' }, {}).format).toBe('png')
    expect(resolveVariant({ ...source, format: 'tiff' }, { format: 'webp' }).format).toBe('webp')
  })

  test.each<AskedVariant>([
    { w: 0 },
    { h: -1 },
    { w: 1.5 },
    { w: Number.NaN },
    { h: 16_384 },
    { q: 0 },
    { q: 101 },
    { q: 80.5 },
    { q: 0, format: 'png' },
    { w: 16_000, h: 16_000 },
  ])('%o cannot be made', (asked) => {
    expect(() => resolveVariant(source, asked)).toThrow(
      expect.objectContaining({ name: PictureError.name, code: 'UNSUPPORTED_VARIANT' }),
    )
  })

  test('is idempotent: a spec asked for again is the same spec', () => {
    fc.assert(
      fc.property(sources, asks, (from, asked) => {
        const spec = resolveVariant(from, asked)
        expect(resolveVariant(from, askOf(spec))).toEqual(spec)
      }),
      { numRuns: 2000 },
    )
  })

  test('keeps the promise of each fit', () => {
    fc.assert(
      fc.property(sources, asks, (from, asked) => {
        const spec = resolveVariant(from, asked)
        const made = { widthPx: spec.widthPx ?? from.widthPx, heightPx: spec.heightPx ?? from.heightPx }
        if (asked.w !== undefined && asked.h !== undefined && asked.fit !== 'inside') {
          expect(made).toEqual({ widthPx: asked.w, heightPx: asked.h })
          return
        }
        expect(made.widthPx).toBeLessThanOrEqual(Math.min(asked.w ?? Infinity, from.widthPx))
        expect(made.heightPx).toBeLessThanOrEqual(Math.min(asked.h ?? Infinity, from.heightPx))
        // The shape stays, but for the rounding of one side.
        const exact = (made.widthPx * from.heightPx) / from.widthPx
        const exactOther = (made.heightPx * from.widthPx) / from.heightPx
        const error = Math.min(Math.abs(exact - made.heightPx), Math.abs(exactOther - made.widthPx))
        expect(error).toBeLessThanOrEqual(made.widthPx === 1 || made.heightPx === 1 ? 1 : 0.5)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('sizeInside', () => {
  test('prefers the larger of two that fit after rounding', () => {
    expect(sizeInside({ widthPx: 333, heightPx: 1000 }, { widthPx: 50, heightPx: 100 })).toEqual({
      widthPx: 33,
      heightPx: 100,
    })
    expect(sizeInside({ widthPx: 333, heightPx: 1000 }, { widthPx: 33, heightPx: 100 })).toEqual({
      widthPx: 33,
      heightPx: 100,
    })
    expect(sizeInside({ widthPx: 10_000, heightPx: 1 }, { widthPx: 100 })).toEqual({
      widthPx: 100,
      heightPx: 1,
    })
  })
})

describe('isSourceItself', () => {
  test('only when nothing would change', () => {
    const isItself = (asked: AskedVariant): boolean => isSourceItself(source, resolveVariant(source, asked))
    expect(isItself({})).toBe(true)
    expect(isItself({ w: 1024, format: 'jpeg', q: 80 })).toBe(true)
    expect(isItself({ q: 79 })).toBe(false)
    expect(isItself({ w: 1023 })).toBe(false)
    expect(isItself({ format: 'webp' })).toBe(false)
  })
})

describe('variantKey', () => {
  test('equal asks have one key, different ones have not', () => {
    const keyOfAsk = (asked: AskedVariant, hash = 'object'): string =>
      variantKey(hash, resolveVariant(source, asked))
    const key = keyOfAsk({ w: 512 })
    expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/u)
    expect(keyOfAsk({ w: 512, h: 384, fit: 'contain', format: 'jpeg', q: 80 })).toBe(key)
    expect(keyOfAsk({ h: 384, w: 9000, fit: 'inside' })).toBe(key)
    const others = [
      keyOfAsk({ w: 511 }),
      keyOfAsk({ w: 512, q: 81 }),
      keyOfAsk({ w: 512, format: 'webp' }),
      keyOfAsk({ w: 512, h: 512 }),
      keyOfAsk({ w: 512, h: 512, fit: 'fill' }),
      keyOfAsk({ w: 512 }, 'another'),
    ]
    expect(new Set([key, ...others]).size).toBe(7)
  })

  test('the encoder version names the library that makes the bytes', () => {
    expect(encoderVersion).toMatch(/^settings \d+, sharp \d+\.\d+\.\d+, vips \d+\.\d+\.\d+, /u)
  })
})

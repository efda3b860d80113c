import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CdnTagField } from './cdn-fields.ts'
import { cdnFields, cdnTagFields } from './cdn-fields.ts'
import { surrogateTag } from './surrogate-tags.ts'

const times = {
  'cdn-cache-control': 'public, max-age=3600, stale-while-revalidate=86400, stale-if-error=604800',
  'cache-control': 'public, max-age=60',
}

/** The fields of an answer with these changes made. */
function shown(
  fields: readonly CdnTagField[],
  tags: readonly string[] | undefined,
  { stale = false, given = times }: { stale?: boolean; given?: Record<string, string> } = {},
): Record<string, string> {
  const { remove, set } = cdnFields(fields, { tags, stale, get: (name) => given[name] })
  const all = { ...given, 'cache-tag': 'as it came' }
  for (const name of remove) delete (all as Record<string, string>)[name]
  return { ...all, ...Object.fromEntries(set) }
}

const { cloudflare, fastly, bunny, varnish, cloudfront } = cdnTagFields

describe('one list of tags', () => {
  test('is written as each CDN reads it', () => {
    expect(shown([cloudflare], ['a', 'b'])).toEqual({ ...times, 'cache-tag': 'a,b' })
    expect(shown([bunny, varnish], ['a', 'b'])).toEqual({ ...times, 'cdn-tag': 'a,b', xkey: 'a b' })
    expect(shown([cloudflare, cloudfront, fastly], ['a', 'b'])).toEqual({
      ...times,
      'cache-tag': 'a,b',
      'surrogate-key': 'a b',
      'surrogate-control': 'max-age=3600, stale-while-revalidate=86400, stale-if-error=604800',
    })
    expect(shown([fastly], [], { given: {} })).toEqual({})
  })

  test.each([
    ['51 tags at CloudFront', [cloudfront], Array.from({ length: 51 }, (_, at) => `t${at}`)],
    [
      '1,025 bytes at bunny.net',
      [bunny],
      ['x'.repeat(100), ...Array.from({ length: 9 }, (_, at) => `${at}`.padEnd(101, 'x')), 'yyyyyy'],
    ],
    [
      'what only one of them would cut',
      [cloudflare, bunny],
      Array.from({ length: 20 }, (_, at) => `${at}`.padEnd(60, 'x')),
    ],
    ['more than could be read', [cloudflare], undefined],
  ])('is never cut: with %s the answer is kept from CDNs', (_name, fields, tags) => {
    expect(shown(fields, tags)).toEqual({
      'cache-control': 'private, max-age=60',
      'cdn-cache-control': 'no-store',
    })
  })

  test('is whole up to each limit', () => {
    expect(
      shown(
        [cloudfront],
        Array.from({ length: 50 }, (_, at) => `t${at}`),
      )['cache-tag'],
    ).toMatch(/,t49$/u)
    const list = Array.from({ length: 8 }, (_, at) => `${at}`.padEnd(127, 'x'))
    expect(shown([bunny], list)['cdn-tag']).toHaveLength(1023)
  })

  test('that purges name, or no copy: for any tags and any CDNs', () => {
    const anyFields = fc.subarray([cloudflare, fastly, bunny, varnish, cloudfront], { minLength: 1 })
    fc.assert(
      fc.property(anyFields, fc.array(fc.string({ maxLength: 200 }), { maxLength: 60 }), (fields, tags) => {
        const all = shown(fields, tags)
        const names = tags.map(surrogateTag).filter((tag) => tag !== '')
        const isKept = all['cdn-cache-control'] === 'no-store'
        for (const { field, separator, maxBytes, maxTags } of fields) {
          const value = all[field]
          if (isKept) expect(value).toBe(undefined)
          else expect(new Set(value?.split(separator))).toEqual(new Set(names.length === 0 ? [] : names))
          expect(value?.length ?? 0).toBeLessThanOrEqual(maxBytes)
          expect(value?.split(separator).length ?? 0).toBeLessThanOrEqual(maxTags)
        }
        if (isKept) expect(all['cache-control']).toMatch(/^private/u)
      }),
    )
  })
})

test('what is stale here is fresh nowhere', () => {
  const given = {
    'cdn-cache-control': times['cdn-cache-control'],
    'cache-control': 'public, max-age=60, immutable',
  }
  expect(shown([fastly], ['a'], { stale: true, given })).toEqual({
    'cdn-cache-control': 'public, max-age=0, stale-while-revalidate=86400, stale-if-error=604800',
    'cache-control': 'public, max-age=0',
    'surrogate-key': 'a',
    'surrogate-control': 'max-age=0, stale-while-revalidate=86400, stale-if-error=604800',
  })
  // A field that is not there is not made.
  expect(shown([cloudflare], ['a'], { stale: true, given: {} })).toEqual({ 'cache-tag': 'a' })
})

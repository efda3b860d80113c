import { cdnTagFields } from '@darkroom/edge'
import { describe, expect, test } from 'vitest'
import { cdnOrderOf, forCdns, withoutMark } from './cdn-tags.ts'
import { pictureTags } from './picture-tags.ts'

const id = `img_${'Ab3_'.repeat(8)}`
const url = pictureTags.url('/live/shop?prompt=a')
const bunny = [cdnTagFields.bunny]

function shown(domain: string, tags: readonly string[], fields = bunny): string[] {
  const response = new Response('', {
    headers: { 'cache-tag': tags.join(','), 'cdn-cache-control': 'max-age=60', 'cache-control': 'max-age=1' },
  })
  forCdns(response, domain, fields)
  expect(response.headers.get('cdn-cache-control')).toBe('max-age=60')
  return response.headers.get('cdn-tag')?.split(',') ?? []
}

describe('names at a CDN that has the copies of all projects', () => {
  test('are those that answers show, and a purge finds each of them by its own name', () => {
    for (const domain of ['default', 'acme', 'shared:both']) {
      for (const tag of ['scope:shop', 'model:default', 'model:*', id, url]) {
        const { tags } = cdnOrderOf({ domain, tags: [tag], soft: false })
        expect(tags).toHaveLength(1)
        expect(shown(domain, ['scope:another', tag])).toContain(tags[0])
      }
      const all = cdnOrderOf({ domain, everything: true, soft: true })
      expect(all).toMatchObject({ everything: false, soft: true })
      expect(shown(domain, ['scope:shop'])).toContain(all.tags[0])
    }
  })

  test('of one project are none of another', () => {
    const names = ['default', 'acme', 'acme2', 'shared:acme'].map((domain) =>
      cdnOrderOf({ domain, tags: ['scope:shop', 'model:default', url, id], soft: false }).tags.concat(
        cdnOrderOf({ domain, everything: true, soft: false }).tags,
      ),
    )
    expect(new Set(names.flat()).size).toBe(names.flat().length)
  })

  test('are left out where no copy can bear them, and are the project’s where they are too many', () => {
    const order = (tags: readonly string[]): readonly string[] =>
      cdnOrderOf({ domain: 'acme', tags, soft: false }).tags
    expect(order(['summer', 'tag:summer', 'a/b'])).toEqual([])
    expect(order([id, 'tag:summer'])).toEqual([`acme/${id}`])
    expect(order(Array.from({ length: 1001 }, (_, at) => `scope:s${at}`))).toEqual(['project:acme'])
    expect(cdnOrderOf({ domain: undefined, everything: true, soft: false }).everything).toBe(true)
  })

  test('fit the strictest CDN however long they are', () => {
    const longest = 'x'.repeat(63)
    const tags = [`scope:${longest}`, `model:${'y'.repeat(121)}`, id, url]
    for (const domain of [longest, `shared:${longest}`]) {
      const all = shown(domain, tags)
      expect(all).toHaveLength(5)
      expect(all.join().length).toBeLessThanOrEqual(1024)
    }
  })

  test('may be purged as answers show them, by their own project', () => {
    expect(withoutMark('acme', 'acme/scope:shop')).toBe('scope:shop')
    expect(withoutMark('acme', 'other/scope:shop')).toBe('other/scope:shop')
  })
})

test('nothing is written where no CDN stands in front, nor on errors', () => {
  const plain = new Response('', { headers: { 'x-cache-status': 'STALE', 'cache-control': 'max-age=60' } })
  forCdns(plain, 'default', undefined)
  expect(plain.headers.get('cache-control')).toBe('max-age=60')
  const error = new Response('', { status: 404, headers: { 'cache-tag': 'a' } })
  forCdns(error, 'default', bunny)
  expect(error.headers.get('cdn-tag')).toBe(null)
})

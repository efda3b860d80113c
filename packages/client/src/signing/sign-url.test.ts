import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { signUrl } from './sign-url.ts'

/** The vectors that docs/signed-urls.md prints: server and client sign alike. */
const page = readFileSync(new URL('../../../../docs/signed-urls.md', import.meta.url), 'utf8')
const vectors = [...page.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gmu)].map(
  ([, url, signed]) => [url ?? '', signed ?? ''] as const,
)
const key = 'dks_abcdefghijkl_c2VjcmV0LW9mLXRoZS10ZXN0LXZlY3RvcnMtMTIzNDU'
const expiresAt = new Date(4_000_000_000_000)

describe('the vectors of the documentation', () => {
  test('are there', () => expect(vectors.length).toBeGreaterThanOrEqual(5))
  test.each(vectors)('%s', (url, signed) => expect(signUrl(url, { key, expiresAt })).toBe(signed))
})

test('a URL that was signed is signed anew, not twice', () => {
  const [url = '', signed] = vectors[0] ?? []
  const earlier = signUrl(url, { key, expiresAt: new Date(0) })
  expect(signUrl(earlier, { key, expiresAt })).toBe(signed)
})

test.each([
  ['an API key', 'dk_abcdefghijkl_c2VjcmV0LW9mLXRoZS10ZXN0LXZlY3RvcnMtMTIzNDU', expiresAt],
  ['no date', key, new Date('tomorrow')],
])('%s is refused', (_, wrong, at) => {
  expect(() => signUrl('/live/x?prompt=y', { key: wrong, expiresAt: at })).toThrow(TypeError)
})

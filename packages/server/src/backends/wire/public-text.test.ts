import { expect, test } from 'vitest'
import { publicText } from './public-text.ts'

const key = 'k3y.with+regex*chars'

test('one line, trimmed, without control characters', () => {
  expect(publicText('  Size\n must\tbe\u0000 even \u202e', undefined)).toBe('Size must be even')
})

test('at most 200 characters, and no half characters', () => {
  const cut = publicText('🌅'.repeat(300), undefined) ?? ''
  expect(cut.length).toBeLessThanOrEqual(200)
  expect(cut.endsWith('…')).toBe(true)
  expect(cut.isWellFormed()).toBe(true)
})

test('markup is no text to show', () => {
  expect(publicText('<html><body>nginx 10.0.0.7</body></html>', undefined)).toBeUndefined()
  expect(publicText('Bad <!-- gateway -->', undefined)).toBeUndefined()
  expect(publicText('w < h is not allowed', undefined)).toBe('w < h is not allowed')
})

test('the key is cut out, whole, as a bearer token or in OpenAI’s short form', () => {
  expect(publicText(`Bad key ${key}!`, key)).toBe('Bad key [key]!')
  expect(publicText('Got "Bearer abc.def" here', undefined)).toBe('Got "Bearer [key]" here')
  expect(publicText('Incorrect API key provided: sk-proj-****abcd.', undefined)).not.toMatch(/abcd/u)
})

test('nothing, or no text, is nothing', () => {
  for (const value of ['', ' \n', undefined, null, 7, { message: 'x' }])
    expect(publicText(value, key)).toBeUndefined()
})

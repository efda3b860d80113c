import { expect, it } from 'vitest'
import { PurgeEpochs } from './purge-epochs.ts'
import { maxTagLength, renderableTags, surrogateTag, tagsOf } from './surrogate-tags.ts'

it('forgets purged names as soon as no fill can bring them back', () => {
  const epochs = new PurgeEpochs()
  for (let index = 0; index < 1000; index += 1) epochs.purge(`idle-${index}`, 0, false)
  expect(epochs.size).toBe(0)
  const older = epochs.beginFill()
  epochs.purge('a', 0, false)
  const newer = epochs.beginFill()
  epochs.purge('b', 0, true)
  expect(epochs.size).toBe(2)
  expect([epochs.isPurgedSince(['a'], older), epochs.isPurgedSince(['a'], newer)]).toEqual([true, false])
  epochs.endFill(older)
  // The newer fill began after the purge of `a`, but before that of `b`.
  expect(epochs.size).toBe(1)
  epochs.endFill(newer)
  expect(epochs.size).toBe(0)
})

it('keeps a name while an entry carries it', () => {
  const epochs = new PurgeEpochs()
  const fill = epochs.beginFill()
  const records = epochs.hold(['a', 'b'])
  epochs.endFill(fill)
  expect(epochs.purge('a', 0, false)).toBe(1)
  expect(epochs.purge('a', 0, false)).toBe(0)
  expect(epochs.purge('b', 0, true)).toBe(1)
  epochs.release(records, fill.sequence)
  expect(epochs.size).toBe(0)
})

it('makes tags that every CDN takes, and the same from what it has made', () => {
  for (const tag of [
    'plain',
    'red shoes',
    'a,b',
    'grün',
    '\u0000',
    '\ud800',
    'x'.repeat(500),
    'ü'.repeat(500),
    'model:flux/1',
  ]) {
    const clean = surrogateTag(tag)
    expect(clean).toMatch(/^[\x21-\x2b\x2d-\x7e]+$/)
    expect(clean.length).toBeLessThanOrEqual(maxTagLength)
    expect(surrogateTag(clean)).toBe(clean)
  }
  expect(surrogateTag('red shoes')).toBe('red%20shoes')
  expect(surrogateTag(`${'x'.repeat(500)}1`)).not.toBe(surrogateTag(`${'x'.repeat(500)}2`))
  expect(surrogateTag(' \t ')).toBe('')
})

it('renders what fits everywhere, the first tags first', () => {
  expect(renderableTags(['a', ' a', '', 'b'])).toEqual(['a', 'b'])
  expect(renderableTags(Array.from({ length: 99 }, (_, index) => `t${index}`))).toHaveLength(50)
  expect(
    renderableTags(Array.from({ length: 40 }, (_, index) => `${index}${'x'.repeat(100)}`)).join(',').length,
  ).toBeLessThanOrEqual(1024)
})

it('reads tags from both headers', () => {
  expect(
    tagsOf([
      ['cache-tag', 'a, b b,,'],
      ['surrogate-key', 'a  c'],
    ]),
  ).toEqual(['a', 'b%20b', 'c'])
  expect(tagsOf([])).toEqual([])
  expect(tagsOf([['cache-tag', 'x'.repeat(100_000)]])).toBeUndefined()
})

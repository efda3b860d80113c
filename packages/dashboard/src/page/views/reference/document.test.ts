import { expect, test } from 'vitest'
import type { Schema } from './document.ts'
import { groupsOf, resolved, typeOf } from './document.ts'

test.each<[Schema, string]>([
  [{ type: 'integer', minimum: 1, maximum: 10 }, 'integer, 1 to 10'],
  [{ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 'integer, at least 0'],
  [{ type: 'string', maxLength: 4000 }, 'string, at most 4000 characters'],
  [{ enum: ['a', 'b'] }, 'one of a, b'],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string or null'],
  [{ type: 'array', items: { $ref: '#/components/schemas/Slide' } }, 'list of Slide'],
  [{}, 'anything'],
])('a schema in words', (schema, words) => {
  expect(typeOf(schema)).toBe(words)
})

test('operations stand in groups by what they are about, pages last', () => {
  const operation = { summary: 'x' }
  const document = {
    info: { title: 'x', version: '1' },
    paths: {
      '/': { get: operation },
      '/healthz': { get: operation },
      '/live/{scope}': { get: operation },
      '/v1/carousels': { get: operation, post: operation },
    },
  }
  const shown = groupsOf(document).map(({ name, operations }) => [
    name,
    operations.map(({ method }) => method),
  ])
  expect(shown).toEqual([
    ['pictures', ['get']],
    ['carousels', ['get', 'post']],
    ['health', ['get']],
    ['pages', ['get']],
  ])
})

test('a name that nobody has defined is an empty schema', () => {
  expect(
    resolved({ $ref: '#/components/schemas/Gone' }, { info: { title: '', version: '' }, paths: {} }),
  ).toEqual({})
})

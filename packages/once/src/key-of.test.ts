import * as fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from './index.ts'
import { keyOf } from './index.ts'

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('base64url')

describe('keyOf', () => {
  test.each<[JsonValue, string]>([
    [{ b: 2, a: 1 }, '{"a":1,"b":2}'],
    [{ é: 1, z: [true, null, 'ü'], '10': 0, '9': 0 }, '{"10":0,"9":0,"z":[true,null,"ü"],"é":1}'],
    // RFC 8785, 3.2.2.3: numbers as ECMAScript writes them.
    [[333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0], '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]'],
    // RFC 8785, 3.2.3: members sorted by UTF-16 code units, not by code points.
    [{ '\u{1F600}': 1, '\uFB33': 2 }, '{"\u{1F600}":1,"\uFB33":2}'],
    ['\u000F\n"\\\u20AC', '"\\u000f\\n\\"\\\\\u20AC"'],
    [null, 'null'],
  ])('is the SHA-256 of the canonical JSON of %j', (parts, canonical) => {
    expect(keyOf(parts)).toBe(sha256(canonical))
    expect(keyOf(parts)).toMatch(/^[\w-]{43}$/)
  })

  test('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (members) => {
        const turned = Object.fromEntries(Object.entries(members).toReversed())
        expect(keyOf(turned as JsonValue)).toBe(keyOf(members as JsonValue))
      }),
    )
  })

  test('tells different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        // Through JSON, so that -0 is 0 as RFC 8785 has it.
        const same = isSame(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)))
        expect(keyOf(one as JsonValue) === keyOf(other as JsonValue)).toBe(same)
      }),
    )
  })

  const itself: Record<string, unknown> = {}
  itself['self'] = itself
  const sparse: unknown[] = []
  sparse[1] = 1
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['an undefined item', [undefined]],
    ['a hole', sparse],
    ['NaN', { a: [NaN] }],
    ['an infinity', -Infinity],
    ['a bigint', 1n],
    ['a symbol', Symbol('s')],
    ['a member named by a symbol', { [Symbol('s')]: 1 }],
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['bytes', new Uint8Array(2)],
    ['a boxed string', Object('boxed')],
    ['toJSON', { toJSON: () => 1 }],
    ['an inherited member', Object.create({ a: 1 })],
    ['a lone surrogate', 'a\uD800'],
    ['a lone surrogate in a name', { '\uDC00': 1 }],
    ['a value that contains itself', itself],
  ])('refuses %s', (_, parts) => {
    expect(() => keyOf(parts as JsonValue)).toThrow(TypeError)
  })

  test('names the place of what it refuses', () => {
    expect(() => keyOf({ picture: { sizes: [1, Number.NaN] } })).toThrow('$.picture.sizes[1] is NaN')
  })

  test('takes one object in two places, and one without a prototype', () => {
    const twice = { a: 1 }
    expect(keyOf([twice, twice])).toBe(sha256('[{"a":1},{"a":1}]'))
    expect(keyOf(Object.assign(Object.create(null), { a: 1 }) as JsonValue)).toBe(sha256('{"a":1}'))
  })
})

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  return names.every(
    (name) =>
      Object.hasOwn(other, name) &&
      isSame((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]),
  )
}

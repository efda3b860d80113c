import fc from 'fast-check'
import { expect, test } from 'vitest'
import { doubledName } from './doubled-name.ts'

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061" : 2}', 'a'],
  ['{"b":[{"c":{}},{"d":{"e":1,"e":1}}]}', 'e'],
  ['{"":1,"":1}', ''],
  ['{"a\\"b":"{\\"a\\":1}","a\\"b":0}', 'a"b'],
  ['{"__proto__":1,"__proto__":1}', '__proto__'],
])('%s has one twice', (json, name) => {
  expect(doubledName(json)).toBe(name)
})

test.each(['[{"a":1},{"a":1}]', '{"a":{"a":"a"},"b":["a","a"]}', '{"a":"\\"a\\":","b":":"}', '"a"', '[]'])(
  '%s has none',
  (json) => {
    expect(doubledName(json)).toBeUndefined()
  },
)

test('any name is found, and none in what was written from an object', () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (json, name) => {
      expect(doubledName(json)).toBeUndefined()
      const written = JSON.stringify(name)
      expect(doubledName(`{${written}:${json},${written}:${json}}`)).toBe(name)
    }),
  )
})

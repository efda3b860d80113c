import { describe, expect, it } from 'vitest'
import { parseMarkup } from './markup.ts'

/** Emphasised characters in capitals between bars. */
const shown = (markup: string): string => {
  const { text, emphasis } = parseMarkup(markup)
  return Array.from(text, (character, i) => (emphasis[i] === 1 ? character.toUpperCase() : character)).join(
    '',
  )
}

describe('markup', () => {
  it.each([
    ['a **b** c', 'a B c'],
    ['**a**b', 'Ab'],
    ['**a** **b**', 'A B'],
    ['**a b**', 'A B'],
    ['a ** b ** c', 'a ** b ** c'],
    ['a **b', 'a **b'],
    ['a** b', 'a** b'],
    ['**a', '**a'],
    ['****', '****'],
    ['2 * 3 * 4', '2 * 3 * 4'],
    ['**a*b**', 'A*B'],
    ['*a*', '*a*'],
    ['**a\nb**', 'A\nB'],
  ])('%j: %j', (markup, expected) => {
    expect(shown(markup)).toBe(expected)
  })

  it.each([
    ['  a \t b  ', 'a b'],
    ['a\r\nb\rc\u2028d\u0085e', 'a\nb\nc\nd\ne'],
    ['a \n \n b', 'a\nb'],
    ['a ** b', 'a ** b'],
    ['a **b ** c', 'a **b ** c'],
    // Spaces around the stars fold with those inside.
    ['a **b** ', 'a b'],
    ['e\u0301', 'é'],
    ['a\u00A0b\u202Fc', 'a\u00A0b\u202Fc'],
    ['a\u0000b\u0007c\u001B[31m', 'abc[31m'],
    ['a\u202Eb\u2066c\u200Fd\uFEFFe\u00ADf', 'abcdef'],
    ['क्\u200Dष', 'क्\u200Dष'],
    [
      '👩\u200D🚀❤\uFE0F🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}',
      '👩\u200D🚀❤\uFE0F🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}',
    ],
    ['a\uD800b', 'a\uFFFDb'],
  ])('cleans %j', (markup, expected) => {
    expect(parseMarkup(markup).text).toBe(expected)
  })
})

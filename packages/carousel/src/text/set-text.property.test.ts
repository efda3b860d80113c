import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFonts } from './fonts.ts'
import { parseMarkup } from './markup.ts'
import { setText } from './set-text.ts'
import { scriptSamples } from './testing/script-samples.ts'
import type { TextStyle } from './text-block.ts'

const fonts = createFonts()
const words = Object.values(scriptSamples).flatMap((sample) => sample.split(' '))
const odd = [
  '',
  '**',
  '\n',
  '\u00A0',
  '-',
  '…',
  '(',
  ')',
  '“',
  '、',
  '𒀀',
  '\u0301',
  '\u200D',
  '🏽',
  'W'.repeat(40),
  '漢'.repeat(30),
]
const texts = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((all) => all.join(' ')),
  fc.array(fc.constantFrom(...words, ...odd), { maxLength: 40 }).map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 80 }),
)
const styles = fc.record({
  family: fc.constantFrom(...fonts.families),
  weight: fc.constantFrom(400, 700),
  emphasisWeight: fc.constant(800),
  sizePx: fc.integer({ min: 20, max: 160 }),
  minSizePx: fc.integer({ min: 14, max: 60 }),
  lineHeight: fc.double({ min: 0.8, max: 1.6, noNaN: true }),
  letterSpacingEm: fc.constantFrom(-0.03, 0, 0.1),
  align: fc.constantFrom('start', 'center', 'end'),
  maxLines: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  transform: fc.constantFrom('none', 'upper'),
}) satisfies fc.Arbitrary<TextStyle>
const boxes = fc.record({
  widthPx: fc.integer({ min: 60, max: 1000 }),
  heightPx: fc.integer({ min: 20, max: 1200 }),
})
const withoutSpace = (text: string): string => text.replaceAll(/\s/gu, '')

describe('any text in any box', () => {
  it('says truly whether it fits, loses nothing unless it says so, keeps its limits', () => {
    fc.assert(
      fc.property(texts, styles, boxes, (markup, style, box) => {
        const block = setText(markup, style, box, fonts)
        const least = Math.min(style.sizePx, style.minSizePx)
        expect(block.fontSizePx).toBeGreaterThanOrEqual(least)
        expect(block.fontSizePx).toBeLessThanOrEqual(style.sizePx)
        expect(block.fits).toBe(!block.truncated)
        if (block.fits) {
          for (const line of block.lines) expect(line.widthPx).toBeLessThanOrEqual(box.widthPx + 0.01)
          expect(block.heightPx).toBeLessThanOrEqual(box.heightPx)
          expect(block.lines.length).toBeLessThanOrEqual(style.maxLines ?? Infinity)
        } else {
          expect(block.fontSizePx).toBe(least)
          expect(block.lines.at(-1)?.text.endsWith('…')).toBe(true)
        }
        const whole = withoutSpace(parseMarkup(markup).text)
        if (block.fits && style.transform === 'none' && block.missingGlyphs.length === 0) {
          // What a font lacks may be written with simpler characters (⅓ as 1⁄3).
          expect(withoutSpace(block.lines.map((line) => line.text).join('')).normalize('NFKC')).toBe(
            whole.normalize('NFKC'),
          )
        }
        for (const [i, line] of block.lines.entries()) {
          expect(line.text).not.toMatch(/^[ \n]|[ \n]$/u)
          expect(
            line.segments.reduce((right, segment) => Math.max(right, segment.leftPx), 0),
          ).toBeLessThanOrEqual(Math.max(0, line.widthPx) + style.sizePx)
          expect(
            line.baselinePx - (block.lines[i - 1]?.baselinePx ?? line.baselinePx - block.lineHeightPx),
          ).toBe(block.lineHeightPx)
        }
        expect(new Set(block.missingGlyphs).size).toBe(block.missingGlyphs.length)
      }),
      { numRuns: 150 },
    )
  })

  it('is the same each time', () => {
    fc.assert(
      fc.property(texts, styles, boxes, (markup, style, box) => {
        const plain = (block: unknown): string =>
          JSON.stringify(block, (key, value: unknown) => (key === 'typeface' ? undefined : value))
        expect(plain(setText(markup, style, box, createFonts()))).toBe(
          plain(setText(markup, style, box, fonts)),
        )
      }),
      { numRuns: 15 },
    )
  })
})

import { describe, expect, it } from 'vitest'
import { createFonts } from './fonts.ts'
import { parseMarkup } from './markup.ts'
import { setText } from './set-text.ts'
import { renderText } from './testing/rendered-text.ts'
import { scriptSamples } from './testing/script-samples.ts'
import type { TextBlock, TextStyle } from './text-block.ts'

const fonts = createFonts()
const style: TextStyle = {
  family: 'Inter',
  weight: 600,
  emphasisWeight: 800,
  sizePx: 64,
  minSizePx: 32,
  lineHeight: 1.1,
  letterSpacingEm: -0.02,
  align: 'start',
}
const box = { widthPx: 800, heightPx: 500 }
const narrow = { widthPx: 420, heightPx: 900 }
const set = (
  text: string,
  more: Partial<TextStyle> = {},
  inside: { widthPx: number; heightPx: number } = box,
): TextBlock => setText(text, { ...style, ...more }, inside, fonts)
const linesOf = (block: TextBlock): string[] => block.lines.map((line) => line.text)

describe('every script', () => {
  it.each(Object.entries(scriptSamples))(
    '%s: nothing is missing, everything is drawn inside its block',
    (_, sample) => {
      for (const family of fonts.families) {
        const block = set(sample, { family }, narrow)
        expect(block.missingGlyphs).toEqual([])
        expect(block).toMatchObject({ fits: true, truncated: false })
        expect(linesOf(block).join('').replaceAll(' ', '')).toBe(
          parseMarkup(sample).text.replaceAll(' ', '').replace('⅓', '1⁄3'),
        )
        const { ink } = renderText(block, narrow.widthPx)
        // Letters may reach over their advance a little: j to the left, f to the right.
        expect(ink?.topPx).toBeGreaterThanOrEqual(-1)
        expect(ink?.bottomPx).toBeLessThanOrEqual(block.heightPx + 1)
        expect(ink?.leftPx).toBeGreaterThanOrEqual(-0.1 * block.fontSizePx)
        expect(ink?.rightPx).toBeLessThanOrEqual(narrow.widthPx + 0.1 * block.fontSizePx)
      }
    },
  )

  it.each(Object.entries(scriptSamples))('%s: the same text gives the same pixels', (_, sample) => {
    const first = renderText(set(sample), 800).hash
    // In a process that has loaded other files by now, and forgotten every measure.
    set(Object.values(scriptSamples).join(' '))
    expect(renderText(setText(sample, style, box, createFonts()), 800).hash).toBe(first)
  })

  it('runs from right to left where its first letter does', () => {
    expect(set(scriptSamples['Arabic'] ?? '').direction).toBe('rtl')
    expect(set('«**שלום**» hello').direction).toBe('rtl')
    expect(set('90 hello שלום').direction).toBe('ltr')
    const { ink } = renderText(set('שלום', { align: 'start' }), 800)
    expect(ink?.rightPx).toBeGreaterThan(780)
    expect(renderText(set('שלום', { align: 'end' }), 800).ink?.leftPx).toBeLessThan(20)
  })

  it('keeps words of the other direction in their order', () => {
    const [line] = set('עברית Instagram Reels עברית', { sizePx: 40 }).lines
    const latin = line?.segments.find((segment) => segment.text.includes('Instagram'))
    expect(latin?.text).toContain('Instagram Reels')
    // The first Hebrew word is at the right, and so the last segment.
    expect(line?.segments.at(-1)?.text).toContain('עברית')
    expect(line?.segments[0]?.leftPx).toBe(0)
  })

  it('joins Arabic letters of two weights as if they were one', () => {
    const whole = set('ضاعفت', { emphasisWeight: 600 })
    const parts = set('ضا**عف**ت', { emphasisWeight: 600 })
    expect(parts.lines[0]?.segments.length).toBe(3)
    expect(Math.abs(parts.widthPx - whole.widthPx)).toBeLessThan(0.02 * style.sizePx)
  })
})

describe('lines', () => {
  it.each(['Chinese', 'Japanese'])(
    '%s: none begins with a point or a closing bracket, none ends with an opening one',
    (script) => {
      const text = (scriptSamples[script] ?? '').repeat(3)
      for (let widthPx = 200; widthPx < 500; widthPx += 20) {
        const lines = linesOf(set(text, { sizePx: 40 }, { widthPx, heightPx: 3000 }))
        expect(lines.length).toBeGreaterThan(1)
        for (const line of lines) expect(line).not.toMatch(/^[。、，」”）ーっょ々]|[「“（]$/u)
      }
    },
  )

  it('breaks Thai between words, and Korean at spaces', () => {
    const words = new Set(
      Array.from(
        new Intl.Segmenter('th', { granularity: 'word' }).segment('ห้านิสัยที่ช่วยเพิ่มการเข้าถึงของเรา'),
        ({ index }) => index,
      ),
    )
    let at = 0
    for (const line of linesOf(set('ห้านิสัยที่ช่วยเพิ่มการเข้าถึงของเรา', {}, { widthPx: 300, heightPx: 900 }))) {
      expect(words.has(at)).toBe(true)
      at += line.length
    }
    expect(linesOf(set(scriptSamples['Korean'] ?? '', {}, narrow)).join(' ')).toBe(
      '90일 만에 도달률을 두 배로 늘린 다섯 가지 습관',
    )
  })

  it('are evenly long, with no word alone at the end', () => {
    const block = set(
      'The quick brown fox jumps over the lazy dog again',
      {},
      { widthPx: 700, heightPx: 900 },
    )
    const widths = block.lines.map((line) => line.widthPx)
    expect(Math.min(...widths) / Math.max(...widths)).toBeGreaterThan(0.6)
    expect(block.lines.at(-1)?.text).toContain(' ')
  })

  it('end where the user ends them', () => {
    expect(linesOf(set('one\n two \n\n\nthree'))).toEqual(['one', 'two', 'three'])
  })

  it('hold together what no-break spaces and hyphens join', () => {
    const lines = linesOf(
      set('It takes 90\u00A0days or ten\u2011fold\u202F% of it', {}, { widthPx: 300, heightPx: 900 }),
    )
    expect(lines.some((line) => line.includes('90\u00A0days'))).toBe(true)
    expect(lines.some((line) => line.includes('ten\u2011fold\u202F%'))).toBe(true)
  })

  it('have their marks apart, however close they are wanted', () => {
    for (const sample of [
      'ẤẦẨ ẬẶ '.repeat(4),
      'ผู้ที่ ปู่ '.repeat(6),
      'किंकु र्कृ '.repeat(6),
      'gjpq ÅÉÎ '.repeat(4),
    ]) {
      const block = set(sample, { lineHeight: 0.6 }, { widthPx: 300, heightPx: 2000 })
      const { data, widthPx, heightPx } = renderText(block, 300)
      let emptyRows = 0
      for (let y = 40; y < heightPx - 40; y++) {
        const row = data.subarray(y * widthPx * 4, (y + 1) * widthPx * 4)
        if (row.every((value, i) => i % 4 !== 3 || value < 32)) emptyRows++
      }
      expect(emptyRows).toBeGreaterThanOrEqual(block.lines.length - 1)
    }
  })
})

describe('a text that is too long', () => {
  it('shrinks to the largest size that fits', () => {
    const text = 'Five habits that doubled our reach in ninety days without a single advertisement'
    const block = set(text, {}, { widthPx: 600, heightPx: 200 })
    expect(block.fontSizePx).toBeLessThan(64)
    expect(block).toMatchObject({ fits: true, truncated: false })
    const larger = block.fontSizePx + 1
    expect(set(text, { sizePx: larger, minSizePx: larger }, { widthPx: 600, heightPx: 200 }).fits).toBe(false)
  })

  it('ends in an ellipsis at its least size', () => {
    const block = set('word '.repeat(200))
    expect(block).toMatchObject({ fontSizePx: 32, fits: false, truncated: true })
    expect(linesOf(block).join(' ')).toMatch(/^(?:word )+word…$|^(?:word )+w?o?r?d?…$/u)
    expect(block.heightPx).toBeLessThanOrEqual(500)
    // Nothing more would go in.
    expect(block.heightPx + block.lineHeightPx).toBeGreaterThan(500)
  })

  it('keeps to its number of lines', () => {
    const block = set('word '.repeat(200), { maxLines: 2 })
    expect(block.lines.length).toBe(2)
    expect(block.truncated).toBe(true)
    expect(set('word '.repeat(8), { maxLines: 1 }).lines.length).toBe(1)
  })

  it('has its ellipsis at the left end of a line from right to left', () => {
    const block = set('מילה '.repeat(200))
    const last = block.lines.at(-1)
    expect(last?.text.endsWith('…')).toBe(true)
    expect(last?.segments[0]?.text.endsWith('…')).toBe(true)
    expect(last?.segments[0]?.leftPx).toBe(0)
  })

  it('is cut between grapheme clusters', () => {
    for (const cluster of ['👩‍🚀', '🇮🇩', 'กี่', 'क्षि', 'e\u0323\u0301']) {
      const block = set(cluster.repeat(900))
      expect(block.truncated).toBe(true)
      const shown = linesOf(block).join('').slice(0, -1)
      expect(shown.length % cluster.normalize('NFC').length).toBe(0)
    }
  })

  it('breaks words only where they are too wide alone', () => {
    const url = 'https://example.com/'.concat('averyveryverylongpath'.repeat(4))
    const lines = linesOf(set(`See ${url} now`, {}, narrow))
    expect(lines.join('').replaceAll(' ', '')).toBe(`See${url}now`)
    expect(linesOf(set('Unverhältnismäßigkeit', { minSizePx: 20 }, narrow))).toEqual([
      'Unverhältnismäßigkeit',
    ])
  })
})

describe('bad text', () => {
  it.each(['', ' \n\t ', '\u0000\u0007\u202E', '****', '** **'])('%j does no harm', (text) => {
    const block = set(text)
    expect(block.fits).toBe(true)
    expect(block.lines.length).toBeLessThanOrEqual(1)
    renderText(block, 800)
  })

  it('an empty one is an empty block', () => {
    expect(set('')).toMatchObject({ lines: [], widthPx: 0, heightPx: 0, fits: true })
  })

  it('reports what no font has, each once, in order, and draws a mark', () => {
    const block = set('a 𒀀 b བོད 𒀀 c')
    expect(block.missingGlyphs).toEqual(['𒀀', 'བོ', 'ད'])
    expect(block.lines[0]?.segments.filter((segment) => segment.missing).length).toBe(4)
    expect(renderText(set('𒀀'), 800).ink).toBeDefined()
    expect(renderText(set('𒀀'), 800).hash).not.toBe(renderText(set('?'), 800).hash)
  })

  it('markup of other languages is text', () => {
    expect(linesOf(set('</svg><script>alert(1)</script>', {}, { widthPx: 2000, heightPx: 200 }))).toEqual([
      '</svg><script>alert(1)</script>',
    ])
  })

  it('5,000 characters are cut', () => {
    for (const text of [
      'x'.repeat(5000),
      '漢'.repeat(5000),
      '😀'.repeat(2500),
      '𒀀'.repeat(2500),
      'مرحبا abc '.repeat(500),
    ]) {
      const block = set(text)
      expect(block.truncated).toBe(true)
      expect(block.heightPx).toBeLessThanOrEqual(500)
    }
  })

  it('is shown, and said not to fit, in a box that has no room', () => {
    for (const inside of [
      { widthPx: 1, heightPx: 1 },
      { widthPx: 0, heightPx: 500 },
      { widthPx: 500, heightPx: 0 },
    ]) {
      expect(set('Hello world', {}, inside)).toMatchObject({ fits: false, truncated: true })
    }
  })

  it('a family that there is not is refused', () => {
    expect(() => set('a', { family: 'Comic Sans' })).toThrowError(
      expect.objectContaining({ code: 'FONT_INVALID' }),
    )
    expect(() => set('a', { family: 'Comic Sans' })).toThrowError(
      expect.objectContaining({ code: 'FONT_INVALID' }),
    )
  })
})

describe('capitals', () => {
  it.each([
    ['straße', 'STRASSE'],
    ['Άνοιξη', 'ΑΝΟΙΞΗ'],
    ['привет', 'ПРИВЕТ'],
    ['istanbul', 'ISTANBUL'],
    ['abc日本ก', 'ABC日本ก'],
  ])('%s: %s', (text, upper) => {
    expect(linesOf(set(text, { transform: 'upper' })).join('')).toBe(upper)
  })

  it('keep their emphasis', () => {
    const [line] = set('ß **straße** x', { transform: 'upper' }).lines
    expect(
      line?.segments.filter((segment) => segment.emphasis).map((segment) => segment.text.trim()),
    ).toEqual(['STRASSE'])
  })
})

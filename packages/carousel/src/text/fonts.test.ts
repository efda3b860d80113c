import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { GlobalFonts } from '@napi-rs/canvas'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFontTables } from './font-tables.ts'
import { createFonts } from './fonts.ts'
import { setText } from './set-text.ts'
import { renderText } from './testing/rendered-text.ts'
import type { TextBlock, TextStyle } from './text-block.ts'
import { woff2Tables } from './woff2.ts'

const require = createRequire(import.meta.url)
const fileOf = (path: string): Buffer => readFileSync(require.resolve(path))
const serif = fileOf('@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-normal.woff2')
const mono = fileOf('@fontsource/noto-sans-math/files/noto-sans-math-latin-400-normal.woff2')

const style: TextStyle = {
  family: 'Inter',
  weight: 600,
  emphasisWeight: 800,
  sizePx: 64,
  minSizePx: 32,
  lineHeight: 1.1,
  letterSpacingEm: 0,
  align: 'start',
}
const set = (text: string, family: string, fonts = createFonts()): TextBlock =>
  setText(text, { ...style, family }, { widthPx: 800, heightPx: 500 }, fonts)

/** The tables of a WOFF2 file that need no unpacking of glyphs, as a TTF. */
function sfntOf(woff2: Buffer): Buffer {
  const tables = [...woff2Tables(woff2)]
  const header = Buffer.alloc(12 + tables.length * 16)
  header.writeUInt32BE(0x00_01_00_00, 0)
  header.writeUInt16BE(tables.length, 4)
  let offset = header.length
  for (const [i, [tag, table]] of tables.entries()) {
    header.write(tag, 12 + i * 16, 'latin1')
    header.writeUInt32BE(offset, 20 + i * 16)
    header.writeUInt32BE(table.length, 24 + i * 16)
    offset += table.length
  }
  return Buffer.concat([header, ...tables.map(([, table]) => table)])
}

/** The same font in another file (WOFF2, section 8). */
function withPrivateData(woff2: Buffer, data: Buffer): Buffer {
  const file = Buffer.concat([woff2, Buffer.alloc((4 - (woff2.length % 4)) % 4), data])
  file.writeUInt32BE(file.length, 8)
  file.writeUInt32BE(file.length - data.length, 40)
  file.writeUInt32BE(data.length, 44)
  return file
}

describe('font files', () => {
  it('say what they have: WOFF2', () => {
    const tables = readFontTables(serif)
    expect(tables.codePoints.has(0x41)).toBe(true)
    // Declared for the Latin subset, but no glyph is there.
    expect(tables.codePoints.has(0x2062)).toBe(false)
    expect(tables.codePoints.has(0x411)).toBe(false)
    expect(tables.capHeight).toBeCloseTo(0.67, 1)
    expect(tables.axes.get('wght')).toEqual([200, 900])
    expect(readFontTables(mono).axes.size).toBe(0)
  })

  it('say the same as TTF', () => {
    const ttf = readFontTables(sfntOf(serif))
    const woff2 = readFontTables(serif)
    expect({ ...ttf, codePoints: ttf.codePoints.size }).toEqual({
      ...woff2,
      codePoints: woff2.codePoints.size,
    })
  })

  it('are read when a text needs them, once in a process', () => {
    const loaded = (part: string): number =>
      GlobalFonts.families.filter(({ family }) => family.includes(part)).length
    const fonts = createFonts()
    set('नमस्ते', 'Inter', fonts)
    expect(loaded('noto-sans-devanagari')).toBe(1)
    set('नमस्ते दुनिया', 'Fraunces', createFonts())
    expect(loaded('noto-sans-devanagari')).toBe(1)
    const before = loaded('noto-sans-sc')
    set('漢字', 'Inter', fonts)
    // Of a hundred.
    expect(loaded('noto-sans-sc') - before).toBeLessThan(10)
  })

  it('never meet a font of the system of the same name', () => {
    for (const { family } of GlobalFonts.families.filter((each) => each.family.startsWith('darkroom'))) {
      expect(family).toMatch(/^darkroom (?:@|given )/u)
    }
  })
})

describe('fonts of the user', () => {
  it('come before the family behind them, which draws what they lack', () => {
    const fonts = createFonts()
    const name = fonts.add(serif, 'Inter')
    expect(fonts.add(Buffer.from(serif), 'Inter')).toBe(name)
    expect(renderText(set('Hello', name, fonts), 800).hash).not.toBe(
      renderText(set('Hello', 'Inter', fonts), 800).hash,
    )
    const mixed = set('Hello Привет 你好 😀', name, fonts)
    expect(mixed.missingGlyphs).toEqual([])
    const faces = mixed.lines.flatMap((line) => line.segments.map((segment) => segment.typeface.face.name))
    expect(faces).toContain(name)
    expect(faces).toContain('Inter')
  })

  it('are drawn even when others have taken their room since', () => {
    const fonts = createFonts()
    const name = fonts.add(serif)
    const block = set('Hello', name, fonts)
    const before = renderText(block, 800).hash
    // As many as push out the first.
    for (let i = 0; i < 66; i++) fonts.add(withPrivateData(mono, Buffer.alloc(768 * 1024, i)))
    expect(renderText(block, 800).hash).toBe(before)
    expect(() => set('Hello', name, fonts)).toThrowError(expect.objectContaining({ code: 'FONT_INVALID' }))
    expect(
      GlobalFonts.families.filter(({ family }) => family.startsWith('darkroom given')).length,
    ).toBeLessThan(66)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not a font at all, but long enough to have a header')],
    ['PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['WOFF 1', Buffer.concat([Buffer.from('wOFF'), serif.subarray(4)])],
    ['half a file', serif.subarray(0, serif.length / 2)],
    ['a header alone', serif.subarray(0, 48)],
    ['a collection', Buffer.concat([Buffer.from('ttcf'), Buffer.alloc(100)])],
    ['33 MB', Buffer.alloc(33 * 1024 * 1024)],
  ])('%s is refused', (_, bytes) => {
    expect(() => createFonts().add(bytes)).toThrowError(expect.objectContaining({ code: 'FONT_INVALID' }))
  })

  it('damaged anywhere are refused or drawn, and nothing else', () => {
    const fonts = createFonts()
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(mono.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const damaged = Buffer.from(mono)
          for (const [at, value] of changes) damaged[at] = value
          try {
            renderText(set('Ab 12', fonts.add(damaged), fonts), 800)
          } catch (error) {
            expect(error).toMatchObject({ code: 'FONT_INVALID' })
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})

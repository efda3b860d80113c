import { createHash } from 'node:crypto'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { contrastOf, luminanceOf } from '../color.ts'
import { defaultSlideQuality } from '../encode/sharp-encoder.ts'
import type { Frame } from '../frame.ts'
import type { Brand } from '../layout/brand.ts'
import { placeSlides } from '../layout/place-slides.ts'
import type { Placement } from '../layout/placement.ts'
import { prepareSlides } from '../layout/prepare-slides.ts'
import type { PreparedSlides } from '../layout/prepare-slides.ts'
import { handFrame } from '../layout/testing/hand-frame.ts'
import { themes } from '../layout/themes.ts'
import type { SlideText } from '../slide.ts'
import { createFonts } from '../text/fonts.ts'
import { inksOf } from './inks.ts'
import { renderSlide } from './render-slide.ts'
import { sceneOf } from './scene.ts'

const fonts = createFonts()

const slides: readonly SlideText[] = [
  { kind: 'hook', label: 'Notes', title: 'What the **light** does', body: 'And what it never does.' },
  { kind: 'credibility', title: '73%', body: 'of everyone who was asked' },
  {
    kind: 'point',
    title: 'Stand still',
    body: 'Light moves by itself; wait for it **and** for nothing else.',
  },
  { kind: 'cta', title: 'See it', body: 'Tomorrow at nine.', label: 'Come along' },
]

async function preparedFor(
  frame: Frame,
  options: { theme?: string | undefined; slides?: readonly SlideText[]; brand?: Brand } = {},
): Promise<PreparedSlides> {
  const { widthPx, heightPx } = frame
  const brand = { handle: '@someone', ...options.brand }
  return prepareSlides(
    { slides: options.slides ?? slides, size: { widthPx, heightPx }, theme: options.theme, brand },
    fonts,
  )
}

/** A small generator of pixels, the same for the same seed. */
function noise(seed: number): () => number {
  let state = seed | 1
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    return ((state >>> 8) & 0xffff) / 0x10000
  }
}

type Paint = (
  widthPx: number,
  heightPx: number,
  seed: number,
) => (x: number, y: number) => readonly [number, number, number]

const paints: Readonly<Record<string, Paint>> = {
  white: () => () => [255, 255, 255],
  black: () => () => [0, 0, 0],
  grey: () => () => [119, 119, 119],
  noise: (_width, _height, seed) => {
    const next = noise(seed)
    return () => [next() * 255, next() * 255, next() * 255]
  },
  gradient: (width, height) => (x, y) => [(x / width) * 255, (y / height) * 255, 128],
  checks: () => (x, y) => (((x >> 5) + (y >> 5)) % 2 === 0 ? [250, 250, 245] : [12, 12, 20]),
  red: () => () => [255, 0, 0],
  blue: () => () => [20, 40, 255],
}

const sizes = [
  [1080, 1350],
  [540, 540],
  [360, 640],
  [600, 314],
] as const

/** Where ink lies: the same slide at the same place on a plain frame of the ink's opposite. */
function inkMask(frame: Frame, prepared: PreparedSlides, index: number, placement: Placement): Uint8Array {
  const { widthPx, heightPx } = frame
  const mask = new Uint8Array(widthPx * heightPx)
  const tones = new Set([placement.tone, placement.foot?.tone ?? placement.tone])
  for (const tone of tones) {
    const plain = tone === 'dark' ? 0 : 255
    const data = new Uint8Array(frame.data.length).fill(plain)
    const bare = renderSlide({ ...frame, data }, prepared, index, placement).data
    for (let at = 0; at < mask.length; at += 1) {
      const far = Math.max(...[0, 1, 2].map((channel) => Math.abs(bare[at * 3 + channel]! - plain)))
      if (far > 24) mask[at] = 1
    }
  }
  return mask
}

interface Reading {
  rect: { leftPx: number; topPx: number; widthPx: number; heightPx: number }
  inkLuminance: number
  leastContrast: number
}

/** Every text of a slide, where, in which colour, and what WCAG asks of it. */
function readingsOf(prepared: PreparedSlides, index: number, placement: Placement): Reading[] {
  const scene = sceneOf(prepared, index, placement)
  const inks = inksOf(prepared.theme, placement.tone, prepared.brandColor)
  const readings: Reading[] = scene.parts.flatMap(({ part, rect }) =>
    part.type === 'text' && part.ink !== 'accent'
      ? [{ rect, inkLuminance: luminanceOf(inks[part.ink]), leastContrast: part.leastContrast }]
      : [],
  )
  for (const { rect } of scene.foot?.texts ?? []) {
    const footInks = inksOf(prepared.theme, placement.foot?.tone ?? placement.tone, undefined)
    readings.push({ rect, inkLuminance: luminanceOf(footInks.softInk), leastContrast: 4.5 })
  }
  return readings
}

/** The least contrast of a text with cells of `cellPx` around its ink: of pixels, or of what JPEG keeps of them. */
function leastAround(
  data: Uint8Array,
  widthPx: number,
  mask: Uint8Array,
  reading: Reading,
  cellPx: number,
): number {
  const { leftPx, topPx, widthPx: wide, heightPx: high } = reading.rect
  let least = 21
  for (let top = topPx; top < topPx + high; top += cellPx) {
    for (let left = leftPx; left < leftPx + wide; left += cellPx) {
      let sum = 0
      let count = 0
      for (let y = top; y < top + cellPx; y += 1) {
        for (let x = left; x < left + cellPx; x += 1) {
          if (isNear(mask, widthPx, x, y, cellPx === 1 ? 1 : 2) || !isNear(mask, widthPx, x, y, 6)) continue
          const at = (y * widthPx + x) * 3
          sum += luminanceOf({ r: data[at]!, g: data[at + 1]!, b: data[at + 2]! })
          count += 1
        }
      }
      if (count > 0 && count >= (cellPx * cellPx) / 4) {
        least = Math.min(least, contrastOf(reading.inkLuminance, sum / count))
      }
    }
  }
  return least
}

function isNear(mask: Uint8Array, widthPx: number, x: number, y: number, byPx: number): boolean {
  for (let dy = -byPx; dy <= byPx; dy += byPx) {
    for (let dx = -byPx; dx <= byPx; dx += byPx) if (mask[(y + dy) * widthPx + x + dx] === 1) return true
  }
  return mask[y * widthPx + x] === 1
}

const hashOf = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

describe('contrast', () => {
  const cases = fc.record({
    paint: fc.constantFrom(...Object.keys(paints)),
    size: fc.constantFrom([540, 675], [540, 540], [360, 640], [600, 314]),
    theme: fc.constantFrom(...themes.map(({ name }) => name)),
    index: fc.integer({ min: 0, max: slides.length - 1 }),
    seed: fc.integer({ min: 1, max: 1000 }),
    color: fc.constantFrom(undefined, '#0a1f5c', '#ffe600', '#d4002a', '#7f7f7f'),
  })

  test('is what WCAG asks for around the ink of every text, on the final pixels and after JPEG', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ paint, size, theme, index, seed, color }) => {
        const [widthPx = 0, heightPx = 0] = size
        const frame = handFrame(widthPx, heightPx, paints[paint]!(widthPx, heightPx, seed))
        const prepared = await preparedFor(frame, { theme, brand: { color } })
        const placement = placeSlides(frame, prepared)
        const slide = renderSlide(frame, prepared, index, placement)
        const mask = inkMask(frame, prepared, index, placement)
        const jpeg = await sharp(slide.data, { raw: { width: widthPx, height: heightPx, channels: 3 } })
          .jpeg({ quality: defaultSlideQuality.jpeg })
          .toBuffer()
        const decoded = await sharp(jpeg).raw().toBuffer()
        const readings = readingsOf(prepared, index, placement)
        expect(readings.length).toBeGreaterThan(1)
        for (const reading of readings) {
          expect(leastAround(slide.data, widthPx, mask, reading, 1)).toBeGreaterThanOrEqual(
            reading.leastContrast,
          )
          expect(leastAround(decoded, widthPx, mask, reading, 8)).toBeGreaterThanOrEqual(
            reading.leastContrast,
          )
        }
        expect(slide.fit.contrastRatio).toBeGreaterThanOrEqual(3)
        if (readings.every(({ leastContrast }) => leastContrast === 4.5)) {
          expect(slide.fit.contrastRatio).toBeGreaterThanOrEqual(4.5)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('takes dark ink on white and no scrim, light ink on black and none', async () => {
    for (const [paint, tone] of [
      ['white', 'light'],
      ['black', 'dark'],
    ] as const) {
      const frame = handFrame(540, 675, paints[paint]!(540, 675, 1))
      const prepared = await preparedFor(frame)
      const placement = placeSlides(frame, prepared)
      expect(placement.tone).toBe(tone)
      const slide = renderSlide(frame, prepared, 1, placement)
      // Rows without ink are as they were: nothing touched beyond text and foot.
      const touched = slide.touchedRows.reduce((sum, { heightPx }) => sum + heightPx, 0)
      expect(touched).toBeLessThan(placement.zone.heightPx)
    }
  })
})

describe('a slide', () => {
  const frame = handFrame(540, 675, paints['checks']!(540, 675, 1))

  test('leaves the frame as it is, and says exactly which rows it touched', async () => {
    const before = hashOf(frame.data)
    for (const theme of themes) {
      const prepared = await preparedFor(frame, { theme: theme.name })
      const placement = placeSlides(frame, prepared)
      for (const index of slides.keys()) {
        const { data, touchedRows } = renderSlide(frame, prepared, index, placement)
        const isTouched = (y: number): boolean =>
          touchedRows.some(({ topPx, heightPx }) => y >= topPx && y < topPx + heightPx)
        const differs = (y: number): boolean =>
          Buffer.compare(
            data.subarray(y * 1620, y * 1620 + 1620),
            frame.data.subarray(y * 1620, y * 1620 + 1620),
          ) !== 0
        for (let y = 0; y < 675; y += 1) if (differs(y)) expect(isTouched(y)).toBe(true)
        for (const { topPx, heightPx } of touchedRows) {
          expect(differs(topPx)).toBe(true)
          expect(differs(topPx + heightPx - 1)).toBe(true)
        }
      }
    }
    expect(hashOf(frame.data)).toBe(before)
  })

  test('has the same pixels each time, alone or after others', async () => {
    const prepared = await preparedFor(frame)
    const placement = placeSlides(frame, prepared)
    const first = slides.map((_, index) => hashOf(renderSlide(frame, prepared, index, placement).data))
    const again = await preparedFor(frame)
    expect(hashOf(renderSlide(frame, again, 2, placeSlides(frame, again)).data)).toBe(first[2])
    expect(new Set(first).size).toBe(slides.length)
  })

  test('puts no ink outside of the safe zone, whatever the text', async () => {
    const texts: SlideText[] = [
      { kind: 'hook', title: 'Jagged ÅÄÖ fjord gypsy', label: 'Ägypten', body: 'j'.repeat(300) },
      { kind: 'credibility', title: 'กี่ปู่', body: 'ที่นี่ไม่มีใครรู้' },
      { kind: 'point', title: 'W'.repeat(90), body: 'long '.repeat(900) },
      { kind: 'cta', title: 'هل تريد المزيد؟', label: 'x'.repeat(80), body: '🔥'.repeat(40) },
    ]
    for (const [widthPx, heightPx] of sizes) {
      for (const theme of themes) {
        const plain = handFrame(widthPx, heightPx, paints['black']!(widthPx, heightPx, 1))
        const prepared = await preparedFor(plain, { theme: theme.name, slides: texts })
        const placement = placeSlides(plain, prepared)
        for (const index of texts.keys()) {
          const mask = inkMask(plain, prepared, index, placement)
          const { leftPx, topPx, widthPx: wide, heightPx: high } = prepared.geometry.safe
          // Round letters and accents may stand over their line by a hair.
          const overPx = Math.ceil(8 * prepared.geometry.unitPx)
          const outside = [...mask.keys()].filter((at) => {
            const [x, y] = [at % widthPx, Math.floor(at / widthPx)]
            const isOver =
              x < leftPx - overPx ||
              x >= leftPx + wide + overPx ||
              y < topPx - overPx ||
              y >= topPx + high + overPx
            return mask[at] === 1 && isOver
          })
          expect(outside).toHaveLength(0)
        }
      }
    }
  })

  test('says how its text came to stand', async () => {
    const texts: SlideText[] = [
      { kind: 'hook', title: 'Short' },
      {
        kind: 'hook',
        title: 'A headline that goes on for so long that it has to become a good deal smaller '.repeat(2),
      },
      { kind: 'point', title: 'Much', body: 'word '.repeat(990) },
      { kind: 'point', title: 'Odd', body: 'A private \u{f8ff} sign' },
    ]
    const prepared = await preparedFor(frame, { slides: texts })
    const placement = placeSlides(frame, prepared)
    const fits = texts.map((_, index) => renderSlide(frame, prepared, index, placement).fit)
    expect(fits[0]).toMatchObject({ fits: true, truncated: false, lines: 1, missingGlyphs: [] })
    expect(fits[1]?.fontSizePx).toBeLessThan(fits[0]?.fontSizePx ?? 0)
    expect(fits[2]).toMatchObject({ fits: false, truncated: true })
    expect(fits[3]?.missingGlyphs).toEqual(['\u{f8ff}'])
  })

  test('is mirrored where it reads from right to left', async () => {
    const texts: SlideText[] = [
      { kind: 'point', title: 'Right', body: 'Wrong' },
      { kind: 'point', title: 'ابدأ', body: 'بكوب' },
    ]
    const plain = handFrame(540, 675, paints['black']!(540, 675, 1))
    const prepared = await preparedFor(plain, { slides: texts, brand: { handle: undefined } })
    const placement = placeSlides(plain, prepared)
    const middleOf = (index: number): number => {
      const { region } = renderSlide(plain, prepared, index, placement).fit
      return region.leftPx + region.widthPx / 2
    }
    expect(middleOf(0)).toBeLessThan(270)
    expect(middleOf(1)).toBeGreaterThan(270)
  })
})

test('a logo is drawn, and one that is no picture is refused', async () => {
  const frame = handFrame(540, 675, paints['black']!(540, 675, 1))
  const red = { create: { width: 90, height: 30, channels: 4, background: '#ff0000' } } as const
  const logo = await sharp(red).png().toBuffer()
  const prepared = await preparedFor(frame, { brand: { logo } })
  const { data } = renderSlide(frame, prepared, 0, placeSlides(frame, prepared))
  let reds = 0
  for (let at = 0; at < data.length; at += 3) if (data[at]! > 240 && data[at + 1]! < 20) reds += 1
  expect(reds).toBeGreaterThan(1000)
  await expect(preparedFor(frame, { brand: { logo: Buffer.from('no picture') } })).rejects.toMatchObject({
    code: 'BRAND_INVALID',
    param: 'brand.logo',
  })
})

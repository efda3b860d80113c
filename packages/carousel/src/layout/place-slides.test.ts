import { describe, expect, test } from 'vitest'
import { slideKinds } from '../slide.ts'
import type { SlideText } from '../slide.ts'
import { createFonts } from '../text/fonts.ts'
import { candidatesOf } from './candidates.ts'
import { layouts } from './layouts.ts'
import { placeSlides } from './place-slides.ts'
import type { Placement } from './placement.ts'
import { prepareSlides } from './prepare-slides.ts'
import { gridPx, slideGeometry } from './slide-geometry.ts'
import { handFrame } from './testing/hand-frame.ts'
import { themeOf, themes } from './themes.ts'

const fonts = createFonts()
const slides: readonly SlideText[] = [
  { kind: 'hook', title: 'One' },
  { kind: 'cta', title: 'Two', label: 'Go' },
]

type Frame = ReturnType<typeof handFrame>

async function place(frame: Frame, theme = 'editorial', texts = slides): Promise<Placement> {
  const { widthPx, heightPx } = frame
  const prepared = await prepareSlides(
    { slides: texts, size: { widthPx, heightPx }, theme, brand: undefined },
    fonts,
  )
  return placeSlides(frame, prepared)
}

/** Busy where `isBusy`, calm elsewhere. */
function partlyBusy(isBusy: (x: number, y: number) => boolean, widthPx = 540, heightPx = 675): Frame {
  return handFrame(widthPx, heightPx, (x, y) => {
    if (!isBusy(x, y)) return [96, 104, 112]
    return ((x >> 2) + (y >> 2)) % 2 === 0 ? [240, 240, 240] : [16, 16, 16]
  })
}

describe('text is placed', () => {
  test('where the photograph is calm, in every theme', async () => {
    for (const { name } of themes) {
      expect(
        (
          await place(
            partlyBusy((_x, y) => y > 337),
            name,
          )
        ).anchor,
      ).toBe('top')
      expect(
        (
          await place(
            partlyBusy((_x, y) => y < 337),
            name,
          )
        ).anchor,
      ).toBe('bottom')
    }
  })

  test('beside what is busy, on a slide that is wider than high', async () => {
    const left = await place(partlyBusy((x) => x < 300, 600, 314))
    expect(left.zone.leftPx).toBeGreaterThan(280)
    const right = await place(partlyBusy((x) => x > 300, 600, 314))
    expect(right.zone.leftPx + right.zone.widthPx).toBeLessThan(330)
  })

  test('off faces, at the cost of room and calm', async () => {
    const calm = (): [number, number, number] => [100, 100, 100]
    for (const { name } of themes) {
      for (const topPx of [80, 230, 380]) {
        const face = { leftPx: 170, topPx, widthPx: 180, heightPx: 180, likelihood: 0.95 }
        const { zone } = await place(handFrame(540, 675, calm, [face]), name)
        const overlap = Math.min(zone.topPx + zone.heightPx, topPx + 180) - Math.max(zone.topPx, topPx)
        // A chin's breadth, where a face in the middle leaves no more.
        expect(overlap).toBeLessThanOrEqual(12)
      }
    }
  })

  test('off hair and neck, where the photograph leaves room beside them', async () => {
    const calm = (): [number, number, number] => [100, 100, 100]
    const face = { leftPx: 190, topPx: 190, widthPx: 140, heightPx: 140, likelihood: 0.95 }
    for (const { name } of themes) {
      const { zone } = await place(handFrame(540, 675, calm, [face]), name)
      // Brow to chin is 190 to 330: hair reaches up to 106, the neck down to 386, where it is shoulders already.
      expect(zone.topPx).toBeGreaterThanOrEqual(360)
    }
  })

  test('beside a face that fills one side of an upright slide', async () => {
    const calm = (): [number, number, number] => [100, 100, 100]
    for (const leftPx of [-40, 360]) {
      const face = { leftPx, topPx: 180, widthPx: 220, heightPx: 300, likelihood: 0.95 }
      const { zone, isColumn, foot } = await place(
        handFrame(540, 675, calm, [face]),
        'editorial',
        slides.map((slide) => ({ ...slide, body: 'Words' })),
      )
      expect(isColumn).toBe(true)
      const isLeft = zone.leftPx < 100
      expect(isLeft).toBe(leftPx > 0)
      // Page mark and handle keep the whole width.
      expect(foot === undefined || foot.rect.widthPx > zone.widthPx).toBe(true)
    }
  })

  test('not small to keep off a lamp that is half taken for a face', async () => {
    const calm = (): [number, number, number] => [40, 40, 40]
    const lamp = { leftPx: 240, topPx: 420, widthPx: 60, heightPx: 60, likelihood: 0.55 }
    const { zone } = await place(handFrame(540, 675, calm, [lamp]), 'poster')
    expect(zone.heightPx).toBeGreaterThanOrEqual(270)
  })

  test('without regard to words: an edit moves nothing', async () => {
    const frame = partlyBusy((x, y) => (x + y) % 97 < 40)
    const long = slides.map((slide) => ({ ...slide, title: 'Words upon words '.repeat(40), body: 'More.' }))
    expect(await place(frame, 'editorial', long)).toEqual(await place(frame))
  })

  test('within the safe zone and on the grid, in every candidate of every size', () => {
    for (const [widthPx, heightPx] of [
      [1080, 1350],
      [1080, 1080],
      [1080, 1920],
      [1200, 627],
      [320, 320],
      [4096, 1024],
      [320, 4096],
    ] as const) {
      const geometry = slideGeometry({ widthPx, heightPx })
      const candidates = candidatesOf(geometry, true)
      expect(candidates.length).toBeGreaterThan(2)
      for (const { zone, core } of candidates) {
        expect(zone.topPx % gridPx).toBe(0)
        expect(zone.topPx).toBeGreaterThanOrEqual(geometry.safe.topPx)
        expect(zone.topPx + zone.heightPx).toBeLessThanOrEqual(geometry.safe.topPx + geometry.safe.heightPx)
        expect(zone.leftPx).toBeGreaterThanOrEqual(geometry.safe.leftPx)
        expect(zone.leftPx + zone.widthPx).toBeLessThanOrEqual(geometry.safe.leftPx + geometry.safe.widthPx)
        expect(core.topPx).toBeGreaterThanOrEqual(zone.topPx)
        expect(core.topPx + core.heightPx).toBeLessThanOrEqual(zone.topPx + zone.heightPx)
      }
    }
  })
})

describe('the tone of text', () => {
  test('is light ink on a shadow where bright stripes would show through a haze', async () => {
    const stripes = handFrame(540, 675, (x) => (x % 24 < 12 ? [236, 236, 236] : [110, 90, 170]))
    const plain = handFrame(540, 675, () => [220, 214, 216])
    for (const { name } of themes) {
      expect((await place(plain, name)).tone).toBe('light')
      expect((await place(stripes, name)).tone).toBe('dark')
    }
  })
})

test('a column at the bottom and the foot below it have one tone', async () => {
  const face = { leftPx: 360, topPx: 180, widthPx: 220, heightPx: 300, likelihood: 0.95 }
  // White at the left, and somebody in black at the right.
  const frame = handFrame(540, 675, (x) => (x < 330 ? [235, 232, 228] : [24, 24, 28]), [face])
  for (const { name } of themes) {
    const { isColumn, anchor, tone, foot } = await place(frame, name)
    expect(isColumn).toBe(true)
    if (anchor === 'bottom') expect(foot?.tone).toBe(tone)
  }
})

describe('safe zones', () => {
  test('of 4:5 lie inside the square and the 3:4 that profile grids cut out', () => {
    const { safe } = slideGeometry({ widthPx: 1080, heightPx: 1350 })
    expect(safe.topPx).toBeGreaterThanOrEqual(135)
    expect(safe.topPx + safe.heightPx).toBeLessThanOrEqual(1350 - 135)
    expect(safe.leftPx).toBeGreaterThanOrEqual(34)
  })

  test('of 9:16 leave what lies under controls', () => {
    const { safe } = slideGeometry({ widthPx: 1080, heightPx: 1920 })
    expect(safe.topPx).toBeGreaterThanOrEqual(268)
    expect(safe.topPx + safe.heightPx).toBeLessThanOrEqual(1920 * 0.8)
  })
})

describe('themes', () => {
  test('are found by name; the first is the default; others are refused by their code', () => {
    expect(themeOf(undefined)).toBe(themes[0])
    for (const theme of themes) expect(themeOf(theme.name)).toBe(theme)
    expect(() => themeOf('grey box')).toThrow(
      expect.objectContaining({ code: 'THEME_UNKNOWN', param: 'theme' }),
    )
  })

  test('of users are data, and those whose text could not be read are refused', () => {
    const own = { ...themeOf('editorial'), name: 'own' }
    expect(themeOf(own)).toBe(own)
    for (const theme of themes) expect(themeOf({ ...theme })).toEqual(theme)
    const faint = { ...own, dark: { ...own.dark, softInk: '#555555' } }
    const broken = { ...own, light: { ...own.light, accent: 'blue' } }
    expect(() => themeOf(faint)).toThrow(expect.objectContaining({ param: 'theme.dark.softInk' }))
    expect(() => themeOf(broken)).toThrow(expect.objectContaining({ param: 'theme.light.accent' }))
  })

  test('a brand colour that is none is refused', async () => {
    const asked = {
      slides,
      size: { widthPx: 540, heightPx: 675 },
      theme: undefined,
      brand: { color: 'teal' },
    }
    await expect(prepareSlides(asked, fonts)).rejects.toMatchObject({
      code: 'BRAND_INVALID',
      param: 'brand.color',
    })
  })
})

test('every kind has a layout, and every layout a title', async () => {
  expect(Object.keys(layouts).toSorted()).toEqual([...slideKinds].toSorted())
  const texts = slideKinds.map((kind) => ({ kind, title: 'Title', body: 'Body', label: 'Label' }))
  const asked = { slides: texts, size: { widthPx: 540, heightPx: 675 }, theme: undefined, brand: undefined }
  const prepared = await prepareSlides(asked, fonts)
  for (const index of texts.keys()) {
    const parts = prepared.partsOf(index, { widthPx: 450, heightPx: 380 })
    expect(parts.filter((part) => part.type === 'text' && part.isTitle)).toHaveLength(1)
  }
})

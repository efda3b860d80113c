import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { createCarouselMaker } from './carousel-maker.ts'
import type { Brand } from './layout/brand.ts'
import { failureOf, slidesOf } from './testing/collect.ts'
import { photoBytes } from './testing/test-bases.ts'

const fontFile = '@fontsource-variable/roboto-condensed/files/roboto-condensed-latin-wght-normal.woff2'

test('fonts of the brand set its titles and texts, and nobody else’s', async () => {
  await using maker = createCarouselMaker({ findFaces: false })
  const font = await readFile(createRequire(import.meta.url).resolve(fontFile))
  const base = await photoBytes()
  const slides = [
    { kind: 'hook', title: 'What the light does' },
    { kind: 'point', title: 'A point', body: 'Its reason.' },
  ] as const
  const hashesWith = async (brand: Brand): Promise<string[]> => {
    const made = await slidesOf(maker.make({ base, slides, brand }))
    expect(made.flatMap(({ fit }) => fit.missingGlyphs)).toEqual([])
    return made.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'))
  }
  const [plainHook, plainPoint] = await hashesWith({})
  const [titledHook, titledPoint] = await hashesWith({ fonts: { title: font } })
  const [, bodiedPoint] = await hashesWith({ fonts: { body: font } })
  expect(titledHook).not.toBe(plainHook)
  expect(new Set([plainPoint, titledPoint, bodiedPoint]).size).toBe(3)
  expect(await hashesWith({})).toEqual([plainHook, plainPoint])
})

test.each(['title', 'body'])('a font that is none is refused as the font of the %s', async (part) => {
  await using maker = createCarouselMaker({ findFaces: false })
  const fonts = { [part]: new TextEncoder().encode('no font at all, but some bytes') }
  const slides = [
    { kind: 'hook', title: 'A' },
    { kind: 'cta', title: 'B' },
  ] as const
  const base = await photoBytes()
  expect(await failureOf(() => slidesOf(maker.make({ base, slides, brand: { fonts } })))).toMatchObject({
    code: 'FONT_INVALID',
    param: `brand.fonts.${part}`,
  })
})

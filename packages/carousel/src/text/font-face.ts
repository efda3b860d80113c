import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { codePointsOfCss } from './code-points.ts'
import type { FontFamily } from './font-family.ts'
import type { FontFile } from './font-file.ts'
import { packagedFontFile } from './font-file.ts'
import type { FontTables } from './font-tables.ts'

/** A family as texts are set in it. */
export interface FontFace {
  readonly name: string
  /** Its files; the first one that has a character draws it. */
  readonly files: readonly FontFile[]
  readonly scale: number
  readonly minLineHeight: number
  readonly spaced: boolean
  readonly isEmoji: boolean
  /** Letters as high and as deep as most. */
  readonly reference: string
  /** Skia's `fontVariationSettings`. */
  settings(weight: number, sizePx: number, file: FontFile): string
}

const latinReference = 'Hdp'

/** How large a pixel of a slide is to the reader: 1080 of them are as wide as a phone's 390 points. */
const pointsPerPixel = 390 / 1080

/** The face of a family in an npm package; files are listed, none is read. */
export function packagedFace(family: FontFamily, isEmoji = false): FontFace {
  let files: readonly FontFile[] | undefined
  return {
    name: family.name,
    get files() {
      return (files ??= filesOf(family))
    },
    scale: family.scale ?? 1,
    minLineHeight: family.minLineHeight ?? 1,
    spaced: family.spaced ?? false,
    isEmoji,
    reference: family.reference ?? latinReference,
    settings: (weight, sizePx, file) => settingsOf(file.load(), weight, sizePx, family),
  }
}

/** The face of one font file that a user gave. */
export function givenFace(name: string, file: FontFile): FontFace {
  return {
    name,
    files: [file],
    scale: 1,
    minLineHeight: 1,
    spaced: true,
    isEmoji: false,
    reference: latinReference,
    settings: (weight, sizePx) => settingsOf(file.load(), weight, sizePx, {}),
  }
}

function settingsOf(
  tables: FontTables,
  weight: number,
  sizePx: number,
  family: Pick<FontFamily, 'axes' | 'opticalSizes'>,
): string {
  const settings: string[] = []
  const weights = tables.axes.get('wght')
  if (weights !== undefined) settings.push(`"wght" ${clamp(weight, weights)}`)
  const opticalSizes = family.opticalSizes ?? tables.axes.get('opsz')
  if (opticalSizes !== undefined)
    settings.push(`"opsz" ${Math.round(clamp(sizePx * pointsPerPixel, opticalSizes))}`)
  for (const [axis, value] of Object.entries(family.axes ?? {})) settings.push(`"${axis}" ${value}`)
  return settings.length === 0 ? 'normal' : settings.join(', ')
}

function clamp(value: number, [least, greatest]: readonly [number, number]): number {
  return Math.min(greatest, Math.max(least, value))
}

const require = createRequire(import.meta.url)

function filesOf(family: FontFamily): FontFile[] {
  const listing = require.resolve(`${family.package}/${family.ranges}`)
  const text = readFileSync(listing, 'utf8')
  const ranges =
    family.ranges === 'unicode.json'
      ? Object.entries(JSON.parse(text) as Record<string, string>)
      : cssRanges(text)
  return (
    ranges
      .map(([key, range]) => ({ subset: key.replaceAll(/[[\]]/gu, ''), range }))
      .filter(({ subset }) => family.subsets?.includes(subset) ?? true)
      // Latin first: what the files share is then drawn by the one that is there anyway.
      .toSorted((a, b) => Number(b.subset === 'latin') - Number(a.subset === 'latin'))
      .map(({ subset, range }) => {
        const path = join(dirname(listing), family.file.replace('*', subset))
        const alias = `darkroom ${family.package} ${family.file.replace('*', subset)}`
        return packagedFontFile(path, alias, codePointsOfCss(range))
      })
  )
}

function cssRanges(css: string): [string, string][] {
  return [...css.matchAll(/files\/(\w+)\.woff2[^}]*unicode-range:([^;}]+)/gu)].map((match) => [
    match[1] ?? '',
    match[2] ?? '',
  ])
}

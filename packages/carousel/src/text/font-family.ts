/** A family of font files that share metrics and together cover some scripts. All from npm; all OFL 1.1. */
export interface FontFamily {
  /** As `TextStyle.family` names it. */
  readonly name: string
  /** The npm package. */
  readonly package: string
  /** Inside the package; `*` stands for the subset. */
  readonly file: string
  /** Only these subsets of the package; default all. */
  readonly subsets?: readonly string[]
  /** Where the package lists what each file covers. */
  readonly ranges: 'unicode.json' | 'index.css'
  /** Axes with one value for all sizes and weights. */
  readonly axes?: Readonly<Record<string, number>>
  /** Optical sizes that are used; the file may have more. */
  readonly opticalSizes?: readonly [number, number]
  /** Families to ask next, before those for scripts. */
  readonly fallback?: readonly string[]
  /** Its size against that of the Latin beside it, so that both look equally large. */
  readonly scale?: number
  /** Least line height (of the size) that keeps marks of two lines apart. */
  readonly minLineHeight?: number
  /** Letters may be moved apart or together; not where they join or fill a square. */
  readonly spaced?: boolean
  /** Letters as high and as deep as most: the room that a line takes whatever its words. Default `Hdp`. */
  readonly reference?: string
}

const variable = '@fontsource-variable'
const shared = { ranges: 'unicode.json' } as const

/** Families that a theme names. */
export const textFamilies: readonly FontFamily[] = [
  {
    ...shared,
    name: 'Inter',
    package: `${variable}/inter`,
    file: 'files/inter-*-opsz-normal.woff2',
    opticalSizes: [14, 32],
    spaced: true,
  },
  {
    ...shared,
    name: 'Fraunces',
    package: `${variable}/fraunces`,
    file: 'files/fraunces-*-full-normal.woff2',
    axes: { SOFT: 0, WONK: 0 },
    // Its largest optical sizes have hairlines that a photograph swallows.
    opticalSizes: [9, 72],
    fallback: ['Source Serif'],
    spaced: true,
  },
  {
    ...shared,
    name: 'Source Serif',
    package: `${variable}/source-serif-4`,
    file: 'files/source-serif-4-*-opsz-normal.woff2',
    opticalSizes: [8, 48],
    spaced: true,
  },
  {
    ...shared,
    name: 'Bricolage Grotesque',
    package: `${variable}/bricolage-grotesque`,
    file: 'files/bricolage-grotesque-*-standard-normal.woff2',
    axes: { wdth: 100 },
    opticalSizes: [12, 96],
    spaced: true,
  },
  {
    ...shared,
    name: 'Bricolage Grotesque Condensed',
    package: `${variable}/bricolage-grotesque`,
    file: 'files/bricolage-grotesque-*-standard-normal.woff2',
    axes: { wdth: 75 },
    opticalSizes: [12, 96],
    fallback: ['Roboto Condensed'],
    spaced: true,
  },
  {
    ...shared,
    name: 'Roboto Condensed',
    package: `${variable}/roboto-condensed`,
    file: 'files/roboto-condensed-*-wght-normal.woff2',
    spaced: true,
  },
]

const noto = (script: string, subset: string, more: Partial<FontFamily> = {}): FontFamily => ({
  ...shared,
  name: `Noto Sans ${script}`,
  package: `${variable}/noto-sans-${subset}`,
  file: `files/noto-sans-${subset}-*-wght-normal.woff2`,
  subsets: [subset],
  ...more,
})

/** The square scripts come in a hundred small files each. */
const han = (script: string, subset: string): FontFamily => ({
  ...shared,
  name: `Noto Sans ${script}`,
  package: `${variable}/noto-sans-${subset}`,
  file: `files/noto-sans-${subset}-*-wght-normal.woff2`,
  scale: 0.96,
  minLineHeight: 1.2,
  // Ideographs fill their square: what ink there is is as high as any.
  reference: '',
})

/** Families for scripts, asked in this order behind the one that a style names. */
export const scriptFamilies: readonly FontFamily[] = [
  noto('Arabic', 'arabic', { scale: 1.08, minLineHeight: 1.35, reference: 'كلجي' }),
  noto('Hebrew', 'hebrew', { scale: 1.04, spaced: true, reference: 'הלק' }),
  noto('Devanagari', 'devanagari', { minLineHeight: 1.3, reference: 'किकु' }),
  noto('Thai', 'thai', { scale: 1.04, minLineHeight: 1.35, reference: 'กี่กุ' }),
  han('SC', 'sc'),
  han('JP', 'jp'),
  han('KR', 'kr'),
  noto('Symbols', 'symbols', { minLineHeight: 1.1 }),
  {
    ...shared,
    name: 'Noto Sans Symbols 2',
    package: '@fontsource/noto-sans-symbols-2',
    file: 'files/noto-sans-symbols-2-*-400-normal.woff2',
  },
  {
    ...shared,
    name: 'Noto Sans Math',
    package: '@fontsource/noto-sans-math',
    file: 'files/noto-sans-math-*-400-normal.woff2',
  },
]

/** Drawn in its own colours. */
export const emojiFamily: FontFamily = {
  name: 'Noto Color Emoji',
  package: '@infolektuell/noto-color-emoji',
  file: 'files/*.woff2',
  ranges: 'index.css',
  scale: 0.9,
}

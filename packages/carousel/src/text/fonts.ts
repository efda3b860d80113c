import { CarouselError } from '../carousel-error.ts'
import type { FontFace } from './font-face.ts'
import { givenFace, packagedFace } from './font-face.ts'
import { emojiFamily, scriptFamilies, textFamilies } from './font-family.ts'
import { givenFontFile } from './font-file.ts'

/** Which face draws a cluster; none where no font has it. */
export interface FaceChoice {
  readonly face: FontFace
  /** Index of the file in the face. */
  readonly file: number
}

/** The fonts that slides are set in. Files are read when a text first needs them, once in a process. */
export interface Fonts {
  /** Names that `TextStyle.family` may have. */
  readonly families: readonly string[]
  /**
   * Makes a font of the user's known.
   * @param behind family that draws what the font lacks
   * @returns its name for `TextStyle.family`; the same bytes give the same name
   * @throws CarouselError `FONT_INVALID` when it cannot be used
   */
  add(font: Uint8Array, behind?: string): string
  /** Reads the files that text in these languages needs, so that the first slide does not wait. Default: Latin of all families. */
  warm(sample?: string): void
  /** The face of a family. @throws CarouselError `FONT_INVALID` when there is none of that name */
  face(family: string): FontFace
  /** Who draws a grapheme cluster in a text of that family and language. */
  choose(cluster: string, family: string, language: HanLanguage): FaceChoice | undefined
  /** The same of one face alone. */
  chooseIn(face: FontFace, cluster: string): FaceChoice | undefined
}

/** Whose forms the ideographs that three languages share take; `none` where a text has no such script. */
export type HanLanguage = 'zh' | 'ja' | 'ko' | 'none'

const hanOrder: Record<HanLanguage, readonly string[]> = {
  zh: ['Noto Sans SC', 'Noto Sans JP', 'Noto Sans KR'],
  ja: ['Noto Sans JP', 'Noto Sans SC', 'Noto Sans KR'],
  ko: ['Noto Sans KR', 'Noto Sans SC', 'Noto Sans JP'],
  none: ['Noto Sans SC', 'Noto Sans JP', 'Noto Sans KR'],
}

const fallbackFamily = 'Inter'

export function createFonts(): Fonts {
  const faces = new Map<string, FontFace>()
  const fallbacks = new Map<string, readonly string[]>()
  for (const family of [...textFamilies, ...scriptFamilies]) {
    faces.set(family.name, packagedFace(family))
    if (family.fallback !== undefined) fallbacks.set(family.name, family.fallback)
  }
  const emoji = packagedFace(emojiFamily, true)
  const chains = new Map<string, readonly FontFace[]>()
  const choices = new Map<string, FaceChoice | null>()

  const face = (family: string): FontFace => {
    const found = faces.get(family)
    if (found !== undefined) return found
    throw new CarouselError(
      'FONT_INVALID',
      `There is no font family ${family}; there are ${families().join(', ')}.`,
    )
  }
  const families = (): string[] =>
    [...faces.keys()].filter((name) => !scriptFamilies.some((family) => family.name === name))

  /** Everyone who may be asked for a character, in order. */
  const chainOf = (family: string, language: HanLanguage): readonly FontFace[] => {
    const key = `${language} ${family}`
    const known = chains.get(key)
    if (known !== undefined) return known
    const own = [family]
    for (const name of own) own.push(...(fallbacks.get(name) ?? []))
    const others = scriptFamilies.map((each) => each.name).filter((name) => !hanOrder.none.includes(name))
    // Arrows and stars are as wide as an ideograph in its fonts: right beside ideographs only.
    const scripts = language === 'none' ? [...others, ...hanOrder.none] : [...hanOrder[language], ...others]
    const order = [...own, fallbackFamily, ...scripts]
    const chain = [...new Set(order)].map(face)
    chains.set(key, chain)
    return chain
  }

  return {
    get families() {
      return families()
    },
    face,
    add(font, behind = fallbackFamily) {
      const file = givenFontFile(font)
      face(behind)
      const name = `${file.alias} before ${behind}`
      if (!faces.has(name)) {
        faces.set(name, givenFace(name, file))
        fallbacks.set(name, [behind])
      }
      return name
    },
    choose(cluster, family, language) {
      const key = `${language}${family}\u0000${cluster}`
      const known = choices.get(key)
      if (known !== undefined) return known ?? undefined
      const chain = chainOf(family, language)
      const choice = isEmoji(cluster)
        ? (choiceAmong([emoji], cluster) ?? choiceAmong(chain, cluster))
        : (choiceAmong(chain, cluster) ?? choiceAmong([emoji], cluster))
      if (choices.size >= maxChoices) choices.clear()
      choices.set(key, choice ?? null)
      return choice
    },
    chooseIn(within, cluster) {
      const key = `${within.name}\u0000${cluster}`
      const known = choices.get(key)
      if (known !== undefined) return known ?? undefined
      const choice = choiceAmong([within], cluster)
      choices.set(key, choice ?? null)
      return choice
    },
    warm(sample = 'Ag') {
      for (const name of families()) {
        for (const character of sample) this.choose(character, name, 'none')
      }
    },
  }
}

const maxChoices = 20_000

/** Shown as a picture: by its own right, or because a variation selector asks for it. */
function isEmoji(cluster: string): boolean {
  return /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation}.*)$/v.test(cluster) || cluster.includes('\uFE0F')
}

function choiceAmong(chain: readonly FontFace[], cluster: string): FaceChoice | undefined {
  const codePoints = Array.from(cluster, (character) => character.codePointAt(0) ?? 0)
  const needed = codePoints.filter((codePoint) => !isIgnorable(codePoint))
  if (needed.length === 0) return chain[0] === undefined ? undefined : { face: chain[0], file: 0 }
  for (const face of chain) {
    const file = face.files.findIndex(
      (each) =>
        needed.every((codePoint) => each.declared.has(codePoint)) &&
        needed.every((codePoint) => each.load().codePoints.has(codePoint)),
    )
    if (file !== -1) return { face, file }
  }
  return undefined
}

/** Joiners and variation selectors have no picture of their own. */
function isIgnorable(codePoint: number): boolean {
  return codePoint === 0x20_0c || codePoint === 0x20_0d || (codePoint >= 0xfe_00 && codePoint <= 0xfe_0f)
}

import { CarouselError } from '../carousel-error.ts'
import type { FontFace } from './font-face.ts'
import { givenFace, packagedFace } from './font-face.ts'
import { emojiFamily, scriptFamilies, textFamilies } from './font-family.ts'
import { givenFontFile } from './font-file.ts'

/** Which face draws a cluster. */
export interface FaceChoice {
  readonly face: FontFace
  /** Index of the file in the face. */
  readonly file: number
}

/** The fonts that slides are set in. Files are read when a text first needs them, once in a process. */
export interface Fonts {
  /** Families of the packages that `TextStyle.family` may name. */
  readonly families: readonly string[]
  /**
   * Makes a font of the user's known.
   * @param behind family that draws what the font lacks
   * @returns its name for `TextStyle.family`; the same bytes give the same name
   * @throws CarouselError `FONT_INVALID` when it cannot be used
   */
  add(font: Uint8Array, behind?: string): string
  /** Reads the files that a text needs, so that the first slide does not wait. Default: Latin, in all families. */
  warm(sample?: string): void
  /** Who draws a grapheme cluster in a text of that family and language; nobody where no font has it. */
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

/** Behind every other family of letters. */
const lastFamily = 'Inter'
const maxChoices = 20_000
/** More than slides in work at one time. */
const maxGiven = 64

/** The fonts of the packages, none of them read yet. */
export function createFonts(): Fonts {
  const faces = new Map<string, FontFace>()
  const fallbacks = new Map<string, readonly string[]>()
  for (const family of [...textFamilies, ...scriptFamilies]) {
    faces.set(family.name, packagedFace(family))
    if (family.fallback !== undefined) fallbacks.set(family.name, family.fallback)
  }
  const families = textFamilies.map((family) => family.name)
  const emoji = packagedFace(emojiFamily, true)
  const chains = new Map<string, readonly FontFace[]>()
  const choices = new Map<string, FaceChoice | null>()
  /** Least recently given first. */
  const given = new Set<string>()

  const faceOf = (family: string): FontFace => {
    const face = faces.get(family)
    if (face !== undefined) return face
    throw new CarouselError(
      'FONT_INVALID',
      `There is no font family ${family}; there are ${families.join(', ')}.`,
    )
  }

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
    const chain = [...new Set([...own, lastFamily, ...scripts])].map(faceOf)
    chains.set(key, chain)
    return chain
  }

  const remembered = (key: string, find: () => FaceChoice | undefined): FaceChoice | undefined => {
    const known = choices.get(key)
    if (known !== undefined) return known ?? undefined
    const choice = find()
    if (choices.size >= maxChoices) choices.clear()
    choices.set(key, choice ?? null)
    return choice
  }

  const forget = (name: string): void => {
    given.delete(name)
    faces.delete(name)
    fallbacks.delete(name)
    chains.clear()
    choices.clear()
  }

  const choose = (cluster: string, family: string, language: HanLanguage): FaceChoice | undefined => {
    // Before what is remembered: a name that there is not is refused each time.
    const chain = chainOf(family, language)
    return remembered(`${language} ${family}\u0000${cluster}`, () => {
      const order = isEmoji(cluster) ? [emoji, ...chain] : [...chain, emoji]
      return firstThatHas(order, cluster)
    })
  }

  return {
    families,
    choose,
    chooseIn: (face, cluster) =>
      remembered(`${face.name}\u0000${cluster}`, () => firstThatHas([face], cluster)),
    add(font, behind = lastFamily) {
      faceOf(behind)
      const file = givenFontFile(font)
      const name = `${file.alias} before ${behind}`
      given.delete(name)
      given.add(name)
      if (!faces.has(name)) faces.set(name, givenFace(name, file))
      fallbacks.set(name, [behind])
      for (const oldest of given) {
        if (given.size <= maxGiven) break
        forget(oldest)
      }
      return name
    },
    warm(sample = 'Ag') {
      for (const family of families) for (const character of sample) choose(character, family, 'none')
    },
  }
}

/** Shown as a picture: by its own right, or because a variation selector asks for it. */
function isEmoji(cluster: string): boolean {
  return (
    /^(?:\p{RGI_Emoji}|\p{Emoji_Presentation}.*|.*\uFE0F.*)$/sv.test(cluster) && !cluster.includes('\uFE0E')
  )
}

/** One file must have the whole cluster: what is split between fonts falls apart. */
function firstThatHas(faces: readonly FontFace[], cluster: string): FaceChoice | undefined {
  const codePoints = Array.from(cluster, (character) => character.codePointAt(0) ?? 0).filter(isVisible)
  for (const face of faces) {
    const file = face.files.findIndex(
      (each) =>
        codePoints.every((codePoint) => each.declared.has(codePoint)) &&
        codePoints.every((codePoint) => each.load().codePoints.has(codePoint)),
    )
    if (file !== -1) return { face, file }
  }
  return undefined
}

/** Joiners and variation selectors have no picture of their own. */
function isVisible(codePoint: number): boolean {
  return codePoint !== 0x20_0c && codePoint !== 0x20_0d && (codePoint < 0xfe_00 || codePoint > 0xfe_0f)
}

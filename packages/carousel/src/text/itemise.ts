import type { FontFace } from './font-face.ts'
import type { FaceChoice, Fonts, HanLanguage } from './fonts.ts'
import type { PlainText } from './markup.ts'

/** A part of a text that one face draws with one emphasis. */
export interface Run {
  start: number
  end: number
  face: FontFace
  /** Indexes of the face's files that it needs, in the order that the face has them. */
  files: number[]
  emphasis: boolean
  /** No font has it: a mark is drawn. */
  missing: boolean
}

/** A text with the fonts that draw it. */
export interface ItemisedText extends PlainText {
  /** What no font has is U+FFFD here. */
  text: string
  runs: readonly Run[]
  /** Where grapheme clusters begin, in order, and the end of the text. */
  boundaries: readonly number[]
  /** Grapheme clusters that no font has, each once, in order of appearance. */
  missing: readonly string[]
  language: HanLanguage
}

interface Cluster {
  text: string
  emphasis: boolean
  /** Spaces, points and digits: drawn in the font of what stands beside them. */
  neutral: boolean
  choice: FaceChoice | undefined
  missing: boolean
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })
const replacement = '\uFFFD'

/** The beginning of a text, of about so many UTF-16 units, without a part of a grapheme cluster; or all of it. */
export function beginningOf(plain: PlainText, units: number): PlainText {
  const end = graphemes.segment(plain.text).containing(units)?.index
  return end === undefined
    ? plain
    : { text: plain.text.slice(0, end), emphasis: plain.emphasis.subarray(0, end) }
}

/** Chooses a face for each grapheme cluster, and puts neighbours of one face together. */
export function itemise(plain: PlainText, family: string, fonts: Fonts): ItemisedText {
  const language = languageOf(plain.text)
  const clusters = Array.from(graphemes.segment(plain.text), ({ segment, index }): Cluster => {
    const emphasis = plain.emphasis[index] === 1
    return clusterOf(segment, emphasis, family, language, fonts)
  })
  chooseForNeutrals(clusters, fonts)
  const missing = new Set(clusters.filter((cluster) => cluster.missing).map((cluster) => cluster.text))
  const runs: Run[] = []
  const boundaries = [0]
  let text = ''
  for (const cluster of clusters) {
    if (cluster.choice === undefined) continue
    const start = text.length
    text += cluster.missing ? replacement : cluster.text
    boundaries.push(text.length)
    addToRuns(runs, cluster, cluster.choice, start, text.length)
  }
  const emphasis = new Uint8Array(text.length)
  for (const run of runs) if (run.emphasis) emphasis.fill(1, run.start, run.end)
  return { text, emphasis, runs, boundaries, missing: [...missing], language }
}

function clusterOf(
  text: string,
  emphasis: boolean,
  family: string,
  language: HanLanguage,
  fonts: Fonts,
): Cluster {
  const neutral = /^[\s\p{P}\p{Sc}\p{Sm}\d]+$/u.test(text)
  const choice = fonts.choose(drawnAs(text), family, language)
  if (choice !== undefined) return { text, emphasis, neutral, choice, missing: false }
  // ⅓ as 1⁄3, a ligature as its letters: better than a mark.
  const plainer = text.normalize('NFKC')
  const parts = plainer === text ? undefined : fonts.choose(plainer, family, language)
  if (parts !== undefined) return { text: plainer, emphasis, neutral, choice: parts, missing: false }
  return { text, emphasis, neutral: false, choice: fonts.choose('?', family, language), missing: true }
}

/** Spaces and hyphens that hold words together look like those that do not; few fonts have them, or line breaks. */
export function drawnAs(text: string): string {
  return text.replaceAll('\u2011', '-').replaceAll(/[\n\u00A0\u2007\u202F]/gu, ' ')
}

/**
 * Neutral clusters take the face of the letter before them (at the beginning: after them) if it has them. Digits do
 * so in alphabets alone: beside other scripts they are those of the style's own family.
 */
function chooseForNeutrals(clusters: readonly Cluster[], fonts: Fonts): void {
  const isStrong = (cluster: Cluster): boolean =>
    !cluster.neutral && !cluster.missing && cluster.choice?.face.isEmoji === false
  let beside = clusters.find(isStrong)?.choice?.face
  for (const cluster of clusters) {
    if (isStrong(cluster)) beside = cluster.choice?.face
    if (!cluster.neutral || beside === undefined || cluster.choice?.face.isEmoji === true) continue
    if (!beside.spaced && /\d/u.test(cluster.text)) continue
    cluster.choice = fonts.chooseIn(beside, drawnAs(cluster.text)) ?? cluster.choice
  }
}

function addToRuns(runs: Run[], cluster: Cluster, choice: FaceChoice, start: number, end: number): void {
  const last = runs.at(-1)
  const { emphasis, missing } = cluster
  const isSame =
    last !== undefined && !missing && !last.missing && last.face === choice.face && last.emphasis === emphasis
  // Files of emoji overlap, and only the right one has a sequence: they are never mixed.
  if (!isSame || (choice.face.isEmoji && last.files[0] !== choice.file)) {
    runs.push({ start, end, face: choice.face, files: [choice.file], emphasis, missing })
    return
  }
  last.end = end
  if (last.files.includes(choice.file)) return
  last.files.push(choice.file)
  last.files.sort((a, b) => a - b)
}

/** Kana make it Japanese, Hangul Korean; ideographs or their punctuation alone Chinese. */
function languageOf(text: string): HanLanguage {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'ja'
  if (/\p{Script=Hangul}/u.test(text)) return 'ko'
  return /[\p{Script=Han}\u3000-\u303F\uFF00-\uFF60]/u.test(text) ? 'zh' : 'none'
}

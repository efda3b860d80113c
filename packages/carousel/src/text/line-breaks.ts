import { Rules } from '@cto.af/linebreak'
import type { HanLanguage } from './fonts.ts'
import type { ItemisedText } from './itemise.ts'

/** A place where a line may end. */
export interface LineBreak {
  /** Index in UTF-16 units of what follows. */
  at: number
  /** It must. */
  required: boolean
  /** How much it disturbs the reader: 0 between words, up to 1. */
  cost: number
}

const uax14 = new Rules()
const southEastAsian = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu
const hangul = /\p{Script=Hangul}/u
const han = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u
const hiragana = /\p{Script=Hiragana}/u
const closing = /[\p{Pe}\p{Pf}、。，．！？：；…]/u

/**
 * Where lines may end (UAX #14, which brings the kinsoku rules of Chinese and Japanese), in order, the end of the
 * text last. Thai, Lao, Khmer and Burmese, which write no spaces, break between words of ICU's dictionaries; Korean
 * at spaces alone; Chinese and Japanese rather between words than inside one. Never inside a grapheme cluster.
 */
export function lineBreaksOf(itemised: Omit<ItemisedText, 'runs' | 'missing'>): LineBreak[] {
  const { text, emphasis, language } = itemised
  const boundaries = new Set(itemised.boundaries)
  const words = han.test(text) ? wordsOf(text, language) : undefined
  const breaks: LineBreak[] = []
  for (const { position: at } of uax14.breaks(text)) {
    if (!boundaries.has(at)) continue
    const before = text[at - 1] ?? ''
    const after = text[at] ?? ''
    const required = before === '\n'
    if (before !== ' ' && !required && after !== '' && (hangul.test(before) || hangul.test(after))) continue
    const emphasised = emphasis[at - 1] === 1 && emphasis[at] === 1
    breaks.push({ at, required, cost: required ? 0 : costOf(before, after, words?.get(at), emphasised) })
  }
  breaks.push(...dictionaryBreaks(text, boundaries))
  if (breaks.at(-1)?.at !== text.length) breaks.push({ at: text.length, required: false, cost: 0 })
  return breaks.toSorted((a, b) => a.at - b.at).filter((each, i, all) => each.at !== all[i - 1]?.at)
}

function costOf(
  before: string,
  after: string,
  between: WordsBetween | undefined,
  emphasised: boolean,
): number {
  if (before === ' ' || after === '' || closing.test(before)) return 0
  // After a hyphen, a slash, between scripts.
  if (!han.test(before) && !han.test(after)) return 0.3
  if (between === undefined) return 1
  // A number belongs to what it counts.
  if (/\p{Nd}/u.test(before)) return 0.8
  // A particle belongs to the word before it, and so it is a good end.
  if (particles.has(between.next)) return 1
  if (particles.has(between.previous)) return emphasised ? 0.2 : 0
  if (hiragana.test(after)) return hiragana.test(before) ? 0.5 : 0.9
  return emphasised ? 0.3 : 0.15
}

/** Japanese words that stand behind others: particles, endings of verbs. */
const particles = new Set(
  'を は が に で と も へ の や か ね よ て た だ な し ば から まで より って など だけ しか ほど くらい ます ました ません です でした ない なく なかっ れる られる せる たい う よう ください に は では には とは のは のに ので けど けれど'.split(
    ' ',
  ),
)

interface WordsBetween {
  previous: string
  next: string
}

/** The words on both sides of each place between two words. */
function wordsOf(text: string, language: HanLanguage): Map<number, WordsBetween> {
  const segmenter = wordSegmenter(language === 'none' ? 'zh' : language)
  const places = new Map<number, WordsBetween>()
  let previous = ''
  for (const { segment, index } of segmenter.segment(text)) {
    places.set(index, { previous, next: segment })
    previous = segment
  }
  return places
}

function dictionaryBreaks(text: string, boundaries: ReadonlySet<number>): LineBreak[] {
  const breaks: LineBreak[] = []
  for (const match of text.matchAll(southEastAsian)) {
    for (const word of wordSegmenter('th').segment(match[0])) {
      const at = match.index + word.index
      // The signs of repetition and of abbreviation stay with their word.
      if (word.index === 0 || /^[ๆฯ]/u.test(word.segment) || !boundaries.has(at)) continue
      breaks.push({ at, required: false, cost: 0.05 })
    }
  }
  return breaks
}

const segmenters = new Map<string, Intl.Segmenter>()

/** Made once a language: ICU opens a dictionary for each. */
function wordSegmenter(language: string): Intl.Segmenter {
  let segmenter = segmenters.get(language)
  if (segmenter === undefined) {
    segmenter = new Intl.Segmenter(language, { granularity: 'word' })
    segmenters.set(language, segmenter)
  }
  return segmenter
}

import { Rules } from '@cto.af/linebreak'
import type { HanLanguage } from './fonts.ts'

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

/**
 * Where lines may end (UAX #14, which brings the kinsoku rules of Chinese and Japanese), in order, the end of the
 * text last. Thai, Lao, Khmer and Burmese, which write no spaces, break between words of ICU's dictionaries; Korean
 * at spaces alone; Chinese and Japanese rather between words than inside one. Never inside a grapheme cluster.
 */
export function lineBreaksOf(
  text: string,
  boundaries: ReadonlySet<number>,
  language: HanLanguage,
): LineBreak[] {
  const wordStarts = han.test(text) ? wordStartsOf(text, language) : undefined
  const breaks: LineBreak[] = []
  for (const { position: at } of uax14.breaks(text)) {
    const required = at > 0 && text[at - 1] === '\n'
    if (!boundaries.has(at) && at !== text.length) continue
    const before = text[at - 1] ?? ''
    const after = text[at] ?? ''
    if (!required && before !== ' ' && at < text.length && (hangul.test(before) || hangul.test(after)))
      continue
    breaks.push({ at, required, cost: required ? 0 : costOf(before, after, wordStarts?.has(at)) })
  }
  breaks.push(...dictionaryBreaks(text, boundaries))
  if (breaks.at(-1)?.at !== text.length) breaks.push({ at: text.length, required: false, cost: 0 })
  return breaks.toSorted((a, b) => a.at - b.at).filter((each, i, all) => each.at !== all[i - 1]?.at)
}

function costOf(before: string, after: string, startsWord: boolean | undefined): number {
  if (before === ' ' || after === '') return 0
  if (han.test(before) && han.test(after)) {
    if (startsWord === false) return 0.5
    // A particle belongs to the word before it.
    return hiragana.test(after) ? 0.4 : 0.05
  }
  // After a hyphen, a slash, between scripts.
  return /[\p{Ps}\p{Pe}\p{Pi}\p{Pf}、。，．！？：；…]/u.test(before) ? 0 : 0.3
}

function wordStartsOf(text: string, language: HanLanguage): Set<number> {
  return new Set(
    [
      ...new Intl.Segmenter(language === 'none' ? 'und' : language, { granularity: 'word' }).segment(text),
    ].map((word) => word.index),
  )
}

function dictionaryBreaks(text: string, boundaries: ReadonlySet<number>): LineBreak[] {
  const breaks: LineBreak[] = []
  for (const match of text.matchAll(southEastAsian)) {
    for (const word of new Intl.Segmenter('th', { granularity: 'word' }).segment(match[0])) {
      const at = match.index + word.index
      // The signs of repetition and of abbreviation stay with their word.
      if (word.index === 0 || /^[ๆฯ]/u.test(word.segment) || !boundaries.has(at)) continue
      breaks.push({ at, required: false, cost: 0.05 })
    }
  }
  return breaks
}

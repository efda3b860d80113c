import type { Meaning } from './meaning.ts'
import {
  colourWords,
  countWords,
  moodWords,
  skyWords,
  styleWords,
  timeWords,
  weatherWords,
} from './qualities.ts'
import { sceneWords, subjectWords } from './things.ts'

/** Words and phrases of up to three words, in lower case without accents, and all they can mean. */
export type Lexicon = ReadonlyMap<string, readonly Meaning[]>

const negations = 'no not without ohne kein keine keinen sin sans senza tanpa minus except'

/** English first, with the everyday words of German, French, Spanish and Indonesian. */
export const lexicon: Lexicon = build()

function build(): Lexicon {
  const map = new Map<string, Meaning[]>()
  const add = (words: string, meaning: Meaning): void => {
    for (const word of words.trim().split(/\s+/u)) {
      const phrase = word.replaceAll('_', ' ')
      const meanings = map.get(phrase)
      if (meanings === undefined) map.set(phrase, [meaning])
      else meanings.push(meaning)
    }
  }
  for (const row of sceneWords) {
    const feature = row.feature === undefined ? {} : { feature: row.feature }
    const undrawn = row.undrawn === true ? { undrawn: true } : {}
    add(row.words, { kind: 'scene', value: row.scene, weight: row.weight, ...feature, ...undrawn })
  }
  for (const row of subjectWords) {
    add(row.words, { kind: 'subject', value: row.subject })
    if (row.parts !== undefined) add(row.parts, { kind: 'part', value: row.subject })
  }
  for (const [value, words] of skyWords) add(words, { kind: 'sky', value })
  for (const [value, words] of timeWords) add(words, { kind: 'time', value })
  for (const row of weatherWords) add(row.words, row.meaning)
  for (const [value, words] of moodWords) add(words, { kind: 'mood', value })
  for (const [value, words] of styleWords) add(words, { kind: 'style', value })
  for (const [value, words] of colourWords) add(words, { kind: 'colour', value })
  for (const [value, words] of countWords) add(words, { kind: 'count', value })
  add('small tiny little distant far_away klein kleines kleine petit petite pequeno pequena kecil', {
    kind: 'extent',
    value: 'small',
  })
  add('large big huge giant enormous close-up gross grosse grosses grand grande besar', {
    kind: 'extent',
    value: 'large',
  })
  add(negations, { kind: 'not' })
  return map
}

/** What a word or phrase means: exactly as written, else without its English ending. */
export function meaningsOf(phrase: string): readonly Meaning[] | undefined {
  const exact = lexicon.get(phrase)
  if (exact !== undefined) return exact
  for (const stem of stemsOf(phrase)) {
    const found = lexicon.get(stem)
    if (found !== undefined) return found
  }
  return undefined
}

/** A word without the endings of English plurals and adjectives, likeliest first. */
export function stemsOf(word: string): string[] {
  const stems: string[] = []
  const drop = (ending: string, replacement = ''): void => {
    // Two letters are no word: `is` must not be looked up as `i`.
    if (word.endsWith(ending) && word.length - ending.length + replacement.length >= 3) {
      stems.push(word.slice(0, -ending.length) + replacement)
    }
  }
  drop('ies', 'y')
  drop('ves', 'f')
  drop('es')
  drop('s')
  drop('ish')
  drop('y')
  drop('ed')
  return stems
}

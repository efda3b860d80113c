import { lexicon, meaningsOf } from './lexicon.ts'
import type { ColourName, Extent, Meaning, SceneName, StyleName } from './meaning.ts'
import type { Reading, SubjectReading } from './reading.ts'
import { tokensOf, type Token } from './tokens.ts'
import { unknownNounsOf } from './unknown-nouns.ts'

/** More subjects than this would stand in each other's light. */
const maxSubjects = 3
const maxCount = 12

/** What the prompt, the negative prompt and the style option say to sketch-1. Never throws. */
export function parsePrompt(prompt: string, negative?: string, style?: string): Reading {
  const reading = new PromptReader(avoidedBy(negative ?? '')).read(tokensOf(prompt))
  const asked = style === undefined ? undefined : styleOf(style)
  if (asked !== undefined) reading.style = asked
  return reading
}

/** The style that an option value or prompt names, if sketch-1 has it. */
export function styleOf(text: string): StyleName | undefined {
  for (const { meanings } of phrasesOf(tokensOf(text))) {
    for (const meaning of meanings) if (meaning.kind === 'style') return meaning.value
  }
  return undefined
}

function avoidedBy(negative: string): Set<string> {
  const avoid = new Set<string>()
  for (const { meanings } of phrasesOf(tokensOf(negative))) {
    for (const meaning of meanings) {
      // `a boat` in a negative prompt takes the boat away, not the sea that the word also speaks of.
      const isHint = meaning.kind === 'scene' && meanings.some((other) => other.kind === 'subject')
      if ('value' in meaning && !isHint) avoid.add(`${meaning.kind}:${meaning.value}`)
    }
  }
  return avoid
}

interface Phrase {
  token: Token
  /** Found only without its ending: `balloons`. */
  isPlural: boolean
  meanings: readonly Meaning[]
}

/** The tokens as phrases of up to three words, the longest known one first. */
function* phrasesOf(tokens: readonly Token[]): Generator<Phrase> {
  for (let index = 0; index < tokens.length;) {
    const token = tokens[index]
    if (token === undefined) return
    let taken = 1
    let meanings: readonly Meaning[] = []
    let isPlural = false
    for (let length = 3; length >= 1; length -= 1) {
      const words = tokens.slice(index, index + length)
      if (words.length < length || words.some((word) => word.kind !== 'word')) continue
      const text = words.map((word) => (word.kind === 'word' ? word.text : '')).join(' ')
      const found = meaningsOf(text)
      if (found === undefined) continue
      meanings = found
      isPlural = text.endsWith('s') && !lexicon.has(text)
      taken = length
      break
    }
    yield { token, meanings, isPlural }
    index += taken
  }
}

/** Reads phrases from left to right; colours, counts and sizes wait for the noun they belong to. */
class PromptReader {
  readonly #reading: Reading
  readonly #weights = new Map<SceneName, number>()
  #colours: ColourName[] = []
  #count = 0
  #extent: Extent | undefined
  #negated = 0
  /** Where a colour after its noun goes (`velero rojo`), and for how many more words. */
  #lastNoun: { colours: ColourName[]; words: number } | undefined

  constructor(avoid: ReadonlySet<string>) {
    this.#reading = {
      scenes: [],
      features: new Set(),
      subjects: [],
      time: undefined,
      weather: new Set(),
      season: undefined,
      moods: new Set(),
      style: undefined,
      sky: new Set(),
      sceneColours: [],
      sceneCount: 0,
      skyColours: [],
      freeColours: [],
      avoid,
      unknownNouns: [],
      crowdedOut: [],
    }
  }

  read(tokens: readonly Token[]): Reading {
    for (const phrase of phrasesOf(tokens)) this.#step(phrase)
    this.#flushColours()
    const reading = this.#reading
    reading.scenes = [...this.#weights]
      .map(([name, weight]) => ({ name, weight }))
      .toSorted((one, other) => other.weight - one.weight)
    reading.unknownNouns = unknownNounsOf(tokens)
    return reading
  }

  #step({ token, meanings, isPlural }: Phrase): void {
    if (token.kind === 'break') {
      this.#flushColours()
      this.#negated = 0
      return
    }
    if (token.kind === 'number') {
      if (Number.isInteger(token.value)) this.#count = token.value
      return
    }
    if (this.#lastNoun !== undefined && (this.#lastNoun.words -= 1) < 0) this.#lastNoun = undefined
    const wanted = meanings.filter(
      (meaning) => !('value' in meaning) || !this.#reading.avoid.has(`${meaning.kind}:${meaning.value}`),
    )
    if (meanings.some((meaning) => meaning.kind === 'not')) this.#negated = 3
    else if (this.#negated > 0 && meanings.length > 0) this.#negated = 0
    else {
      this.#negated = Math.max(0, this.#negated - 1)
      // A colour before `seagull` is the bird's, not that of the sea which the word also speaks of.
      const named = wanted.filter(({ kind }) => kind === 'subject' || kind === 'part')
      for (const meaning of wanted)
        this.#take(meaning, named.length === 0 || named.includes(meaning), isPlural)
    }
  }

  #take(meaning: Meaning, mayBind: boolean, isPlural: boolean): void {
    const reading = this.#reading
    switch (meaning.kind) {
      case 'colour':
        if (this.#lastNoun !== undefined && this.#colours.length === 0)
          this.#lastNoun.colours.push(meaning.value)
        else this.#colours.push(meaning.value)
        break
      case 'count':
        this.#count = meaning.value
        break
      case 'extent':
        this.#extent = meaning.value
        break
      case 'scene':
        this.#weights.set(meaning.value, (this.#weights.get(meaning.value) ?? 0) + meaning.weight)
        if (meaning.feature !== undefined) reading.features.add(meaning.feature)
        if (mayBind) {
          this.#bind(reading.sceneColours)
          if (this.#count > 0) reading.sceneCount = Math.min(maxCount, this.#count)
          this.#count = 0
        }
        break
      case 'subject':
        this.#takeSubject(meaning.value, isPlural)
        break
      case 'part':
        this.#bind(
          reading.subjects.find((subject) => subject.name === meaning.value)?.colours ?? this.#colours,
        )
        break
      case 'sky':
        if (meaning.value !== 'sky') reading.sky.add(meaning.value)
        if (mayBind) this.#bind(reading.skyColours)
        break
      case 'time':
        reading.time ??= meaning.value
        if (mayBind) this.#bind(reading.skyColours)
        break
      case 'weather':
        reading.weather.add(meaning.value)
        break
      case 'season':
        reading.season ??= meaning.value
        break
      case 'mood':
        reading.moods.add(meaning.value)
        break
      case 'style':
        reading.style ??= meaning.value
        break
      case 'not':
        break
    }
  }

  #takeSubject(name: SubjectReading['name'], isPlural: boolean): void {
    const { subjects, crowdedOut } = this.#reading
    let subject = subjects.find((known) => known.name === name)
    if (subject === undefined) {
      if (subjects.length >= maxSubjects) {
        if (!crowdedOut.includes(name)) crowdedOut.push(name)
        return
      }
      subject = { name, colours: [], count: 0, isPlural: false, extent: undefined }
      subjects.push(subject)
    }
    subject.isPlural ||= isPlural
    if (this.#count > 0) subject.count = Math.min(maxCount, this.#count)
    subject.extent = this.#extent ?? subject.extent
    this.#count = 0
    this.#extent = undefined
    this.#bind(subject.colours)
  }

  /** Gives the waiting colours to a noun, and lets a colour right after it join them. */
  #bind(colours: ColourName[]): void {
    if (colours !== this.#colours) {
      for (const colour of this.#colours) if (!colours.includes(colour)) colours.push(colour)
      this.#colours = []
      this.#lastNoun = { colours, words: 1 }
    }
  }

  #flushColours(): void {
    this.#reading.freeColours.push(...this.#colours)
    this.#colours = []
    this.#count = 0
    this.#extent = undefined
    this.#lastNoun = undefined
  }
}

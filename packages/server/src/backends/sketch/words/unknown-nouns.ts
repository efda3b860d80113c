import { meaningsOf } from './lexicon.ts'
import type { Token } from './tokens.ts'

const articles = new Set(
  'a an the one two three four five six some my our this that ein eine einen der die das un une le la les el los las seekor sebuah'.split(
    ' ',
  ),
)

/** Words that end a noun phrase: prepositions, conjunctions, and the verbs prompts are full of. */
const closers = new Set(
  `in on at of over under above below by near beside with without and or from to into through across behind before
   between against while is are was sitting standing flying running walking sailing drifting floating looking
   holding wearing playing eating reading riding chasing sleeping resting watching swimming dancing jumping
   auf im am mit und unter uber dans sur avec et sous en con sobre y bajo di pada dan dengan`.split(/\s+/u),
)

/** Nouns that describe a picture, not a thing in it. */
const frames = new Set(
  `picture photo photograph photography image drawing painting illustration scene view background foreground style
   mood atmosphere composition art artwork portrait landscape colour color colours colors light lighting shot
   close-up side middle center centre distance top bottom left right night day bit lot world time way edge kind
   detail details quality palette tone tones texture shadows shadow`.split(/\s+/u),
)

const maxNouns = 3

const nounKinds: ReadonlySet<string> = new Set(['scene', 'subject', 'part', 'sky', 'time', 'weather'])

/**
 * Nouns without a shape: known ones that only hint at a scene (`astronaut`), and those after an article
 * that no list knows (`a dragon over the city`), for the sentence that tells the user what was not drawn. A guess from word order: it would rather miss one than be noisy.
 */
export function unknownNounsOf(tokens: readonly Token[]): string[] {
  const nouns: string[] = []
  let open = false
  let candidate: string | undefined
  const close = (): void => {
    if (open && candidate !== undefined && !nouns.includes(candidate)) nouns.push(candidate)
    open = false
    candidate = undefined
  }
  for (const token of tokens) {
    if (token.kind !== 'word' || closers.has(token.text)) close()
    else if (articles.has(token.text)) {
      close()
      open = true
    } else if (frames.has(token.text)) {
      open = false
      candidate = undefined
    } else {
      const meanings = meaningsOf(token.text)
      const isNoun = meanings?.some(({ kind }) => nounKinds.has(kind)) ?? false
      // Known, but only as a hint of its scene: an astronaut speaks of space and has no shape.
      const isUndrawn =
        meanings?.some((meaning) => meaning.kind === 'scene' && meaning.undrawn === true) ?? false
      if (isUndrawn && !nouns.includes(token.text)) nouns.push(token.text)
      // A known noun closes the phrase: in `a steep mountain`, `steep` is no thing of its own.
      if (isNoun) {
        open = false
        candidate = undefined
      } else if (meanings === undefined && token.text.length >= 3) candidate = token.text
    }
  }
  close()
  return nouns.slice(0, maxNouns)
}

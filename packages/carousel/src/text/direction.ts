import type { Bidi } from 'bidi-js'
import bidiFactory from 'bidi-js'

// Its types describe an ES module; Node gives the function itself.
const bidi = (bidiFactory as unknown as () => Bidi)()
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

/** The direction of the first strong letter (UAX #9, P2 and P3). */
export function directionOf(text: string): 'ltr' | 'rtl' {
  const first = /[\p{L}\p{Nl}]/u.exec(text)
  return first !== null && rightToLeft.test(first[0]) ? 'rtl' : 'ltr'
}

/** Embedding levels of each UTF-16 unit (UAX #9); nothing where the whole text runs from left to right. */
export function levelsOf(text: string, direction: 'ltr' | 'rtl'): Uint8Array | undefined {
  if (direction === 'ltr' && !rightToLeft.test(text)) return undefined
  return bidi.getEmbeddingLevels(text, direction).levels
}

/** Items of one line, given in logical order, in visual order (UAX #9, L2). */
export function inVisualOrder<T extends { level: number }>(items: readonly T[]): T[] {
  const ordered = [...items]
  const highest = Math.max(0, ...ordered.map((item) => item.level))
  for (let level = highest; level >= 1; level--) {
    for (let from = 0; from < ordered.length; from++) {
      let to = from
      while (to < ordered.length && (ordered[to]?.level ?? 0) >= level) to++
      if (to > from) ordered.splice(from, to - from, ...ordered.slice(from, to).toReversed())
      from = Math.max(from, to)
    }
  }
  return ordered
}

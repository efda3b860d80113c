import type { PlainText } from './markup.ts'

/** Scripts whose small letters are commonly set as capitals. Georgian has such a pair of cases, but no such use. */
const cased = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{M}]+/gu

/**
 * A text in capitals by the rules that hold without knowing its language: ß becomes SS, Greek loses its accents (as
 * it does in every Greek text), i becomes I (also in Turkish, whose capital cannot be told from the text alone).
 */
export function capitals({ text, emphasis }: PlainText): PlainText {
  let upper = ''
  const marks: number[] = []
  let from = 0
  const keep = (to: number): void => {
    upper += text.slice(from, to)
    for (let i = from; i < to; i++) marks.push(emphasis[i] ?? 0)
  }
  for (const match of text.matchAll(cased)) {
    keep(match.index)
    // Greek is the only language whose rules differ for letters that no other writes.
    const raised = match[0].toLocaleUpperCase('el').normalize('NFC')
    for (let i = 0; i < raised.length; i++) {
      const at =
        match.index + Math.min(match[0].length - 1, Math.floor((i * match[0].length) / raised.length))
      marks.push(emphasis[at] ?? 0)
    }
    upper += raised
    from = match.index + match[0].length
  }
  keep(text.length)
  return { text: upper, emphasis: Uint8Array.from(marks) }
}

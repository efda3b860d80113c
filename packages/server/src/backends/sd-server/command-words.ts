/**
 * The words of a command line: separated by blanks, quotes keep blanks, a backslash keeps the next character. No
 * shell reads it, so there are no variables and no pipes.
 * @returns `undefined` for no words or an open quote
 */
export function commandWords(text: string): readonly [string, ...string[]] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? ''
    if (character === '\\' && quote !== "'") {
      index += 1
      word = (word ?? '') + (text[index] ?? '')
    } else if (quote !== '') {
      if (character === quote) quote = ''
      else word = (word ?? '') + character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/u.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  const [first, ...rest] = words
  return quote === '' && first !== undefined && first !== '' ? [first, ...rest] : undefined
}

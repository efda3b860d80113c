/** A word of a prompt, or a break (punctuation) that stops colours from reaching the next noun. */
export type Token = { kind: 'word'; text: string } | { kind: 'number'; value: number } | { kind: 'break' }

/** More words than this say nothing more about one picture, and a 4,000-character prompt must stay cheap. */
const maxTokens = 400

const tokenPattern = /(?<word>\p{L}[\p{L}\p{M}'’-]*\d*s?)|(?<number>\d+(?:\.\d+)?)|(?<stop>[,.;:!?\n|/]+)/gu

/** The words of a prompt in lower case and without accents, so that `Café` and `cafe` are one word. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
  for (const match of plain.matchAll(tokenPattern)) {
    if (tokens.length >= maxTokens) break
    const { word, number } = match.groups ?? {}
    if (word !== undefined) tokens.push({ kind: 'word', text: word.replaceAll('’', "'").replace(/'s$/u, '') })
    else if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) })
    else tokens.push({ kind: 'break' })
  }
  return tokens
}

/** The longest piece of a model server's own words that we pass on. */
const maxTextChars = 200

/**
 * A model server's own words, safe to show: one line of at most 200 characters, without markup, without the key.
 * `undefined` when nothing is left to show, e.g. for a proxy's error page.
 */
export function publicText(text: unknown, secret: string | undefined): string | undefined {
  if (typeof text !== 'string' || /<\/?[a-z!][^>]*>/iu.test(text)) return undefined
  const line = redact(text, secret)
    .replaceAll(/[\s\p{C}]+/gu, ' ')
    .trim()
  if (line === '') return undefined
  if (line.length <= maxTextChars) return line
  // A cut through a surrogate pair would leave half a character.
  return `${line.slice(0, maxTextChars - 1).toWellFormed()}…`
}

/** Servers quote credentials back ("Incorrect API key provided: …"), whole or in part. */
export function redact(text: string, secret: string | undefined): string {
  const plain = secret === undefined || secret === '' ? text : text.replaceAll(secret, '[key]')
  return plain
    .replaceAll(/\bbearer\s+[^\s"',;]+/giu, 'Bearer [key]')
    .replaceAll(/\b(?:sk|sess)-[\w*.…-]{4,}/giu, '[key]')
}

/** Ends a sentence that another server wrote. */
export function sentence(text: string): string {
  return /[.!?…]$/u.test(text) ? text : `${text}.`
}

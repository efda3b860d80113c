/** Control characters but line feeds and tabs, byte order marks and what is no character at all. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff]/gu

/**
 * A text as it is set: lines end in line feeds, what cannot be printed is left out, lone surrogates are replaced;
 * `undefined` for one that leaves no ink. Left out rather than refused: such characters come along unseen when text
 * is pasted.
 */
export function printableText(text: string): string | undefined {
  const printable = text
    .replaceAll(/\r\n?|\u2028|\u2029/gu, '\n')
    .replaceAll(unprintable, '')
    .toWellFormed()
    .trim()
  return isBlank(printable) ? undefined : printable
}

/** Nothing but white space, joiners and other characters that leave no ink; marks of emphasis around nothing. */
function isBlank(text: string): boolean {
  return /^[\s*\u2800\p{Default_Ignorable_Code_Point}]*$/u.test(text)
}

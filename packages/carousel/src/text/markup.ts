/** Words of one emphasis, in logical order. */
export interface Span {
  text: string
  emphasis: boolean
}

/** What a user wrote, cleaned and without markup. */
export interface PlainText {
  text: string
  /** Of each UTF-16 unit of `text`: 1 where it is emphasised. */
  emphasis: Uint8Array
}

/**
 * Reads `**bold**`, and cleans: Unicode NFC; a run of white space becomes one space, or one line break if there was
 * one in it; ends are trimmed. Control characters (Cc), bidi controls and other invisible format characters are
 * dropped, but for ZWJ and ZWNJ, which shape Arabic, Indic and emoji;
 * variation selectors and the tags of flags stay. Lone surrogates become U+FFFD. Stars without a partner, or with
 * nothing but space between them, stay as they are.
 */
export function parseMarkup(markup: string): PlainText {
  const spans = foldSpace(spansOf(clean(markup)))
  const text = spans.map((span) => span.text).join('')
  const emphasis = new Uint8Array(text.length)
  let at = 0
  for (const span of spans) {
    if (span.emphasis) emphasis.fill(1, at, at + span.text.length)
    at += span.text.length
  }
  return { text, emphasis }
}

/** Bidi controls could make a text read other than it is; a paragraph's direction comes from its letters. */
const dropped = /(?![\t\n\r\u200C-\u200D\u2028\u2029\u0085\u{E0020}-\u{E007F}])[\p{Cc}\p{Cf}]/gu

function clean(markup: string): string {
  return markup
    .toWellFormed()
    .replaceAll(dropped, '')
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/gu, '\n')
    .normalize('NFC')
}

function spansOf(text: string): Span[] {
  const spans: Span[] = []
  let from = 0
  for (const match of text.matchAll(/\*\*(?=\S)([\s\S]*?\S)\*\*/gu)) {
    if (match.index > from) spans.push({ text: text.slice(from, match.index), emphasis: false })
    spans.push({ text: match[1] ?? '', emphasis: true })
    from = match.index + match[0].length
  }
  if (from < text.length) spans.push({ text: text.slice(from), emphasis: false })
  return spans
}

/** Across spans: the space before a span and the one inside it are one run. */
function foldSpace(spans: readonly Span[]): Span[] {
  const folded: Span[] = []
  let pending = ''
  for (const span of spans) {
    let text = ''
    // The no-break spaces are no white space here: they hold words together.
    for (const part of span.text.split(/([\t\n\v\f \u1680\u2000-\u2006\u2008-\u200A\u205F\u3000]+)/u)) {
      if (part === '') continue
      if (/^[\t\n\v\f \u1680\u2000-\u2006\u2008-\u200A\u205F\u3000]/u.test(part)) {
        pending = pending.includes('\n') || part.includes('\n') ? '\n' : ' '
        continue
      }
      const space = folded.length === 0 && text === '' ? '' : pending
      pending = ''
      text += space + part
    }
    if (text !== '') folded.push({ text, emphasis: span.emphasis })
  }
  return folded
}

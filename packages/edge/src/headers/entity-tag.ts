/** One entity tag (RFC 9110 section 8.8.3), with its quotes: `W/"x"` or `"x"`. */
const entityTag = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g

/** The entity tags of `If-None-Match` or `ETag`; `*` alone stands for any. Junk between them is skipped. */
export function entityTagsOf(text: string): readonly string[] {
  return text.trim() === '*' ? ['*'] : (text.match(entityTag) ?? [])
}

/** Weak comparison: the opaque parts are equal. */
export function weaklyEqual(one: string, other: string): boolean {
  return opaque(one) === opaque(other)
}

/** Strong comparison: equal, and neither is weak. */
export function stronglyEqual(one: string, other: string): boolean {
  return one === other && !one.startsWith('W/')
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}

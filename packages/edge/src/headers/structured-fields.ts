/** An item of a structured field (RFC 9651). Parameters are read and dropped: no user here needs them. */
export type StructuredValue =
  | { type: 'integer' | 'decimal' | 'date'; value: number }
  | { type: 'string' | 'token' | 'bytes' | 'display-string'; value: string }
  | { type: 'boolean'; value: boolean }
  | { type: 'inner-list'; value: readonly StructuredValue[] }

/**
 * Parses a dictionary (RFC 9651 section 4.2.2). Undefined when the text is not one: a structured field is valid
 * as a whole or not at all. A repeated key keeps its last value.
 */
export function parseDictionary(text: string): ReadonlyMap<string, StructuredValue> | undefined {
  try {
    return new StructuredParser(text).dictionary()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A string item. Anything outside of printable ASCII, which a string cannot hold, becomes `?`. */
export function serializeString(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}

/** May the text stand as a token item? */
export function isToken(text: string): boolean {
  return /^[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*$/.test(text)
}

class StructuredParser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  dictionary(): Map<string, StructuredValue> {
    const members = new Map<string, StructuredValue>()
    this.#take(/ */y)
    while (this.#at < this.#text.length) {
      const key = this.#key()
      const value: StructuredValue = this.#skip('=')
        ? this.#itemOrInnerList()
        : { type: 'boolean', value: true }
      this.#parameters()
      members.delete(key)
      members.set(key, value)
      this.#take(/[ \t]*/y)
      if (this.#at === this.#text.length) {
        // Trailing spaces are allowed, trailing tabs are discarded with them by HTTP itself.
        return members
      }
      if (!this.#skip(',')) this.#fail()
      this.#take(/[ \t]*/y)
      if (this.#at === this.#text.length) this.#fail()
    }
    return members
  }

  #key(): string {
    return this.#take(/[a-z*][a-z0-9_\-.*]*/y) ?? this.#fail()
  }

  #itemOrInnerList(): StructuredValue {
    if (!this.#skip('(')) return this.#bareItem()
    const items: StructuredValue[] = []
    for (;;) {
      this.#take(/ */y)
      if (this.#skip(')')) return { type: 'inner-list', value: items }
      items.push(this.#bareItem())
      this.#parameters()
      const next = this.#text[this.#at]
      if (next !== ' ' && next !== ')') this.#fail()
    }
  }

  #parameters(): void {
    while (this.#skip(';')) {
      this.#take(/ */y)
      this.#key()
      if (this.#skip('=')) this.#bareItem()
    }
  }

  #bareItem(): StructuredValue {
    const first = this.#text[this.#at] ?? this.#fail()
    if (first === '"') return { type: 'string', value: this.#string() }
    if (first === '?') return { type: 'boolean', value: (this.#take(/\?[01]/y) ?? this.#fail()) === '?1' }
    if (first === ':') return { type: 'bytes', value: this.#take(/:[A-Za-z0-9+/=]*:/y) ?? this.#fail() }
    if (first === '@' && this.#skip('@')) return { type: 'date', value: this.#integer() }
    if (first === '%') return this.#displayString()
    if (/[-\d]/.test(first)) return this.#number()
    return { type: 'token', value: this.#take(/[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*/y) ?? this.#fail() }
  }

  #number(): StructuredValue {
    const decimal = this.#take(/-?\d{1,12}\.\d{1,3}(?!\d)/y)
    if (decimal !== undefined) return { type: 'decimal', value: Number(decimal) }
    return { type: 'integer', value: this.#integer() }
  }

  #integer(): number {
    return Number(this.#take(/-?\d{1,15}(?![\d.])/y) ?? this.#fail())
  }

  #string(): string {
    const quoted = this.#take(/"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y) ?? this.#fail()
    return quoted.slice(1, -1).replace(/\\(.)/g, '$1')
  }

  #displayString(): StructuredValue {
    const quoted = this.#take(/%"(?:[\x20-\x21\x23-\x24\x26-\x7e]|%[0-9a-f]{2})*"/y) ?? this.#fail()
    try {
      return { type: 'display-string', value: decodeURIComponent(quoted.slice(2, -1)) }
    } catch {
      return this.#fail()
    }
  }

  /** The text that the sticky expression matches here, past which it moves; undefined if none. */
  #take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at
    const matched = expression.exec(this.#text)?.[0]
    if (matched !== undefined) this.#at += matched.length
    return matched
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #fail(): never {
    throw new SyntaxError(`not a structured field at ${this.#at}`)
  }
}

import canonicalize from 'canonicalize'
import { createHash } from 'node:crypto'

/** What JSON can say (RFC 8259), and nothing else. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

/** Deeper nesting is refused, which also catches a value that contains itself. */
const maxDepth = 500

/**
 * The content key of a unit: SHA-256, base64url without padding (43 characters), of the canonical JSON of
 * `parts` (RFC 8785). The order of members does not matter; `-0` and `0` are one number there.
 * Anything that JSON would silently drop or rewrite is refused, because two different asks would then share one
 * key: `undefined`, NaN and infinities, functions, symbols, bigints, holes, dates and other class instances,
 * strings with lone surrogates.
 * @throws TypeError naming the place of what is not JSON
 */
export function keyOf(parts: JsonValue): string {
  assertJson(parts, '$', 0)
  const canonical = canonicalize(parts)
  if (canonical === undefined) throw new TypeError('keyOf: $ is not JSON')
  return createHash('sha256').update(canonical, 'utf8').digest('base64url')
}

function assertJson(value: unknown, place: string, depth: number): void {
  if (value === null || typeof value === 'boolean') return
  if (typeof value === 'string') return assertWellFormed(value, place)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return
    throw new TypeError(`keyOf: ${place} is ${value}, which JSON cannot say`)
  }
  if (typeof value !== 'object') throw new TypeError(`keyOf: ${place} is a ${typeof value}, not JSON`)
  if (depth >= maxDepth)
    throw new TypeError(`keyOf: ${place.slice(0, 80)}… is nested deeper than ${maxDepth}`)
  if (Array.isArray(value)) assertJsonArray(value, place, depth)
  else assertJsonObject(value, place, depth)
}

function assertJsonArray(value: readonly unknown[], place: string, depth: number): void {
  // By index: forEach and for…in skip holes, which JSON would then write as null.
  for (let index = 0; index < value.length; index += 1) {
    assertJson(value[index], `${place}[${index}]`, depth + 1)
  }
}

function assertJsonObject(value: object, place: string, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  // A prototype whose own prototype is null is some realm's Object.prototype.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError(`keyOf: ${place} is an instance of a class, not JSON`)
  }
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw new TypeError(`keyOf: ${place} has a member named by a symbol, not JSON`)
  }
  for (const [name, member] of Object.entries(value)) {
    assertWellFormed(name, `a member name of ${place}`)
    assertJson(member, `${place}.${name}`, depth + 1)
  }
}

function assertWellFormed(text: string, place: string): void {
  if (!text.isWellFormed()) throw new TypeError(`keyOf: ${place} has a lone surrogate`)
}

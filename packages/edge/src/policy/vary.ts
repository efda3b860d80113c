import type { FieldLookup, HeaderList } from '../headers/header-list.ts'
import { headerOf } from '../headers/header-list.ts'

/** Folds a request header's value before it selects among variants. `name` in lower case. */
export type VaryFold = (name: string, value: string) => string

/** More names than any application has: such an answer is not stored, so that it cannot fragment the store. */
const maxVaryNames = 16

/** Fields whose values are lists of case-insensitive words. */
const caseInsensitiveNames: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
])

/** One for all: most answers do not vary. */
const noNames: readonly string[] = []

/** Does the answer name more selecting headers than can be kept apart? */
export function hasUnboundedVary(headers: HeaderList): boolean {
  const names = headerOf(headers, 'vary')?.split(',') ?? []
  return names.length > maxVaryNames && varyNamesOf(headers) === undefined
}

/** The request headers that select the answer, sorted. Undefined: it matches no other request (`Vary: *`). */
export function varyNamesOf(headers: HeaderList): readonly string[] | undefined {
  const vary = headerOf(headers, 'vary')
  if (vary === undefined) return noNames
  const names = new Set<string>()
  for (const entry of vary.split(',')) {
    const name = entry.trim().toLowerCase()
    if (name === '*') return undefined
    if (name !== '') names.add(name)
  }
  return names.size > maxVaryNames ? undefined : [...names].toSorted()
}

/** The values of the selecting headers as one string. Equal strings: the same variant (RFC 9111 section 4.1). */
export function varyKeyOf(names: readonly string[], request: FieldLookup, fold?: VaryFold): string {
  if (names.length === 0) return ''
  return JSON.stringify(names.map((name) => [name, selectingValue(name, request, fold)]))
}

function selectingValue(name: string, request: FieldLookup, fold: VaryFold | undefined): string | null {
  let value: string | null
  try {
    value = request.get(name)
  } catch {
    // Not a header name: no request can have it.
    return null
  }
  if (value === null) return null
  const spaced = value.trim().replace(/\s*([,;])\s*/g, '$1')
  const normal = caseInsensitiveNames.has(name) ? spaced.toLowerCase() : spaced
  return fold === undefined ? normal : fold(name, normal)
}

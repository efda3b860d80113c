import type { HeaderList } from '../headers/header-list.ts'
import { headerOf } from '../headers/header-list.ts'
import type { VaryFold } from './vary.ts'

const field = 'accept-language'

/** Folds languages to one order, and then as `fold` does. */
export function foldLanguages(fold: VaryFold | undefined): VaryFold {
  return (name, value) => {
    const ordered = name === field ? value.split(',').toSorted().join(',') : value
    return fold === undefined ? ordered : fold(name, ordered)
  }
}

/** What is liked best of `Accept-Language` (RFC 9110 section 12.5.4), in lower case; undefined where that is not one. */
export function preferredLanguage(acceptLanguage: string): string | undefined {
  let best: string | undefined
  let bestWeight = 0
  for (const item of acceptLanguage.toLowerCase().split(',')) {
    const found = /^\s*([a-z\d-]+)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/.exec(item)
    const weight = Number(found?.[2] ?? 1)
    if (found === null || weight < bestWeight) continue
    best = weight === bestWeight ? undefined : found[1]
    bestWeight = weight
  }
  return bestWeight > 0 ? best : undefined
}

/**
 * Would the origin, asked with these languages, choose this stored answer? It has one in the language that is liked
 * best; whatever else selects it is the same.
 * @param varyKey as `varyKeyOf` makes it of the request for the stored answer's names
 */
export function isInPreferredLanguage(
  stored: { headers: HeaderList; varyKey: string },
  varyKey: string,
  acceptLanguage: string | null,
): boolean {
  const language = headerOf(stored.headers, 'content-language')?.trim().toLowerCase()
  if (language === undefined || acceptLanguage === null) return false
  return (
    language === preferredLanguage(acceptLanguage) && otherValues(stored.varyKey) === otherValues(varyKey)
  )
}

/** The selecting values besides that of the languages; those alone of an answer that has no others. */
function otherValues(varyKey: string): string {
  const values = JSON.parse(varyKey === '' ? '[]' : varyKey) as [name: string, value: string | null][]
  return JSON.stringify(values.filter(([name]) => name !== field))
}

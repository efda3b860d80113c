import { parseDictionary } from './structured-fields.ts'

/**
 * Directives by name in lower case, each with the arguments of all its occurrences. `true`: no argument.
 * An argument that could not be read is the empty string, so that the directive still counts as present.
 */
export type Directives = ReadonlyMap<string, readonly (string | true)[]>

/** RFC 9111 section 1.2.2: a greater number is this one. */
const maxDeltaSeconds = 2 ** 31

const secondsNames: ReadonlySet<string> = new Set([
  'max-age',
  's-maxage',
  'stale-while-revalidate',
  'stale-if-error',
])

/** A name, then perhaps an argument: quoted, or plain. Sticky: it continues where the last match ended. */
const member = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[ \t]*(?=,|$)/y

/**
 * Parses `Cache-Control` (RFC 9111 section 5.2). Never fails. A member that is not well formed
 * (`max-age =60`, an unclosed quote) counts as present with an unreadable argument: `no-store` in a broken
 * line must still be obeyed, and a broken `max-age` must not be believed.
 */
export function parseCacheControl(text: string | undefined): Directives {
  const directives = new Map<string, (string | true)[]>()
  if (text === undefined) return directives
  let at = 0
  while (at < text.length) {
    const separators = /[\s,]*/y
    separators.lastIndex = at
    at += separators.exec(text)?.[0].length ?? 0
    member.lastIndex = at
    const found = member.exec(text)
    if (found === null) {
      const end = text.indexOf(',', at)
      const broken = text.slice(at, end < 0 ? undefined : end)
      const name = /^[\w-]+/.exec(broken)?.[0]
      if (name !== undefined) add(directives, name, '')
      at = end < 0 ? text.length : end
      continue
    }
    const [whole, name = '', quoted, plain] = found
    add(directives, name, quoted === undefined ? (plain ?? true) : quoted.replace(/\\(.)/g, '$1'))
    at += whole.length
  }
  return directives
}

/**
 * Parses a targeted field such as `CDN-Cache-Control` (RFC 9213 section 2.1): a structured dictionary. Undefined
 * when it is absent, empty or not valid, and then `Cache-Control` counts. A directive whose value has the wrong
 * type is ignored, except that a restriction is never weakened by a strange value.
 */
export function parseTargetedCacheControl(text: string | undefined): Directives | undefined {
  if (text === undefined) return undefined
  const dictionary = parseDictionary(text)
  if (dictionary === undefined || dictionary.size === 0) return undefined
  const directives = new Map<string, (string | true)[]>()
  for (const [name, item] of dictionary) {
    if (item.type === 'boolean') {
      if (item.value && !secondsNames.has(name)) add(directives, name, true)
    } else if (item.type === 'integer') {
      if (item.value >= 0) add(directives, name, String(item.value))
    } else if (item.type === 'string' && !secondsNames.has(name)) add(directives, name, item.value)
    else if (!secondsNames.has(name)) add(directives, name, true)
  }
  return directives
}

/**
 * The argument of a directive in seconds; undefined where the directive is absent. Unreadable, or several that
 * differ: 0, because such an answer should be considered stale (RFC 9111 section 4.2.1).
 */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const values = directives.get(name)
  const first = values?.[0]
  if (values === undefined || first === undefined) return undefined
  if (first === true || !/^\d+$/.test(first) || values.some((value) => value !== first)) return 0
  return Math.min(Number(first), maxDeltaSeconds)
}

/**
 * The field names that a directive such as `no-cache="x, y"` is limited to, in lower case. Undefined where the
 * directive is absent; an empty list where it is not limited.
 */
export function fieldNamesOf(directives: Directives, name: string): readonly string[] | undefined {
  const values = directives.get(name)
  if (values === undefined) return undefined
  const names: string[] = []
  for (const value of values) {
    const listed = value === true ? [] : value.toLowerCase().split(',')
    const clean = listed.map((entry) => entry.trim()).filter((entry) => entry !== '')
    // One unlimited occurrence makes the whole directive unlimited.
    if (clean.length === 0) return []
    names.push(...clean)
  }
  return names
}

function add(directives: Map<string, (string | true)[]>, name: string, value: string | true): void {
  const key = name.toLowerCase()
  const values = directives.get(key)
  if (values === undefined) directives.set(key, [value])
  else values.push(value)
}

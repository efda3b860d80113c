/** Header fields as they are kept: names in lower case, lines of one name combined except `set-cookie`. */
export type HeaderList = readonly (readonly [name: string, value: string])[]

/** As much of fetch `Headers` as reading fields needs. Names in lower case. */
export interface FieldLookup {
  get(name: string): string | null
  has(name: string): boolean
}

/** The value of a field, or undefined. `name` in lower case. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  for (const [field, value] of headers) if (field === name) return value
  return undefined
}

/** A copy of fetch `Headers` as a list. */
export function headerListOf(headers: Headers): [name: string, value: string][] {
  return [...headers]
}

/** Fields that belong to one connection and end with it (RFC 9110 section 7.6.1), the de facto ones included. */
const hopByHopNames: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The list without hop-by-hop fields, those that `Connection` names included. */
export function withoutHopByHop(headers: HeaderList): [name: string, value: string][] {
  const named = headerOf(headers, 'connection')
  const listed = new Set(named?.split(',').map((name) => name.trim().toLowerCase()))
  return headers
    .filter(([name]) => !hopByHopNames.has(name) && !listed.has(name))
    .map(([name, value]) => [name, value])
}

/** The list without the fields of these names, which are in lower case. */
export function withoutFields(headers: HeaderList, names: readonly string[]): HeaderList {
  return names.length === 0 ? headers : headers.filter(([name]) => !names.includes(name))
}

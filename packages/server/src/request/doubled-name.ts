/** Strings, with the colon that makes one a name, and the brackets around them; all else of JSON is skipped. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(?<colon>\s*:)?|[{}[\]]/gu

/**
 * The first name that an object of a JSON text has twice; of two values JavaScript silently takes the last, and
 * another reader may take the first.
 * @param json valid JSON
 */
export function doubledName(json: string): string | undefined {
  /** Names so far of every object that is open; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = []
  for (const { 0: token, groups } of json.matchAll(tokens)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (groups?.['colon'] !== undefined) {
      const name = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string
      const names = open.at(-1)
      if (names?.has(name) === true) return name
      names?.add(name)
    }
  }
  return undefined
}

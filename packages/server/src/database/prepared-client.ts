import pg from 'pg'

/** A text that was sent so often is sent again: each session then parses it once. */
const oftenAfter = 5
/** What a process knows of texts is bounded, and so is what each session keeps for it. */
const maxNamed = 120
const maxCounted = 1000

const allColumns = /(?:select|returning|\.)\s*\*/iu

/**
 * Names for texts that come again and again. Without one the server parses and plans a statement each time, which for
 * the small ones of this platform is most of what it does.
 *
 * A text whose result is "all columns" gets none: a newer release may add one while this process drains, and the server
 * then refuses what it has prepared ("cached plan must not change result type").
 */
export function createStatementNames(): { nameOf(text: string): string | undefined } {
  const named = new Map<string, string>()
  const counted = new Map<string, number>()
  return {
    nameOf: (text) => {
      const known = named.get(text)
      if (known !== undefined || named.size >= maxNamed) return known
      const count = (counted.get(text) ?? 0) + 1
      if (counted.size >= maxCounted) counted.clear()
      counted.set(text, count)
      if (count !== oftenAfter || allColumns.test(text)) return undefined
      const name = `darkroom_${named.size + 1}`
      named.set(text, name)
      return name
    },
  }
}

/** One for the process: its sessions share the texts, and a name means the same in each. */
const names = createStatementNames()

/** A client for pools that has frequent statements prepared. Only what has parameters can be. */
export class PreparedClient extends pg.Client {
  override query(...[query, values, ...rest]: unknown[]): never {
    const send = super.query.bind(this) as (...all: unknown[]) => unknown
    const isPlain = typeof query === 'string' && Array.isArray(values) && values.length > 0
    const name = isPlain ? names.nameOf(query) : undefined
    return (
      name === undefined
        ? send(query, values, ...rest)
        : send({ name, text: query, values: values as unknown[] }, ...rest)
    ) as never
  }
}

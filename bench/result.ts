/** What a bench measured: rows of named numbers, and how they came about. */
export interface BenchResult {
  name: string
  /** What was done, how often, on what. */
  method: string
  rows: Rows
  /** Further tables of the same run. */
  more?: readonly { title: string; rows: Rows }[]
  /** What `--json` prints when this bench runs alone, where that is not the result itself. */
  json?: object
}

type Rows = readonly Readonly<Record<string, string | number>>[]

export function printResult(result: BenchResult): void {
  process.stdout.write(`\n${result.name}\n${result.method}\n`)
  console.table(result.rows)
  for (const { title, rows } of result.more ?? []) {
    process.stdout.write(`${title}\n`)
    console.table(rows)
  }
}

/** The value below which a share of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1)
  return sorted[rank] ?? Number.NaN
}

export function round(value: number, digits: number = 2): number {
  return Number(value.toFixed(digits))
}

/** What a bench was given cannot be used: its message says what to change, and no stack is worth showing. */
export class BenchInputError extends Error {
  override readonly name = 'BenchInputError'
}
